/**
 * Behind room 9: requests to the services that answer on `$aws/...` topics. A request is acknowledged like any message, goes
 * to no subscriber, and is answered through the connection that asked, if it has subscribed to the answer.
 */

import { type Diagnosis, diagnose, type Finding } from '../diagnosis/diagnosis.ts'
import type { PublishPacket } from '../mqtt/packet.ts'
import type { Found, Reply, Service, ServiceRequest } from '../service/service.ts'
import { acknowledge } from './acknowledge.ts'
import type { House } from './house.ts'
import type { InTraffic } from './traffic.ts'
import type { Visit } from './visit.ts'

type Known = InTraffic

/** How many requests are being answered: work that strangers ask for has a bound. */
export type InHand = { all: number; of: Map<string, number> }

/** AWS: 10 unanswered requests of a connection (for shadows; of fleet provisioning nothing is known). */
const EACH = 10
const ALL = 100

/**
 * @returns `taken` where it was a request; a refusal where the topic is a service's and no client's; nothing for any other
 *   message
 */
export function request(
  packet: PublishPacket,
  visit: Known,
  house: House,
): 'taken' | Diagnosis | undefined {
  const found = house.services.find(packet.topic)
  if (found === undefined) return undefined
  if (found === 'reserved') {
    return diagnose('TRAFFIC_TOPIC_RESERVED', { topic: packet.topic, use: 'publish' })
  }
  if (packet.qos > 0) acknowledge(packet, 0, visit)
  void answer(packet, found, visit, house)
  return 'taken'
}

async function answer(
  { topic, payload }: PublishPacket,
  { service, parts }: Exclude<Found, 'reserved'>,
  visit: Known,
  house: House,
): Promise<void> {
  const asker = {
    connection: visit.id,
    clientId: visit.mqtt.connect.clientId,
    certificateId: visit.principal.registered.certificateId,
  }
  // A copy: what was read from the socket may be used again before the service is done.
  const asked = { topic, parts, payload: Buffer.from(payload as Buffer), asker }
  const { inHand } = house
  const own = inHand.of.get(visit.id) ?? 0
  if (own >= EACH || inHand.all >= ALL) {
    return deliver(topic, service.failure(asked, 'throttled'), visit, house)
  }
  inHand.all++
  inHand.of.set(visit.id, own + 1)
  try {
    deliver(topic, await safely(service, asked, house), visit, house)
  } finally {
    inHand.all--
    const left = (inHand.of.get(visit.id) ?? 1) - 1
    if (left > 0) inHand.of.set(visit.id, left)
    else inHand.of.delete(visit.id)
  }
}

/** A throw is a bug of ours; the device gets an answer all the same. */
async function safely(service: Service, asked: ServiceRequest, house: House): Promise<Reply> {
  try {
    return await service.answer(asked)
  } catch (error) {
    house.journal.write({ event: 'broker.warning', says: `${service.topic}: ${error}` })
    return service.failure(asked, 'internal')
  }
}

function deliver(topic: string, reply: Reply, visit: Known, house: House): void {
  if (reply.finding) keep(reply.finding, visit)
  const answerTopic = `${topic}/${reply.outcome}`
  if (house.mqtt.send(visit.session, answerTopic, reply.payload) !== 'unheard') return
  const unheard = diagnose('TRAFFIC_ANSWER_UNHEARD', { topic, answerTopic })
  if (!keep(unheard, visit)) return
  const { code, says, remedy, evidence, severity } = unheard
  house.journal.write({
    event: 'connection.finding',
    connection: visit.id,
    clientId: visit.mqtt.connect.clientId,
    certificateId: visit.principal.registered.certificateId,
    severity,
    code,
    says,
    remedy,
    evidence,
  })
}

/** Each thing once: a device that repeats its request must not fill its own record. */
function keep(finding: Finding, { findings }: Visit): boolean {
  if (findings.length >= FINDINGS_LIMIT) return false
  if (findings.some(({ code, says }) => code === finding.code && says === finding.says))
    return false
  findings.push(finding)
  return true
}

const FINDINGS_LIMIT = 50
