/** The ways in which a connection ends, as MQTT 5 tells them. */

import type { ClosingRecord } from '../../../broker/journal/dossier.ts'
import type { Peer } from '../peer.ts'

/** The next packet is a DISCONNECT with this reason, then comes the close. */
export async function ends(peer: Peer, reasonCode: number, code?: string): Promise<ClosingRecord> {
  await peer.expect('disconnect', { reasonCode })
  return peer.closed(code)
}
