/** What a policy refuses at CONNECT. The words of the decision itself come from the policy engine, as `narration`. */

import type { Entries } from './entry.ts'
import { plain, quote, quotes } from './words.ts'

export type PermissionEvidence = {
  PERMISSION_CONNECT_DENIED: {
    /** `iot:Connect`. */
    action: string
    /** The ARN that was asked for. */
    resource: string
    outcome: string
    clientId: string
    nearMisses: unknown[]
    /** Names of the policies that were asked. */
    policies: string[]
    narration: string
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
    says({ clientId, policies, narration, outcome }) {
      const who = `client id ${quote(clientId)} may not connect`
      if (policies.length === 0) return `${who}: no policy is attached to the certificate`
      return `${who} (${outcome === 'EXPLICIT_DENY' ? 'denied' : 'not allowed'} by ${quotes(policies, 4)}): ${plain(narration, 400)}`
    },
    remedy({ policies, resource, outcome, thingName, clientId }) {
      if (policies.length === 0) return 'give the device a policy under `devices` in config.yaml'
      if (outcome === 'EXPLICIT_DENY')
        return 'change the statement that denies it, or the client id'
      const id =
        thingName === undefined || thingName === clientId
          ? ''
          : `, or let the device use its thing name ${quote(thingName)} as client id`
      return `allow \`iot:Connect\` on ${quote(resource, 200)}${id}`
    },
    aws: {
      logReason: 'AUTHORIZATION_FAILURE',
      note: 'AWS IoT closes without CONNACK on MQTT 3.1.1; the event `connect_failed` says AUTHORIZATION_FAILED',
    },
    references: ['AWS: connect-policy', 'AWS: cwl-format', 'AWS: life-cycle-events'],
    example: {
      action: 'iot:Connect',
      resource: 'arn:aws:iot:us-east-1:123456789012:client/sensor-2',
      outcome: 'IMPLICIT_DENY',
      clientId: 'sensor-2',
      nearMisses: [{ policy: 'device', index: 0, effect: 'Allow', element: 'Resource' }],
      policies: ['device'],
      narration: 'the nearest statement allows `client/sensor-1`',
      thingName: 'sensor-1',
    },
  },
}
