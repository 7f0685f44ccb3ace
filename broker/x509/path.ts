/** Who signed whom. Only a signature tells: names and key identifiers are what the sender wrote. */

import type { Certificate } from './certificate.ts'

/** True if `issuer`'s key made the signature on `child`. Never throws: what can't be checked isn't signed. */
export function signedBy(child: Certificate, issuer: Certificate): boolean {
  try {
    return child.x509.verify(issuer.publicKey)
  } catch {
    return false
  }
}
