/**
 * The registration code, by which somebody proves to hold the key of a CA: GetRegistrationCode, DeleteRegistrationCode, and
 * the check of a verification certificate.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_GetRegistrationCode.html, DG/manage-your-CA-certs
 */

import type { Certificate } from '../../x509/certificate.ts'
import { signedBy } from '../../x509/path.ts'
import { type Answer, answer, refuse } from '../answer.ts'
import { changing, type Desk } from '../desk.ts'
import { certificateIn, registrable } from '../pki/certificate-pem.ts'

const KEY = 'registrationCode'

export function registrationCodeOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    /** The same one until it is deleted: 64 hex digits. */
    getRegistrationCode: changing(
      desk,
      {},
      (_: Record<string, never>): Answer<{ registrationCode: string }> => {
        const kept = view.settings.get(KEY)
        if (kept) return answer({ registrationCode: kept.value })
        const registrationCode = desk.world.random(32).toString('hex')
        tables.settings.put(KEY, { value: registrationCode })
        return answer({ registrationCode })
      },
    ),
    deleteRegistrationCode: changing(
      desk,
      {},
      (_: Record<string, never>): Answer<Record<string, never>> => {
        if (!view.settings.has(KEY)) {
          return refuse('ResourceNotFoundException', 'There is no registration code')
        }
        tables.settings.remove(KEY)
        return answer({})
      },
    ),
  }
}

/**
 * AWS: a verification certificate has the registration code as its CommonName, and the CA's key has signed it.
 * @param pem from outside
 */
export function verifyPossession(
  desk: Desk,
  pem: string,
  authority: Certificate,
): Answer<Certificate> {
  const read = certificateIn(pem, 'verificationCertificate')
  if (!read.ok) return read
  const { value: verification } = read
  const names = verification.subjectAttributes['CommonName'] ?? []
  const code = desk.view.settings.get(KEY)?.value
  if (code === undefined || !names.includes(code)) {
    const message = 'The common name of verificationCertificate is not the registration code'
    return refuse('RegistrationCodeValidationException', message, {
      hint:
        code === undefined
          ? 'there is no registration code yet: get one by GetRegistrationCode'
          : `its subject is \`${verification.subject}\`; it needs the common name ${code}`,
    })
  }
  if (!signedBy(verification, authority)) {
    const message = 'verificationCertificate is not valid: the key of the CA did not sign it'
    return refuse('CertificateValidationException', message, {
      hint: `sign it with the key of \`${authority.subject}\``,
    })
  }
  return registrable(verification, 'verificationCertificate', desk.now())
}
