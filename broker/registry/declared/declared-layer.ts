/** What files declare, as a layer of tables: made anew when a file changes. */

import type { Policy } from '../../policy/policy.ts'
import { looksLike } from '../../template/remarks.ts'
import { uuidFrom } from '../../world.ts'
import type { Certificate } from '../../x509/certificate.ts'
import { answer } from '../answer.ts'
import { recordOfAuthority, recordOfCertificate } from '../certificate-record.ts'
import { sha256 } from '../desk.ts'
import type { AuthorityRecord, CertificateRecord, PolicyRecord, Source } from '../records.ts'
import { createLayer, type Layer } from '../tables.ts'
import type { Declared } from './declared-shape.ts'

/** What reading the files has worked out already. */
export type Known = {
  certificates: WeakMap<CertificateRecord | AuthorityRecord, Certificate>
  policies: WeakMap<PolicyRecord, Policy>
}

/**
 * @param before the layer so far: what was there keeps its dates
 * @param now ms since 1970
 */
export function declaredLayer(
  declared: Declared,
  before: Layer,
  known: Known,
  ownedBy: string,
  now: number,
): Layer {
  const layer = createLayer()
  const { tables } = layer
  const source = (file: string): Source => ({ kind: 'declared', file })
  layer.ledger.transact(() => {
    for (const { name, text, policy, file } of declared.policies) {
      const old = before.tables.policies.get(name)
      const same = old?.versions['1']?.policyDocument === text
      const record: PolicyRecord = {
        policyName: name,
        defaultVersionId: '1',
        lastVersionId: 1,
        versions: { 1: { policyDocument: text, createDate: old?.creationDate ?? now } },
        generationId: stableUuid(`policy ${name} ${text}`),
        creationDate: old?.creationDate ?? now,
        lastModifiedDate: same ? old.lastModifiedDate : now,
        source: source(file),
      }
      known.policies.set(record, policy)
      tables.policies.put(name, record)
    }
    const ofAuthorities = new Set(declared.authorities.map(({ templateName }) => templateName))
    for (const { name, text, template, file } of declared.templates) {
      const old = before.tables.templates.get(name)
      tables.templates.put(name, {
        templateName: name,
        // AWS has two types, FLEET_PROVISIONING where none is given; a file says which by its use and by what stands in it.
        type:
          ofAuthorities.has(name) || looksLike(template) === 'JITP' ? 'JITP' : 'FLEET_PROVISIONING',
        enabled: true,
        provisioningRoleArn: '',
        defaultVersionId: 1,
        lastVersionId: 1,
        versions: { 1: { templateBody: text, creationDate: old?.creationDate ?? now } },
        creationDate: old?.creationDate ?? now,
        lastModifiedDate: now,
        source: source(file),
      })
    }
    for (const { id, file, name, ...authority } of declared.authorities) {
      const record: AuthorityRecord = {
        ...recordOfAuthority(authority.certificate, {
          ownedBy,
          now: before.tables.authorities.get(id)?.creationDate ?? now,
          generationId: stableUuid(`authority ${id}`),
          source: source(file),
        }),
        name,
        status: authority.status,
        autoRegistrationStatus: authority.autoRegistration,
        ...(authority.templateName === undefined
          ? {}
          : { registrationConfig: { templateName: authority.templateName } }),
      }
      known.certificates.set(record, authority.certificate)
      tables.authorities.put(id, record)
    }
    for (const { name, description, searchableAttributes, file } of declared.thingTypes) {
      tables.thingTypes.put(name, {
        thingTypeName: name,
        thingTypeId: stableUuid(`thing type ${name}`),
        ...(description === undefined ? {} : { thingTypeDescription: description }),
        searchableAttributes,
        creationDate: before.tables.thingTypes.get(name)?.creationDate ?? now,
        source: source(file),
      })
    }
    for (const { groupName, parent, policyNames, things, file } of declared.groups) {
      const from = source(file)
      tables.thingGroups.put(groupName, {
        thingGroupName: groupName,
        thingGroupId: stableUuid(`group ${groupName}`),
        ...(parent === undefined ? {} : { parentGroupName: parent }),
        attributes: {},
        version: 1,
        creationDate: before.tables.thingGroups.get(groupName)?.creationDate ?? now,
        source: from,
      })
      for (const policyName of policyNames) {
        const target = `thinggroup/${groupName}` as const
        tables.policyTargets.put(`${policyName}/${target}`, { policyName, target, source: from })
      }
      for (const thingName of things) {
        const record = { thingGroupName: groupName, thingName, source: from }
        tables.groupThings.put(`${groupName}/${thingName}`, record)
      }
    }
    for (const { certificateId, certificate, thingName, ...device } of declared.devices) {
      const from = source(device.file)
      const record: CertificateRecord = {
        ...recordOfCertificate(certificate, {
          ownedBy,
          now: before.tables.certificates.get(certificateId)?.creationDate ?? now,
          generationId: stableUuid(`certificate ${certificateId}`),
          source: from,
        }),
        status: device.status,
      }
      known.certificates.set(record, certificate)
      tables.certificates.put(certificateId, record)
      for (const policyName of device.policyNames) {
        const target = `cert/${certificateId}` as const
        tables.policyTargets.put(`${policyName}/${target}`, { policyName, target, source: from })
      }
      if (thingName === undefined) continue
      const thingId = stableUuid(`thing ${thingName}`)
      const { thingType, attributes, thingPrincipalType = 'NON_EXCLUSIVE_THING' } = device.about
      // Two certificates of one thing: what both say of it counts.
      const twin = tables.things.get(thingName)
      const thingTypeName = thingType ?? twin?.thingTypeName
      tables.things.put(thingName, {
        thingName,
        thingId,
        ...(thingTypeName === undefined ? {} : { thingTypeName }),
        attributes: { ...twin?.attributes, ...attributes },
        version: 1,
        source: twin?.source ?? from,
      })
      tables.thingPrincipals.put(`${certificateId}/${thingName}`, {
        certificateId,
        thingName,
        type: thingPrincipalType,
        source: from,
      })
    }
    return answer(undefined)
  })
  return layer
}

/** The same for the same text: what is declared has no other memory than its file. */
function stableUuid(text: string): string {
  return uuidFrom(Buffer.from(sha256(text), 'hex'))
}
