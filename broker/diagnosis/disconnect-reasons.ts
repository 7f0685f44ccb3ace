/**
 * AWS's reasons for the end of a connection, as its lifecycle events and logs name them, and which of them send the will.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
 */

export type DisconnectReason = keyof typeof disconnectReasons

/** `will`: whether the will of a connection that ends for it is sent. The first eight occur here; the rest is AWS's. */
export const disconnectReasons = {
  /** Authentication or authorization failed: a publish that no policy allows, a certificate that was deactivated. */
  AUTH_ERROR: { will: true },
  /** DISCONNECT came. One of MQTT 5 may ask for the will all the same (0x04); whoever reads the packet looks at that. */
  CLIENT_INITIATED_DISCONNECT: { will: false },
  /** The client broke a rule: a second CONNECT, a payload over the limit. */
  CLIENT_ERROR: { will: true },
  CONNECTION_LOST: { will: true },
  /** Goes to the older connection. */
  DUPLICATE_CLIENTID: { will: true },
  MQTT_KEEP_ALIVE_TIMEOUT: { will: true },
  SERVER_ERROR: { will: true },
  SERVER_INITIATED_DISCONNECT: { will: true },
  /** The client may not be connected: its address is denied. */
  FORBIDDEN_ACCESS: { will: true },
  /** DeleteConnection; its `preventWillMessage` keeps the will back. */
  API_INITIATED_DISCONNECT: { will: true },
  THROTTLED: { will: true },
  WEBSOCKET_TTL_EXPIRATION: { will: true },
  CUSTOMAUTH_TTL_EXPIRATION: { will: true },
} as const

/** What has no reason of its own is whose who has to act: AWS knows no end without a reason. */
export function disconnectReasonOf({
  aws,
  blame,
}: {
  aws: { disconnectReason?: DisconnectReason }
  blame: string
}): DisconnectReason {
  return aws.disconnectReason ?? (blame === 'broker' ? 'SERVER_ERROR' : 'CLIENT_ERROR')
}
