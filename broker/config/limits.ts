/**
 * AWS IoT's limits of the message broker, each by its name, so that a user can lift one of them. `off` in config.yaml is no
 * limit: Infinity here. Where a limit is a rule of AWS's that the standard doesn't know, `off` is the standard's way.
 * AWS: https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
 */

export type Limits = {
  /** UTF-8 bytes of a client id. */
  clientIdBytes: number
  /** CONNECTs of one client id, and of all, in a second. */
  connectsPerSecondPerClientId: number
  connectsPerSecond: number
  connections: number
  /** A keep-alive outside is moved to the nearest; 0 becomes the most; where that is lifted, 0 is none. */
  keepAliveLeastSeconds: number
  keepAliveMostSeconds: number
  filtersPerSubscribe: number
  subscriptionsPerConnection: number
  subscribesPerSecond: number
  /** Of a PUBLISH or a will. */
  payloadBytes: number
  /** What follows the fixed header. */
  packetBytes: number
  /** Of one connection, in and out together. Over it they are dropped without an answer. */
  publishesPerSecond: number
  /** Of one connection; over it we read later. */
  bytesPerSecond: number
  /** Of all connections. */
  publishesInPerSecond: number
  publishesOutPerSecond: number
  /** QoS 1 without a PUBACK. */
  inflightIn: number
  inflightOut: number
  /** After `$aws/rules/<name>/` and `$share/<name>/`. */
  topicBytes: number
  topicSlashes: number
  shareNameCharacters: number
  sessionExpirySeconds: number
  /** Stored messages that follow a CONNACK. */
  replayPerSecond: number
  /** How long a message without a PUBACK is sent again. */
  redeliverySeconds311: number
  redeliverySeconds5: number
  /** Messages that one session keeps while its client is away; AWS gives no number. */
  queuedMessages: number
  queuedMessagesPerSecond: number
  topicAliases: number
  messageExpirySeconds: number
  contentTypeBytes: number
  correlationDataBytes: number
  userPropertiesBytes: number
  /** The least Maximum Packet Size that a client may ask for. */
  maximumPacketSizeLeast: number
  retainedMessages: number
  retainedPerSecond: number
  retainedPerSecondPerTopic: number
  sharedGroups: number
  subscriptionsPerSharedGroup: number
  sharedGroupChangesPerSecond: number
  sharedQueuedMessages: number
  /** Of a group's queue, to each active member. */
  sharedReplayPerSecond: number
  /** `sensor/#` takes `sensor/`, and not `sensor`; the standard: both. */
  hashTakesParent: boolean
  /** A client may send packets before its CONNACK is there; AWS: it must wait. */
  packetsBeforeConnack: boolean
  /** A filter with a wildcard gets no retained message; the standard: it does. */
  wildcardsGetRetained: boolean
}

const NONE = Number.POSITIVE_INFINITY

/** AWS's, of the larger regions. */
export const awsLimits: Limits = {
  clientIdBytes: 128,
  connectsPerSecondPerClientId: 1,
  connectsPerSecond: 3000,
  connections: 500_000,
  keepAliveLeastSeconds: 30,
  keepAliveMostSeconds: 1200,
  filtersPerSubscribe: 8,
  subscriptionsPerConnection: 50,
  subscribesPerSecond: 3000,
  payloadBytes: 131_072,
  packetBytes: 149_504,
  publishesPerSecond: 100,
  bytesPerSecond: 524_288,
  publishesInPerSecond: 20_000,
  publishesOutPerSecond: 20_000,
  inflightIn: 100,
  inflightOut: 100,
  topicBytes: 256,
  topicSlashes: 7,
  shareNameCharacters: 128,
  sessionExpirySeconds: 3600,
  replayPerSecond: 10,
  redeliverySeconds311: 3600,
  redeliverySeconds5: 960,
  queuedMessages: 10_000,
  queuedMessagesPerSecond: 500,
  topicAliases: 8,
  messageExpirySeconds: 604_800,
  contentTypeBytes: 256,
  correlationDataBytes: 8192,
  userPropertiesBytes: 8192,
  maximumPacketSizeLeast: 512,
  retainedMessages: 500_000,
  retainedPerSecond: 500,
  retainedPerSecondPerTopic: 1,
  sharedGroups: 100,
  subscriptionsPerSharedGroup: 100,
  sharedGroupChangesPerSecond: 100,
  sharedQueuedMessages: 500_000,
  sharedReplayPerSecond: 20,
  hashTakesParent: false,
  packetsBeforeConnack: false,
  wildcardsGetRetained: false,
}

/**
 * What `limits: off` is: the standard's own bounds, and those without which a stranger could make the broker grow without
 * end (packets, queues).
 */
export const noLimits: Limits = {
  ...(Object.fromEntries(
    Object.entries(awsLimits).map(([name, value]) => [
      name,
      typeof value === 'number' ? NONE : true,
    ]),
  ) as Limits),
  clientIdBytes: 65_535,
  keepAliveLeastSeconds: 0,
  keepAliveMostSeconds: 65_535,
  // MQTT 5 3.2.2.3: a packet may hold 256 MiB. Nobody who has not been let in may make us keep that.
  payloadBytes: 8 * 1024 * 1024,
  packetBytes: 8 * 1024 * 1024 + 65_536,
  inflightIn: 65_535,
  inflightOut: 65_535,
  topicBytes: 65_535,
  // The matcher's own bound is 100 levels.
  topicSlashes: 99,
  shareNameCharacters: 65_535,
  sessionExpirySeconds: 4_294_967_295,
  queuedMessages: 100_000,
  topicAliases: 1000,
  messageExpirySeconds: 4_294_967_295,
  maximumPacketSizeLeast: 1,
}
