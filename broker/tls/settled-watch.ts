/**
 * What stays worth knowing of a handshake that is done, without the bytes and the secrets that it was read from: a tenth of the
 * memory, for as long as the connection lasts.
 */

import { type Alert, type HandshakeWatch, plainAlert } from './handshake-watch.ts'
import type { ServerFlight } from './server-flight.ts'

/** @param server what our flight said, read as far as somebody will ask */
export function settledWatch(watch: HandshakeWatch, server: ServerFlight): HandshakeWatch {
  const hello = watch.serverHello()
  const retry = watch.retry()
  const sent = watch.sent()
  const largestReceived = watch.largestReceived()
  const alerts: Alert[] = [...watch.alerts()]
  const clientSent = watch.clientSent()
  const clientCame = watch.clientCame()
  return {
    outbound: () => undefined,
    secret: () => undefined,
    inbound: chunk => ({ pass: [chunk] }),
    serverHello: () => hello,
    server: () => server,
    retry: () => retry,
    sent: () => sent,
    largestReceived: () => largestReceived,
    request: () => undefined,
    alerts: () => alerts,
    alertSent: number => void alerts.push({ from: 'broker', level: FATAL, number }),
    sealedAlert: () => undefined,
    clientSent: () => clientSent,
    clientCame: () => clientCame,
    clientChain: () => undefined,
    certificateShown: () => true,
    sealAlert: plainAlert,
  }
}

const FATAL = 2
