/** A broker from files in a project folder of its own, and devices that connect to it. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import type { Test } from 'tap'
import { startFromFiles } from '../../broker/cli/run-from-files.ts'
import { createWorld, runningClock } from '../../broker/world.ts'
import { project, type Sandbox } from './sandbox.ts'

export type Line = { event: string; [key: string]: unknown }

export type Running = Sandbox & {
  port: number
  /** The next line of the log that matches; each is given once. */
  line(matches: (line: Line) => boolean): Promise<Line>
  stop(): Promise<void>
}

/** Devices come back within a second, and publish as fast as they can. */
export const AT_ONCE = 'limits: { connectsPerSecondPerClientId: off, publishesPerSecond: off }\n'

/** A project with a config that takes a free port; no broker runs yet. */
export function liveProject(t: Test): Sandbox {
  const box = project(t, Date.now())
  box.write('config.yaml', `log: json\nlisteners: [{ port: 0 }]\n${AT_ONCE}`)
  return box
}

export async function runningBroker(t: Test, box = liveProject(t)): Promise<Running> {
  const lines: Line[] = []
  const waiting: { matches: (line: Line) => boolean; give: (line: Line) => void }[] = []
  const write = (text: string) => {
    const line: Line = JSON.parse(text)
    const index = waiting.findIndex(({ matches }) => matches(line))
    const [waiter] = index < 0 ? [] : waiting.splice(index, 1)
    if (waiter) waiter.give(line)
    else lines.push(line)
  }
  const io = { ...box.io, world: createWorld(runningClock()), stdout: { write } }
  const broker = await startFromFiles({
    configFile: join(box.dir, 'config.yaml'),
    overrides: {},
    io,
  })
  if ('problems' in broker) throw new Error(JSON.stringify(broker.problems))
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= broker.stop())
  t.teardown(stop)
  return {
    ...box,
    port: broker.port,
    stop,
    line(matches) {
      const index = lines.findIndex(matches)
      const [line] = index < 0 ? [] : lines.splice(index, 1)
      return line ? Promise.resolve(line) : new Promise(give => waiting.push({ matches, give }))
    },
  }
}

/** A template of fleet provisioning, with the policy `device`. */
export const FLEET = `{
  "Parameters": { "SerialNumber": { "Type": "String" } },
  "Resources": {
    "thing": {
      "Type": "AWS::IoT::Thing",
      "Properties": { "ThingName": { "Ref": "SerialNumber" } }
    },
    "certificate": {
      "Type": "AWS::IoT::Certificate",
      "Properties": { "CertificateId": { "Ref": "AWS::IoT::Certificate::Id" }, "Status": "Active" }
    },
    "policy": { "Type": "AWS::IoT::Policy", "Properties": { "PolicyName": "device" } }
  }
}
`

/** Key, certificate and CA, as PEM. */
export type Keys = { ca: string | Buffer; cert: string | Buffer; key: string | Buffer }

export function keysOf(box: Sandbox, thing: string): Keys {
  const file = (name: string) => readFileSync(join(box.dir, 'certs/devices', thing, name))
  return {
    ca: file('AmazonRootCA1.pem'),
    cert: file('certificate.pem.crt'),
    key: file('private.pem.key'),
  }
}

/** @returns the client where it got its CONNACK; undefined where the broker closed */
export function connected(
  t: Test,
  { port }: Running,
  keys: Keys,
  clientId: string,
): Promise<MqttClient | undefined> {
  const client = mqtt.connect({
    host: 'localhost',
    port,
    protocol: 'mqtts',
    ...keys,
    clientId,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  t.teardown(() => client.end(true))
  client.on('error', () => undefined)
  return new Promise(done => {
    client.once('connect', () => done(client))
    client.once('close', () => done(undefined))
  })
}
