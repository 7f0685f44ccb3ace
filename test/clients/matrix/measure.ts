/** One cell of the client matrix, measured: what the client saw, and what the broker's record says. */

import { once } from 'node:events'
import { connect } from 'node:net'
import type { Code } from '../../../broker/diagnosis/catalogue.ts'
import type { ClosingRecord } from '../../../broker/journal/dossier.ts'
import type { Alert, Cell } from './expected.ts'
import type { Lent, Setup } from './setup.ts'
import type { Fault, Seen, Stack, TlsVersion } from './stack.ts'

export async function measure(
  setup: Setup,
  stack: Stack,
  fault: Fault,
  version: TlsVersion,
): Promise<Cell> {
  const why = stack.cannot?.(fault, version)
  if (why !== undefined) return { cannot: why }
  const lent = await setup(fault, version, stack.versionBy)
  const seen = await stack.dial(lent.dial)
  const visits = await visitsOf(lent)
  const records = await Promise.all(visits.map(connection => lent.broker.closed({ connection })))
  lent.giveBack()
  if (records.length > 1) throw new Error(`it connected ${records.length} times`)
  const [record] = records
  return record ? outcome(seen, record) : { refusesToStart: true, words: seen.words }
}

/**
 * The connections that the client has made. It may have gone before the broker heard of it; connections are accepted in the
 * order in which they came, so when one of ours has been, all of the client's have.
 */
async function visitsOf({ broker, accepted }: Lent): Promise<string[]> {
  const socket = connect(broker.port, '127.0.0.1')
  await once(socket, 'connect')
  const { localPort } = socket
  socket.destroy()
  const own = await broker.closed(({ remote }) => remote.port === localPort)
  return accepted().filter(connection => connection !== own.connection)
}

function outcome(seen: Seen, record: ClosingRecord): Cell {
  const alert = alertOf(record)
  const candidates = record.evidence['candidates'] as { cause: string }[] | undefined
  const cause = candidates?.[0]?.cause
  return {
    code: record.code as Code,
    side: record.side,
    certainty: record.certainty,
    phase: record.phase,
    ...(cause === undefined ? {} : { cause }),
    ...(alert === undefined ? {} : { alert }),
    ...(seen.alert === undefined ? {} : { shown: seen.alert }),
    ...(seen.connected ? { connected: true as const } : {}),
    words: seen.words,
  }
}

/** The alert of a record, other than close_notify; the last one where there are more. */
function alertOf(record: ClosingRecord): Alert | undefined {
  const told = record.tls?.alerts.findLast(({ number }) => number !== 0)
  if (told) return { number: told.number, from: told.from === 'client' ? 'client' : 'server' }
  const heard = record.evidence['alert']
  if (record.side === 'client' && typeof heard === 'number' && heard !== 0)
    return { number: heard, from: 'client' }
  return record.sent.alert === undefined ? undefined : { number: record.sent.alert, from: 'server' }
}
