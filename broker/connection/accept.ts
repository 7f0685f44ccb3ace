/** Room 1: who dialled. Makes the visit that goes through the corridor. */

import type { Socket } from 'node:net'
import { endByBug } from './bug.ts'
import type { House } from './house.ts'
import type { Visit } from './visit.ts'
import { createWire } from './wire.ts'

export function accept(socket: Socket, house: House): Visit {
  const { world, journal } = house
  const settings = house.settings()
  const visit: Visit = {
    id: world.nextId('connection'),
    wire: createWire(socket, world.clock, error => endByBug(visit)(error)),
    settings,
    startedAt: world.clock.now(),
    startedElapsed: world.clock.elapsed(),
    findings: [],
    brokerSent: 'nothing',
    interrupt: undefined,
    watches: [],
  }
  journal.write({
    event: 'connection.accepted',
    connection: visit.id,
    remote: visit.wire.remote,
    listener: { port: settings.port },
  })
  return visit
}
