import t from 'tap'
import { type LimitsOption, limitsOf } from '../../broker/config/limit-values.ts'
import { awsLimits, noLimits } from '../../broker/config/limits.ts'
import { loadConfig } from '../../broker/config/load.ts'

t.test('limits of config.yaml and of start() are the same', async t => {
  const table: [yaml: string, option: LimitsOption, want: object][] = [
    ['limits: aws', 'aws', awsLimits],
    ['limits: off', 'off', noLimits],
    ['limits:', {}, awsLimits],
    [
      'limits: { publishesPerSecond: off, topicSlashes: 20, hashTakesParent: true }',
      { publishesPerSecond: 'off', topicSlashes: 20, hashTakesParent: true },
      { ...awsLimits, publishesPerSecond: Infinity, topicSlashes: 20, hashTakesParent: true },
    ],
    [
      'limits: { keepAliveLeastSeconds: off, retainedMessages: 0 }',
      { keepAliveLeastSeconds: 'off', retainedMessages: 0 },
      { ...awsLimits, keepAliveLeastSeconds: 0, retainedMessages: 0 },
    ],
    [
      'limits: { keepAliveLeastSeconds: 5, maximumPacketSizeLeast: 100 }',
      { keepAliveLeastSeconds: 5, maximumPacketSizeLeast: 100 },
      { ...awsLimits, keepAliveLeastSeconds: 5, maximumPacketSizeLeast: 100 },
    ],
    [
      'limits: { payloadBytes: 1000000 }',
      { payloadBytes: 1_000_000 },
      { ...awsLimits, payloadBytes: 1_000_000, packetBytes: 1_018_432 },
    ],
    [
      'limits: { payloadBytes: off }',
      { payloadBytes: 'off' },
      { ...awsLimits, payloadBytes: 8_388_608, packetBytes: 8_407_040 },
    ],
    [
      'limits: { payloadBytes: 100, packetBytes: 200 }',
      { payloadBytes: 100, packetBytes: 200 },
      { ...awsLimits, payloadBytes: 100, packetBytes: 200 },
    ],
  ]
  for (const [yaml, option, want] of table) {
    t.same(loadConfig(yaml), { config: { ...loadConfig('').config, limits: want }, problems: [] })
    t.same(limitsOf(option), want, yaml)
  }
})

t.test('an option that is wrong is told at once', async t => {
  const table: [option: unknown, says: string][] = [
    ['none', 'limits: `none` is not `aws`, `off` or a group of limits'],
    [null, 'limits: `null` is not `aws`, `off` or a group of limits'],
    [{ payloadByte: 1 }, 'limits: unknown `payloadByte`; did you mean `payloadBytes`?'],
    [{ zzz: 1 }, 'limits: unknown `zzz`'],
    [
      { topicAliases: -1 },
      'limits: topicAliases must be a whole number from 0 to 1000, or `off`, not `-1`',
    ],
    [{ hashTakesParent: 'off' }, 'limits: hashTakesParent must be true or false, not `off`'],
    [
      { keepAliveMostSeconds: 5 },
      'limits: keepAliveLeastSeconds (30) is over keepAliveMostSeconds (5); hint: write both, the least one not over the most',
    ],
  ]
  for (const [option, says] of table) t.throws(() => limitsOf(option as never), { message: says })
})
