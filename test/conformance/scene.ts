/**
 * What a case of the conformance suite has: one broker for all cases, whose clock stands until a case moves it and whose
 * rates are lifted, and clients of its own. A case is a name and a few lines; which statements it shows stands in their table.
 */

import { createSecureContext } from 'node:tls'
import type { IConnectPacket } from 'mqtt-packet'
import type { Test } from 'tap'
import { type ManualBroker, type StartOptions, start } from '../../broker/main.ts'
import { dial, type Peer, type Stage, type Version } from './peer.ts'

export type ConnectOptions = Partial<Omit<IConnectPacket, 'cmd'>>

export type Scene = {
  t: Test
  broker: ManualBroker
  /** The protocol of `dial` and `client`. */
  version: Version
  /** The test's own: as a client id, or as the head of a topic. */
  id: string
  /** TLS only. Nothing has been sent. */
  dial(version?: Version): Promise<Peer>
  /** Accepted: CONNACK 0 has come. The client id is the case's own; `protocolVersion` may be the other one. */
  client(options?: ConnectOptions): Promise<Peer>
  /** Moves the broker's clock by `1h`, `90s` or so many ms. */
  advance: ManualBroker['clock']['advance']
  /** The same with a broker that has `limits: off`: what is a limit or a rule of AWS's alone is the standard's way there. */
  standard(): Promise<Scene>
}

export type Case = (scene: Scene) => Promise<void>
export type Cases = { [name: string]: Case }

/** They would be met by clients that come and go within a standing second. What AWS's limits are is tested elsewhere. */
const RATES_LIFTED = {
  connectsPerSecondPerClientId: 'off',
  connectsPerSecond: 'off',
  subscribesPerSecond: 'off',
  publishesPerSecond: 'off',
  bytesPerSecond: 'off',
  publishesInPerSecond: 'off',
  publishesOutPerSecond: 'off',
  replayPerSecond: 'off',
  queuedMessagesPerSecond: 'off',
  retainedPerSecond: 'off',
  retainedPerSecondPerTopic: 'off',
  sharedGroupChangesPerSecond: 'off',
  sharedReplayPerSecond: 'off',
} as const

/**
 * Runs the cases, one after the other.
 * @param titles of the tests, by the names of the cases
 * @returns the names of those that ran, whether they passed or not
 */
export async function play(
  t: Test,
  version: Version,
  cases: Cases,
  titles: (name: string) => string,
): Promise<Set<string>> {
  const ran = new Set<string>()
  const stages = new Map<string, Promise<ManualStage>>()
  const stage = (name: 'aws' | 'standard'): Promise<ManualStage> => {
    const known = stages.get(name) ?? open(name === 'aws' ? RATES_LIFTED : 'off')
    stages.set(name, known)
    return known
  }
  t.teardown(async () => {
    for (const opened of stages.values()) await (await opened).broker.stop()
  })
  let count = 0
  for (const [name, act] of Object.entries(cases)) {
    await t.test(titles(name), async t => {
      ran.add(name)
      count++
      const id = `case${count}`
      await act(sceneOn(await stage('aws'), () => stage('standard'), { t, version, id }))
    })
  }
  return ran
}

/** All is allowed but what has `denied` as its name, or as the last level of its topic. */
export const POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'iot:*', Resource: '*' },
    { Effect: 'Deny', Action: 'iot:*', Resource: ['*/denied'] },
  ],
}

type ManualStage = Stage & { broker: ManualBroker }

async function open(limits: NonNullable<StartOptions['limits']>): Promise<ManualStage> {
  const connections = new Map<number, string>()
  const broker = await start({
    clock: 'manual',
    limits,
    log(event) {
      if (event.event === 'connection.accepted') {
        connections.set(event.remote.port, event.connection)
      }
    },
  })
  const { certificate, privateKey, ca } = await broker.createDevice('device', { policy: POLICY })
  const context = createSecureContext({ cert: certificate, key: privateKey, ca })
  return { broker, context, connections }
}

function sceneOn(
  stage: ManualStage,
  standard: () => Promise<ManualStage>,
  given: Pick<Scene, 't' | 'version' | 'id'>,
): Scene {
  const { broker } = stage
  const { t, version, id } = given
  let clients = 0
  const scene: Scene = {
    ...given,
    broker,
    dial: (own = version) => dial(t, stage, own),
    async client(options = {}) {
      const { protocolVersion = version } = options
      const peer = await scene.dial(protocolVersion as Version)
      clients++
      const clientId = clients === 1 ? id : `${id}-${clients}`
      peer.connect({ clientId, ...options })
      const returnCode = protocolVersion === 5 ? 'reasonCode' : 'returnCode'
      await peer.expect('connack', { [returnCode]: 0 })
      return peer
    },
    advance: broker.clock.advance,
    standard: async () => sceneOn(await standard(), standard, given),
  }
  return scene
}
