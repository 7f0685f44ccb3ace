/** The client of both servers, in a process of its own: plain node:tls and raw MQTT bytes, so that it is not what limits. */

import { createSecureContext, type SecureContext } from 'node:tls'
import { answer } from './child.ts'
import { connects, handshakes } from './connects.ts'
import type { Materials } from './materials.ts'

export type Job = {
  kind: 'handshakes' | 'connects'
  tls: 'TLSv1.2' | 'TLSv1.3'
  /** No more is begun after this time; what was begun is finished and counts. */
  ms: number
}

export type ClientQuestion =
  | { ask: 'prepare'; materials: Materials }
  | { ask: 'run'; job: Job; port: number }

/** How much was done, and in how many ms. */
export type Done = { count: number; ms: number }

/** Where a device connects, and with what. */
export type Dial = { port: number; thingName: string; secureContext: SecureContext }

let contexts: Record<Job['tls'], Omit<Dial, 'port'>[]> | undefined

answer<ClientQuestion, Done>(async question => {
  if (question.ask === 'prepare') {
    contexts = {
      'TLSv1.2': prepare(question.materials, 'TLSv1.2'),
      'TLSv1.3': prepare(question.materials, 'TLSv1.3'),
    }
    return { count: 0, ms: 0 }
  }
  const { job, port } = question
  const devices = contexts?.[job.tls].map(device => ({ ...device, port })) ?? []
  if (job.kind === 'handshakes') return handshakes(devices, job.ms)
  return connects(devices, job.ms)
})

/** One suite and one group are offered, so that both servers do the same arithmetic. No session is resumed. */
function prepare({ devices, serverCa }: Materials, version: Job['tls']): Omit<Dial, 'port'>[] {
  return devices.map(({ thingName, certificate, privateKey }) => ({
    thingName,
    secureContext: createSecureContext({
      key: privateKey,
      cert: certificate,
      ca: serverCa,
      minVersion: version,
      maxVersion: version,
      ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
      ecdhCurve: 'P-256',
    }),
  }))
}
