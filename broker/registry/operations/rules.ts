/** Rules of input that many operations share. AWS: patterns and limits of the published service model of `iot`. */

import type { Rule } from './input.ts'
import { LARGEST_PAGE } from './page.ts'

const name = { kind: 'string', min: 1, max: 128, pattern: /[a-zA-Z0-9:_-]+/ } as const

/** Of a thing, a thing type, a thing group, a billing group. */
export const resourceName: Rule = name
export const requiredName: Rule = { ...name, required: true }

export const policyName: Rule = {
  kind: 'string',
  min: 1,
  max: 128,
  pattern: /[\w+=,.@-]+/,
  required: true,
}

/** AWS: 404,600 characters pass the interface; how many a policy may have is another matter. */
export const policyDocument: Rule = { kind: 'string', max: 404_600, required: true }

export const policyVersionId: Rule = { kind: 'string', pattern: /[0-9]+/, required: true }

/** Of a provisioning template, where it may be missing. */
export const givenTemplateName: Rule = {
  kind: 'string',
  min: 1,
  max: 36,
  pattern: /[0-9A-Za-z_-]+/,
}
export const templateName: Rule = { ...givenTemplateName, required: true }

/** Of a certificate or of a CA certificate. */
export const certificateId: Rule = {
  kind: 'string',
  min: 64,
  max: 64,
  pattern: /(0x)?[a-fA-F0-9]+/,
  required: true,
}

/** A PEM certificate. */
export const certificatePem: Rule = { kind: 'string', min: 1, max: 65_536, required: true }

export const arnRule: Rule = { kind: 'string', max: 2048, required: true }
export const optionalArn: Rule = { kind: 'string', max: 2048 }

/** A description. AWS: what can be seen, and spaces. */
export const text: Rule = {
  kind: 'string',
  max: 2028,
  pattern: /(?: |[^\p{Z}\p{Cc}\p{Cs}\p{Cn}])*/u,
}

export const flag: Rule = { kind: 'boolean' }
export const version: Rule = { kind: 'integer', min: 0 }

export const attributes: Rule = {
  kind: 'map',
  key: { kind: 'string', max: 128, pattern: /[a-zA-Z0-9_.,@/:#-]+/ },
  value: { kind: 'string', max: 800, pattern: /[a-zA-Z0-9_.,@/:#=[\]-]*/ },
}

export const attributePayload: Rule = {
  kind: 'object',
  of: { attributes, merge: flag },
}

const propagatingAttribute: Rule = {
  kind: 'object',
  of: {
    userPropertyKey: { kind: 'string', max: 128, pattern: /[a-zA-Z0-9:$.]+/, required: true },
    thingAttribute: { kind: 'string', max: 128, pattern: /[a-zA-Z0-9_.,@/:#-]+/ },
    connectionAttribute: { kind: 'string', max: 128, pattern: /[a-zA-Z0-9:$.]+/ },
  },
}

export const thingTypeProperties: Rule = {
  kind: 'object',
  of: {
    thingTypeDescription: text,
    searchableAttributes: {
      kind: 'list',
      of: { kind: 'string', max: 128, pattern: /[a-zA-Z0-9_.,@/:#-]+/ },
    },
    mqtt5Configuration: {
      kind: 'object',
      of: { propagatingAttributes: { kind: 'list', of: propagatingAttribute, max: 20 } },
    },
  },
}

export const thingGroupProperties: Rule = {
  kind: 'object',
  of: { thingGroupDescription: text, attributePayload },
}

export const billingGroupProperties: Rule = {
  kind: 'object',
  of: { billingGroupDescription: text },
}

/** `nextToken` and `maxResults`. */
export const tokenPage: { [name: string]: Rule } = {
  nextToken: { kind: 'string' },
  maxResults: { kind: 'integer', min: 1, max: LARGEST_PAGE },
}

/** `marker`, `pageSize` and `ascendingOrder`. */
export const markerPage: { [name: string]: Rule } = {
  marker: { kind: 'string', max: 1024 },
  pageSize: { kind: 'integer', min: 1, max: LARGEST_PAGE },
  ascendingOrder: flag,
}
