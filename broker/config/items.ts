/**
 * One declared device and one declared CA: the same shape in config.yaml's lists and in the
 * device.yaml and authority.yaml files under certs/.
 */

import { attributes } from './attributes.ts'
import {
  type ConfigProblem,
  type Field,
  type Fields,
  group,
  list,
  oneOf,
  refuse,
  type Spot,
  text,
  type ValuesOf,
} from './fields.ts'
import {
  type AuthorityItem,
  authorityStatuses,
  autoRegistrations,
  type DeviceItem,
  deviceStatuses,
  thingPrincipalTypes,
} from './shape.ts'
import { shown } from './words.ts'
import { readYaml } from './yaml-text.ts'

/** Reads the text of an authority.yaml. */
export function loadAuthorityItem(text: string): {
  item?: AuthorityItem
  problems: ConfigProblem[]
} {
  return loadItem(text, authorityKeys, authorityFrom)
}

/** Reads the text of a device.yaml. */
export function loadDeviceItem(text: string): { item?: DeviceItem; problems: ConfigProblem[] } {
  return loadItem(text, deviceKeys, deviceFrom)
}

// AWS: CreateThing, thingName: [a-zA-Z0-9:_-]+, 1 to 128.
export const thing = text(value =>
  /^[a-zA-Z0-9:_-]{1,128}$/.test(value)
    ? undefined
    : {
        says: `${shown(value)} is no thing name that AWS takes`,
        hint: 'use 1 to 128 of the characters a-z A-Z 0-9 : _ -',
      },
)

// AWS: CreateThingType, thingTypeName: [a-zA-Z0-9:_-]+, 1 to 128.
export const thingTypeName = text(value =>
  /^[a-zA-Z0-9:_-]{1,128}$/.test(value)
    ? undefined
    : {
        says: `${shown(value)} is no name of a thing type that AWS takes`,
        hint: 'use 1 to 128 of the characters a-z A-Z 0-9 : _ -',
      },
)

// AWS: CreatePolicy, policyName: [\w+=,.@-]+, 1 to 128.
export const policyName = text(value =>
  /^[\w+=,.@-]{1,128}$/.test(value)
    ? undefined
    : {
        says: `${shown(value)} is no policy name that AWS takes`,
        hint: value.includes('/')
          ? 'write the name only: no folder'
          : 'use 1 to 128 of the characters a-z A-Z 0-9 _ + = , . @ -',
      },
)

// AWS: CreateProvisioningTemplate, templateName: [0-9A-Za-z_-]+, 1 to 36.
const templateName = text(value =>
  /^[0-9A-Za-z_-]{1,36}$/.test(value)
    ? undefined
    : {
        says: `${shown(value)} is no template name that AWS takes`,
        hint: value.endsWith('.json')
          ? 'write the name without `.json`'
          : 'use 1 to 36 of the characters a-z A-Z 0-9 _ -',
      },
)

const attachedPolicies: Field<string[]> = {
  read(node, spot, reading) {
    const names = list(policyName, { distinct: true }).read(node, spot, reading)
    // AWS: a quota that can't be raised: 10 policies attached to a certificate.
    if (names && names.length > 10) {
      return refuse(
        reading,
        spot,
        `holds ${names.length} policies`,
        'AWS attaches 10 at most: put statements together',
      )
    }
    return names
  },
}

const authorityKeys = {
  certificate: text(),
  status: oneOf(authorityStatuses),
  autoRegistration: oneOf(autoRegistrations),
  template: templateName,
}

const deviceKeys = {
  thing,
  certificate: text(),
  status: oneOf(deviceStatuses),
  policies: attachedPolicies,
  thingType: thingTypeName,
  attributes,
  thingPrincipalType: oneOf(thingPrincipalTypes),
}

type Values<T> = { certificate: string } & Partial<Omit<T, 'line'>>

function authorityFrom(values: Values<AuthorityItem>, line: number): AuthorityItem {
  return { status: 'ACTIVE', autoRegistration: 'ENABLE', ...values, line }
}

function deviceFrom(values: Values<DeviceItem>, line: number): DeviceItem {
  return { status: 'ACTIVE', policies: [], ...values, line }
}

/** An item of config.yaml's `authorities`. */
export const authority = itemOf(group(authorityKeys), authorityFrom)

/** An item of config.yaml's `devices`. */
export const device = itemOf(group(deviceKeys), deviceFrom)

function itemOf<V extends { certificate?: string }, T>(
  fields: Field<V>,
  from: (values: V & { certificate: string }, line: number) => T,
): Field<T> {
  return {
    read(node, spot, reading) {
      const before = reading.problems.length
      const values = fields.read(node, spot, reading)
      if (!values) return undefined
      if (hasCertificate(values)) return from(values, spot.line)
      reading.problems.push(...withoutCertificate(spot, reading.problems.slice(before)))
      return undefined
    },
  }
}

function loadItem<T, F extends Fields>(
  text: string,
  keys: F,
  from: (values: ValuesOf<F> & { certificate: string }, line: number) => T,
): { item?: T; problems: ConfigProblem[] } {
  const { values, whole, problems } = readYaml(text, keys)
  const complete = hasCertificate(values)
  if (whole && !complete) problems.push(...withoutCertificate({ path: '', line: 1 }, problems))
  return complete && problems.length === 0 ? { item: from(values, 1), problems } : { problems }
}

function hasCertificate<V extends object>(values: V): values is V & { certificate: string } {
  return 'certificate' in values
}

/** Nothing where another problem has told already why there is no certificate. */
function withoutCertificate(spot: Spot, told: ConfigProblem[]): ConfigProblem[] {
  const path = spot.path === '' ? 'certificate' : `${spot.path}.certificate`
  if (told.some(one => one.path === path || one.hint === 'did you mean `certificate`?')) return []
  const hint = 'add `certificate: FILE`: PEM or DER, its path relative to this file'
  return [{ path, line: spot.line, says: 'is missing', hint }]
}
