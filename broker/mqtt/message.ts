/** One application message on its way through the broker. */

export type Message = {
  topic: string
  /** May be a view on what was read from a socket: `keepable` makes a copy of one that is kept. */
  payload: Buffer
  qos: 0 | 1
  /** The RETAIN flag as it was published. */
  retain: boolean
  /** Of MQTT 5. Shared by all who get it: never changed. */
  properties?: Forwarded
  /** By `clock.elapsed()`, in ms: after that nobody gets it. */
  expiresAt?: number
  /** The client id of who published it; absent: the broker itself. */
  from?: string
}

/** The properties that travel with a message, MQTT 5 3.3.2.3. */
export type Forwarded = {
  payloadFormatIndicator?: 0 | 1
  contentType?: string
  responseTopic?: string
  correlationData?: Buffer
  /** In the order in which they came [MQTT-3.3.2-18]; a name may come more than once. */
  userProperties?: [name: string, value: string][]
}

/** The message with a payload of its own, so that it doesn't hold the 64 KB that it was read with. */
export function keepable(message: Message): Message {
  const { payload, properties } = message
  const own = { ...message, payload: Buffer.from(payload) }
  if (properties?.correlationData === undefined) return own
  const correlationData = Buffer.from(properties.correlationData)
  return { ...own, properties: { ...properties, correlationData } }
}
