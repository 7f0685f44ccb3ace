/**
 * The way of a connection through the rooms, each visited once, in order. Every way out is the close room.
 * docs/architecture.md draws it.
 */

import type { Socket } from 'node:net'
import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import { accept } from './accept.ts'
import { bug } from './bug.ts'
import { certificate } from './certificate.ts'
import { close } from './close.ts'
import { connect } from './connect.ts'
import { handshake } from './handshake.ts'
import { hello } from './hello.ts'
import type { House } from './house.ts'
import { permission } from './permission.ts'
import { proof } from './proof.ts'
import { registration } from './registration.ts'
import { session } from './session.ts'
import { traffic } from './traffic.ts'
import { endVisit, type Room, type Visit } from './visit.ts'

/** In the order in which they are visited. `proof` is the second half of the handshake. */
const rooms = [
  hello,
  handshake,
  certificate,
  proof,
  connect,
  registration,
  permission,
  session,
  traffic,
  // Each room's needs are what the rooms before it add, which a list can't say.
] as unknown as Room<unknown, object>[]

/** Leads one connection from accept to its closing record. Never rejects. */
export async function receive(socket: Socket, house: House): Promise<void> {
  const visit = accept(socket, house)
  const released = gate()
  const written = gate()
  house.open.set(visit.id, {
    id: visit.id,
    end(reason) {
      endVisit(visit, reason)
      return released.passed
    },
    done: written.passed,
  })
  const reason = await walk(visit, house).catch(bug)
  await close(visit, reason, house, released.open).catch(async error => {
    // The record is owed whatever happens. What the rooms found out may be what can't be told, so it is left out.
    house.journal.write({ event: 'broker.warning', says: `closing ${visit.id} failed: ${error}` })
    await close(bare(visit), bug(error), house, released.open)
  })
  released.open()
  written.open()
}

/** What the close room needs in order to free everything, and nothing else. */
function bare(visit: Visit): Visit {
  const {
    id,
    wire,
    settings,
    startedAt,
    startedElapsed,
    watches,
    session,
    mqtt,
    present,
    principal,
    orderly,
  } = visit
  const kept = { ...(session ? { session } : {}), ...(mqtt ? { mqtt } : {}) }
  const told = { ...(present ? { present } : {}), ...(principal ? { principal } : {}) }
  const arrived = { id, wire, settings, startedAt, startedElapsed }
  const nothing = { findings: [], brokerSent: 'unknown', interrupt: undefined }
  return { ...arrived, ...kept, ...told, ...nothing, ...(orderly ? { orderly } : {}), watches }
}

/** A promise that somebody else fulfils. */
function gate(): { open: () => void; passed: Promise<void> } {
  let open: () => void = () => undefined
  const passed = new Promise<void>(resolve => {
    open = resolve
  })
  return { open, passed }
}

async function walk(visit: Visit, house: House): Promise<Diagnosis> {
  for (const room of rooms) {
    if (visit.ending) return visit.ending
    const verdict = await room(visit, house)
    for (const finding of verdict.findings) report(finding, visit, house)
    if (!verdict.ok) return verdict.refusal
    Object.assign(visit, verdict.value)
  }
  throw new Error('the traffic room was left without a reason')
}

function report(finding: Diagnosis, visit: Visit, house: House): void {
  visit.findings.push(finding)
  const { code, says, remedy, evidence, severity } = finding
  const clientId = visit.mqtt?.connect.clientId
  const certificateId = visit.certificate?.leaf.sha256
  house.journal.write({
    event: 'connection.finding',
    connection: visit.id,
    ...(clientId === undefined ? {} : { clientId }),
    ...(certificateId === undefined ? {} : { certificateId }),
    severity,
    code,
    says,
    remedy,
    evidence,
  })
}
