import { readFile } from 'node:fs/promises'
import t from 'tap'
import { type Code, catalogue } from '../../broker/diagnosis/catalogue.ts'
import { explainCode } from '../../broker/diagnosis/explain.ts'
import { renderDiagnoses } from '../../broker/diagnosis/render.ts'

const codes = Object.keys(catalogue) as Code[]

t.test('docs/diagnoses.md has one anchor per code and is fresh', async t => {
  const page = await readFile('docs/diagnoses.md', 'utf8')
  const anchors = [...page.matchAll(/^### (.+)$/gm)].map(([, code]) => code)
  t.strictSame([...anchors].sort(), [...codes].sort())
  t.ok(page === renderDiagnoses(), 'docs/diagnoses.md is old: renew it with `npm run docs`')
})

t.test('each code can be explained', async t => {
  for (const code of codes) {
    const text = explainCode(code)
    t.ok(text.startsWith(`${code}  (`) && text.endsWith('\n'), code)
    t.notMatch(text, /undefined|\[object/, code)
  }
})

t.test('one explanation, word by word', async t => {
  t.equal(
    explainCode('TRAFFIC_QOS2'),
    [
      'TRAFFIC_QOS2  (traffic)',
      '  AWS IoT has no QoS 2',
      '',
      '  for example  PUBLISH with QoS 2 for `shared/alarm`: AWS IoT has only QoS 0 and 1',
      '  what to do   use QoS 0 or 1',
      '  who ends it  this broker, where it is not only a finding',
      '  who acts     the device: its firmware or its files',
      '  certainty    proof: the evidence admits nothing else',
      '  we send      no alert',
      '  aws iot      MQTT 5: reason code 0x9B QoS not supported',
      '               disconnectReason CLIENT_ERROR',
      '               AWS documents silence (no PUBACK, no SUBACK) on MQTT 3.1.1; some users report a close',
      '  see          MQTT 3.1.1 4.3; AWS: mqtt',
      '',
    ].join('\n'),
  )
})
