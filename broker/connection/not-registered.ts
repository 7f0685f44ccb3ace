/**
 * Tells two refusals of an unregistered certificate apart, by what has to be done about them. Where a registered certificate
 * has the same key or the same issuer, this certificate is one of ours that was not registered: register it. Where nobody
 * here knows its issuer, that stays CERTIFICATE_ISSUER_UNKNOWN: its CA is what is missing.
 */

import { createHash } from 'node:crypto'
import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import type { RegisteredCertificate, Registry } from '../registry/registry.ts'
import type { Certificate } from '../x509/certificate.ts'

/** @returns undefined where no registered certificate has anything to do with this one */
export function notRegistered(leaf: Certificate, registry: Registry): Diagnosis | undefined {
  const relation = relationOf(leaf, registry)
  if (relation === undefined) return undefined
  const near = relation.near.slice(0, SHOWN).map(({ certificateId, certificate }) => {
    const [thingName] = registry.thingsOf(certificateId)
    return { certificateId, subject: certificate.subject, ...(thingName ? { thingName } : {}) }
  })
  return diagnose('REGISTRATION_NOT_REGISTERED', {
    certificateId: leaf.sha256,
    issuer: leaf.issuer,
    same: relation.same,
    near,
  })
}

const SHOWN = 3
const LOOKED_AT = 200

type Relation = { same: 'key' | 'subject' | 'issuer'; near: RegisteredCertificate[] }

/**
 * The closest relation only: the key, then one certificate of the same names, then any of the same issuer. A fleet may have a
 * hundred thousand certificates of one issuer: no more than `LOOKED_AT` of them are looked at.
 */
function relationOf(leaf: Certificate, registry: Registry): Relation | undefined {
  const { view } = registry.desk
  const certificatesOf = (ids: readonly string[]): RegisteredCertificate[] =>
    ids.slice(0, LOOKED_AT).flatMap(id => registry.certificate(id) ?? [])
  const ofKey = certificatesOf(view.certificatesByKey.keys(leaf.publicKeySha256))
  if (ofKey.length > 0) return { same: 'key', near: ofKey }
  // Its own issuer: whoever made it may have made the others or not.
  if (leaf.selfIssued) return undefined
  const issuer = createHash('sha256').update(leaf.issuerDer).digest('hex')
  const ofIssuer = certificatesOf(view.certificatesByIssuer.keys(issuer)).filter(
    ({ certificate }) => sameIssuer(certificate, leaf),
  )
  if (ofIssuer.length === 0) return undefined
  const ofSubject = ofIssuer.filter(({ certificate }) => certificate.subject === leaf.subject)
  // AWS gives all its certificates one subject: then the subject names nobody.
  if (ofSubject.length === 1) return { same: 'subject', near: ofSubject }
  return { same: 'issuer', near: ofIssuer }
}

/** By name, and by key identifier where both have one: two CAs may share a name. */
function sameIssuer(a: Certificate, b: Certificate): boolean {
  if (!a.issuerDer.equals(b.issuerDer)) return false
  const [ofA, ofB] = [a.authorityKeyId, b.authorityKeyId]
  return ofA === undefined || ofB === undefined || ofA === ofB
}
