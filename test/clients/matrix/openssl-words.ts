/** What OpenSSL writes when TLS fails, as users find it in the log of any program that is built on it. */

import { alertNames } from '../../../broker/tls/names.ts'

/**
 * The first entry of its error queue in what a program printed, without thread, source file and line, which differ from build
 * to build: `error:0A000410:SSL routines::sslv3 alert handshake failure`. Empty where there is none.
 */
export function opensslError(printed: string): string {
  const [, entry = ''] = /\b(error:[0-9A-F]{8}:[^:\n]*:[^:\n]*:[^:\n]*)/.exec(printed) ?? []
  return entry.trim()
}

/** The number of the alert that an OpenSSL error tells of: one that the server has sent. */
export function opensslAlert(error: string): number | undefined {
  const name = /(?:sslv3|tlsv1|tlsv13) alert ([a-z ]+)$/.exec(error)?.[1]?.replaceAll(' ', '_')
  const known = Object.entries(alertNames).find(([, given]) => given === name)
  return known && Number(known[0])
}
