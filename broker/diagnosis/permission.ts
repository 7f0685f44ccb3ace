/** What a policy refuses at CONNECT. The words of the decision itself come from the policy engine, as `narration`. */

import type { Entries } from './entry.ts'
import { NO_POLICY, plain, quote, quotes } from './words.ts'

export type PermissionEvidence = {
  PERMISSION_CONNECT_DENIED: {
    /** `iot:Connect`; `iot:Publish` or `iot:RetainPublish` where it is the will that may not be published. */
    action: string
    /** The ARN that was asked for. */
    resource: string
    outcome: string
    clientId: string
    nearMisses: unknown[]
    /** Names of the policies that were asked. */
    policies: string[]
    narration: string
    /** The thing that the certificate is attached to, whatever the client id. */
    thingName?: string
  }
}

export const permission: Entries<PermissionEvidence> = {
  PERMISSION_CONNECT_DENIED: {
    room: 'permission',
    severity: 'error',
    blame: ({ nearMisses }) => (nearMisses.length === 0 ? 'setup' : 'device'),
    certainty: 'proof',
    title: 'The policies do not allow this client id to connect',
    says({ action, clientId, policies, narration, outcome }) {
      const will = action === 'iot:Connect' ? '' : ' with this will'
      const who = `client id ${quote(clientId)} may not connect${will}`
      if (policies.length === 0) return `${who}: no policy is attached to the certificate`
      return `${who} (${outcome === 'EXPLICIT_DENY' ? 'denied' : 'not allowed'} by ${quotes(policies, 4)}): ${plain(narration, 400)}`
    },
    remedy({ action, policies, resource, outcome, thingName, clientId, narration }) {
      if (policies.length === 0) return NO_POLICY
      if (outcome === 'EXPLICIT_DENY') {
        return 'change the statement that denies it, or the client id'
      }
      const allow = `allow ${quote(action)} on ${quote(resource, 200)}`
      if (
        action === 'iot:Connect' &&
        thingName === undefined &&
        THING.test(clientId) &&
        /Thing\./.test(narration)
      ) {
        return `attach the certificate to the thing ${quote(clientId)}: \`candid thing create ${clientId}\`, \`candid thing attach ${clientId} CERT\`; or ${allow}`
      }
      if (action !== 'iot:Connect') return `${allow}, or let the device set no such will`
      return thingName === undefined || thingName === clientId
        ? allow
        : `let the device use its thing name ${quote(thingName)} as client id, or ${allow}`
    },
    aws: {
      reasonCode: 0x87,
      logReason: 'AUTHORIZATION_FAILURE',
      note: 'AWS IoT closes without CONNACK on MQTT 3.1.1; the event `connect_failed` says AUTHORIZATION_FAILED',
    },
    references: ['AWS: connect-policy', 'AWS: cwl-format', 'AWS: life-cycle-events'],
    example: {
      action: 'iot:Connect',
      resource: 'arn:aws:iot:us-east-1:123456789012:client/sensor-2',
      outcome: 'IMPLICIT_DENY',
      clientId: 'sensor-2',
      nearMisses: [{ policy: 'device', index: 1, effect: 'Allow', element: 'Resource' }],
      policies: ['device'],
      narration: 'the nearest statement allows `client/sensor-1`',
      thingName: 'sensor-1',
    },
  },
}

/** AWS: what a thing's name may be; anything else is no word to type, either. */
const THING = /^[a-zA-Z0-9:_-]{1,128}$/
