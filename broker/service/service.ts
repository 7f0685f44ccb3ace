/**
 * What answers on AWS's reserved topics: a device publishes a request to `$aws/...`, and the answer comes on the same topic
 * with `/accepted` or `/rejected` behind it, to the connection that asked. Fleet provisioning is one; shadows and jobs can
 * be others. Such requests never reach other subscribers.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html
 */

import type { Finding } from '../diagnosis/diagnosis.ts'

/** Who asks. */
export type Asker = {
  /** The connection's id. */
  connection: string
  clientId: string
  certificateId: string
}

export type ServiceRequest = {
  topic: string
  /** What stands in the place of the braces. */
  parts: { [name: string]: string }
  /** A stranger's bytes, 128 KB at the most. */
  payload: Buffer
  asker: Asker
}

export type Reply = {
  outcome: 'accepted' | 'rejected'
  payload: Buffer
  /** What the record of the connection is to say of it. */
  finding?: Finding
}

export type Service = {
  /** `$aws/certificates/create/{format}`: a part in braces stands for one level, whatever it is. */
  topic: string
  /** The values that a part may have; others are no request. */
  oneOf?: { [part: string]: readonly string[] }
  /** Everything under it belongs to this service: what is no request there, no client may publish. Ends with `/`. */
  owns: string
  /** Durable when it resolves. */
  answer(request: ServiceRequest): Promise<Reply>
  /** The answer where `answer` can't be asked: too many wait, or it has failed. */
  failure(request: ServiceRequest, why: 'throttled' | 'internal'): Reply
}

export type Found =
  | { service: Service; parts: { [name: string]: string } }
  /** A topic of a service, but nothing that a client may publish. */
  | 'reserved'

export type ServiceTable = { find(topic: string): Found | undefined }

/** @param services in any order: no two of them have the same topic */
export function serviceTable(services: readonly Service[]): ServiceTable {
  const patterns = services.map(service => ({ service, levels: service.topic.split('/') }))
  const owned = [...new Set(services.map(({ owns }) => owns))]
  return {
    find(topic) {
      if (!topic.startsWith('$aws/') || !owned.some(prefix => topic.startsWith(prefix))) {
        return undefined
      }
      const given = topic.split('/')
      for (const { service, levels } of patterns) {
        const parts = partsOf(given, levels)
        if (parts && allowed(parts, service)) return { service, parts }
      }
      return 'reserved'
    },
  }
}

function partsOf(given: string[], levels: string[]): { [name: string]: string } | undefined {
  if (given.length !== levels.length) return undefined
  const parts: { [name: string]: string } = {}
  for (const [index, level] of levels.entries()) {
    const value = given[index] ?? ''
    if (level.startsWith('{')) parts[level.slice(1, -1)] = value
    else if (level !== value) return undefined
  }
  return parts
}

function allowed(parts: { [name: string]: string }, { oneOf = {} }: Service): boolean {
  return Object.entries(oneOf).every(([part, values]) => values.includes(parts[part] ?? ''))
}
