/**
 * Short ways into a registry for tests that are about something else: none of AWS's rules between states is asked, and what
 * is there is replaced.
 */

import type { AuthorityStatus, AutoRegistration, DeviceStatus } from '../../broker/config/shape.ts'
import { answer } from '../../broker/registry/answer.ts'
import { recordOfAuthority, recordOfCertificate } from '../../broker/registry/certificate-record.ts'
import { putGivenTemplate } from '../../broker/registry/given.ts'
import type { Source, ThingPrincipalType } from '../../broker/registry/records.ts'
import type { Registry } from '../../broker/registry/registry.ts'
import type { Certificate } from '../../broker/x509/certificate.ts'

export type Direct = {
  registerAuthority(authority: {
    certificate: Certificate
    status: AuthorityStatus
    autoRegistration: AutoRegistration
    templateName?: string
    name: string
    source: Source
  }): void
  putTemplate(name: string, body: string): void
  registerCertificate(certificate: {
    certificate: Certificate
    status: DeviceStatus
    caCertificateId?: string
    source: Source
  }): void
  setStatus(certificateId: string, status: DeviceStatus): void
  /** Makes the thing, or merges the attributes into it. */
  putThing(thing: {
    thingName: string
    thingTypeName?: string
    attributes: Record<string, string>
  }): void
  putPolicy(name: string, document: string): void
  /** Makes the group, or replaces it. */
  putGroup(group: {
    groupName: string
    parent?: string
    policyNames: string[]
    things: string[]
  }): void
  attachThing(certificateId: string, thingName: string, type?: ThingPrincipalType): void
  attachPolicy(certificateId: string, policyName: string): void
}

export function directly({ desk }: Pick<Registry, 'desk'>): Direct {
  const { tables } = desk
  const how = (text: string): Source => ({ kind: 'learned', how: text })
  const change = (act: () => void): void => {
    desk.transact(() => {
      act()
      return answer(undefined)
    })
  }
  const about = (source: Source) => ({
    ownedBy: desk.account().id,
    now: desk.now(),
    generationId: desk.uuid(),
    source,
  })
  return {
    registerAuthority({ certificate, status, autoRegistration, templateName, name, source }) {
      change(() => {
        tables.authorities.put(certificate.sha256, {
          ...recordOfAuthority(certificate, about(source)),
          status,
          autoRegistrationStatus: autoRegistration,
          ...(templateName === undefined ? {} : { registrationConfig: { templateName } }),
          name,
        })
      })
    },
    putTemplate(name, body) {
      change(() => putGivenTemplate(desk, name, body, 'given in code'))
    },
    registerCertificate({ certificate, status, caCertificateId, source }) {
      change(() => {
        tables.certificates.put(certificate.sha256, {
          ...recordOfCertificate(certificate, about(source)),
          status,
          ...(caCertificateId === undefined ? {} : { caCertificateId }),
        })
      })
    },
    setStatus(id, status) {
      change(() => {
        const record = tables.certificates.get(id)
        if (record) tables.certificates.put(id, { ...record, status, lastModifiedDate: desk.now() })
      })
    },
    putThing({ thingName, thingTypeName, attributes }) {
      change(() => {
        const before = tables.things.get(thingName)
        tables.things.put(thingName, {
          thingName,
          thingId: before?.thingId ?? desk.uuid(),
          version: (before?.version ?? 0) + 1,
          source: before?.source ?? how('put'),
          ...before,
          ...(thingTypeName === undefined ? {} : { thingTypeName }),
          attributes: { ...before?.attributes, ...attributes },
        })
      })
    },
    putPolicy(name, document) {
      change(() => {
        const now = desk.now()
        tables.policies.put(name, {
          policyName: name,
          defaultVersionId: '1',
          lastVersionId: 1,
          versions: { 1: { policyDocument: document, createDate: now } },
          generationId: desk.uuid(),
          creationDate: now,
          lastModifiedDate: now,
          source: how('put'),
        })
      })
    },
    putGroup({ groupName, parent, policyNames, things }) {
      change(() => {
        tables.thingGroups.put(groupName, {
          thingGroupName: groupName,
          thingGroupId: desk.uuid(),
          ...(parent === undefined ? {} : { parentGroupName: parent }),
          attributes: {},
          version: 1,
          creationDate: desk.now(),
          source: how('put'),
        })
        for (const policyName of policyNames) putTarget(policyName, `thinggroup/${groupName}`)
        for (const thingName of things) {
          const record = { thingGroupName: groupName, thingName, source: how('put') }
          tables.groupThings.put(`${groupName}/${thingName}`, record)
        }
      })
    },
    attachThing(certificateId, thingName, type = 'NON_EXCLUSIVE_THING') {
      change(() => {
        const record = { certificateId, thingName, type, source: how('put') }
        tables.thingPrincipals.put(`${certificateId}/${thingName}`, record)
      })
    },
    attachPolicy: (certificateId, policyName) =>
      change(() => putTarget(policyName, `cert/${certificateId}`)),
  }

  function putTarget(policyName: string, target: `cert/${string}` | `thinggroup/${string}`): void {
    const record = { policyName, target, source: how('put') }
    tables.policyTargets.put(`${policyName}/${target}`, record)
  }
}
