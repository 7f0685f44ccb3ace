/**
 * Every normative statement of MQTT 3.1.1 (OASIS, appendix B), in our words, and the cases that show it. Where a statement binds
 * the client, the cases show what becomes of a client that breaks it, or that its way is taken.
 * https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
 */

import type { CaseName } from './3.1.1/cases.ts'
import type { Statements } from './statements.ts'

const MALFORMED_CONNECT = 'a CONNECT that is not as section 3.1 says is closed without a CONNACK'
const MALFORMED_SUBSCRIBE = 'a SUBSCRIBE that is not as section 3.8 says closes the connection'
const MALFORMED_UNSUBSCRIBE =
  'an UNSUBSCRIBE that is not as section 3.10 says closes the connection'
const ILL_FORMED = 'ill-formed UTF-8 closes the connection, in each string of each packet'
const FLAGS = 'reserved flags that are not those of the table close the connection'
const EVERY_FIELD = 'a CONNECT with every field, in their order, is taken as it is'
const CONFORMS = 'a CONNECT that conforms gets CONNACK 0, and nothing else is needed'
const SENT_AGAIN =
  'AWS: what has no PUBACK is sent again on the next connection, in order, with its identifier and without DUP'
const WILL = 'a will is published when its connection ends without a DISCONNECT'
const OWN_IDENTIFIERS =
  'a QoS 1 message goes out with an identifier that is free, without DUP, until its PUBACK'
const NO_PUBLISH_OF_QOS2 = 'AWS: a PUBLISH with QoS 2 is not answered, and goes nowhere'
const NO_PACKETS_OF_QOS2 =
  'AWS: packets of QoS 2 close the connection, with right flags and with wrong ones'
const IN_ORDER = 'messages of one client arrive in their order, for each topic and QoS'
const SILENCE =
  'silence for one and a half keep-alives ends the connection, and the will is published'

export const statements: Statements<CaseName> = {
  // 1.5.3 UTF-8 strings
  'MQTT-1.5.3-1': {
    says: 'strings are well-formed UTF-8, without surrogates; others close the connection',
    tests: [ILL_FORMED],
  },
  'MQTT-1.5.3-2': {
    says: 'strings hold no U+0000; one that does closes the connection',
    tests: ['U+0000 closes the connection, in each string of each packet'],
  },
  'MQTT-1.5.3-3': {
    says: 'EF BB BF is U+FEFF wherever it stands, and stays',
    tests: ['U+FEFF stays in a topic, also in front'],
  },

  // 2 Format
  'MQTT-2.2.2-1': {
    says: 'reserved flags have the values of the table',
    tests: ['the flags of what the broker sends are those of the table', FLAGS],
  },
  'MQTT-2.2.2-2': { says: 'other flags close the connection', tests: [FLAGS] },
  'MQTT-2.3.1-1': {
    says: 'SUBSCRIBE, UNSUBSCRIBE and PUBLISH above QoS 0 have an identifier that is not 0',
    tests: ['a packet identifier of 0 closes the connection', OWN_IDENTIFIERS],
  },
  'MQTT-2.3.1-2': {
    says: 'a new packet has an identifier that is not in use',
    client: true,
    tests: ['a packet identifier that is still in use, or was, is taken as a new one'],
  },
  'MQTT-2.3.1-3': {
    says: 'a packet that is sent again has the identifier that it had; an answer frees it',
    client: true,
    tests: [
      'a PUBLISH that a client sends again is acknowledged, with its identifier, and delivered',
    ],
  },
  'MQTT-2.3.1-4': {
    says: 'the same holds for a PUBLISH above QoS 0 of the server',
    tests: [OWN_IDENTIFIERS, SENT_AGAIN],
  },
  'MQTT-2.3.1-5': {
    says: 'a PUBLISH with QoS 0 has no identifier',
    tests: ['a QoS 0 message goes out without an identifier and without DUP'],
  },
  'MQTT-2.3.1-6': {
    says: 'PUBACK, PUBREC and PUBREL have the identifier of their PUBLISH',
    tests: ['PUBACK, SUBACK and UNSUBACK have the identifier of what they answer'],
    differs: 'QoS 2',
  },
  'MQTT-2.3.1-7': {
    says: 'SUBACK and UNSUBACK have the identifier of what they answer',
    tests: ['PUBACK, SUBACK and UNSUBACK have the identifier of what they answer'],
  },

  // 3.1 CONNECT
  'MQTT-3.1.0-1': {
    says: 'the first packet of a client is a CONNECT',
    client: true,
    tests: ['a first packet that is no CONNECT closes the connection'],
  },
  'MQTT-3.1.0-2': {
    says: 'a second CONNECT is a violation: the client is disconnected',
    tests: ['a second CONNECT closes the connection'],
  },
  'MQTT-3.1.2-1': {
    says: 'a CONNECT with another protocol name is not handled as one of this protocol',
    tests: ['a protocol name that is not MQTT closes the connection'],
  },
  'MQTT-3.1.2-2': {
    says: 'a level that is not served gets CONNACK 1 and the close',
    tests: ['a level that is not served gets CONNACK 1, without a session, and the close'],
  },
  'MQTT-3.1.2-3': {
    says: 'the reserved connect flag must be 0, or the client is disconnected',
    tests: [MALFORMED_CONNECT],
  },
  'MQTT-3.1.2-4': {
    says: 'without clean session the session goes on, or begins, and outlives the connection',
    tests: [
      'a session that is resumed has its subscriptions, however its connection ended',
      'a client that takes over its own session has its subscriptions',
      'AWS: a session ends an hour after its connection',
    ],
  },
  'MQTT-3.1.2-5': {
    says: 'what matches the subscriptions of a session whose client is away is stored, QoS 1 and 2',
    tests: [
      'QoS 1 messages are stored for a client that is away, in their order',
      'AWS: QoS 0 messages, and QoS 1 messages for a QoS 0 subscription, are not stored',
    ],
  },
  'MQTT-3.1.2-6': {
    says: 'a clean session takes away the one before, and leaves none',
    tests: [
      'a clean session takes away the one before, and leaves nothing',
      'a clean session that is taken over ends with its connection',
    ],
  },
  'MQTT-3.1.2-7': {
    says: 'retained messages are no part of a session',
    tests: ['retained messages outlive the session that published them'],
  },
  'MQTT-3.1.2-8': {
    says: 'a will is kept, and published when the connection ends without a DISCONNECT',
    tests: [WILL, SILENCE],
  },
  'MQTT-3.1.2-9': {
    says: 'a will flag brings the topic and the message of the will, and its QoS and retain count',
    tests: [MALFORMED_CONNECT, EVERY_FIELD],
  },
  'MQTT-3.1.2-10': {
    says: 'a will that was published, or taken away by a DISCONNECT, is gone',
    tests: ['a will that was published, or taken away, is not published again'],
  },
  'MQTT-3.1.2-11': {
    says: 'without the will flag there are no QoS, retain, topic and message of a will',
    tests: [MALFORMED_CONNECT],
  },
  'MQTT-3.1.2-12': {
    says: 'without the will flag nothing is published at the end',
    tests: ['a connection without a will leaves none'],
  },
  'MQTT-3.1.2-13': { says: 'without the will flag the will QoS is 0', tests: [MALFORMED_CONNECT] },
  'MQTT-3.1.2-14': {
    says: 'the will QoS is 0, 1 or 2, and never 3',
    tests: [
      MALFORMED_CONNECT,
      'the QoS of a will is that of its message',
      'AWS: a will with QoS 2 is closed without a CONNACK',
    ],
    differs: 'QoS 2',
  },
  'MQTT-3.1.2-15': { says: 'without the will flag retain is 0', tests: [MALFORMED_CONNECT] },
  'MQTT-3.1.2-16': {
    says: 'a will without retain is not kept',
    tests: ['a will without retain is not kept'],
  },
  'MQTT-3.1.2-17': { says: 'a will with retain is kept', tests: ['a will with retain is kept'] },
  'MQTT-3.1.2-18': {
    says: 'without its flag there is no user name',
    tests: [MALFORMED_CONNECT],
  },
  'MQTT-3.1.2-19': {
    says: 'with its flag there is a user name',
    tests: [MALFORMED_CONNECT, EVERY_FIELD],
  },
  'MQTT-3.1.2-20': { says: 'without its flag there is no password', tests: [MALFORMED_CONNECT] },
  'MQTT-3.1.2-21': {
    says: 'with its flag there is a password',
    tests: [MALFORMED_CONNECT, EVERY_FIELD],
  },
  'MQTT-3.1.2-22': {
    says: 'there is no password without a user name',
    tests: [MALFORMED_CONNECT],
  },
  'MQTT-3.1.2-23': {
    says: 'a client sends something within its keep-alive: a PINGREQ, if nothing else',
    client: true,
    tests: [SILENCE],
  },
  'MQTT-3.1.2-24': {
    says: 'silence for one and a half keep-alives ends the connection as if it had been lost',
    tests: [
      SILENCE,
      'AWS: a keep-alive of 0, or over 1200 s, is one of 1200 s; one under 30 s is 30 s',
    ],
    differs: 'the keep-alive',
  },
  'MQTT-3.1.3-1': {
    says: 'client id, will topic, will message, user name and password come in this order',
    tests: [EVERY_FIELD, MALFORMED_CONNECT],
  },
  'MQTT-3.1.3-2': {
    says: 'the client id names the session',
    tests: ['a session belongs to one client id'],
  },
  'MQTT-3.1.3-3': { says: 'the client id comes first, always', tests: [MALFORMED_CONNECT] },
  'MQTT-3.1.3-4': { says: 'the client id is a UTF-8 string', tests: [ILL_FORMED] },
  'MQTT-3.1.3-5': {
    says: 'ids of 1 to 23 letters and digits are taken',
    tests: ['client ids of 1 to 23 letters and digits are taken'],
  },
  'MQTT-3.1.3-6': {
    says: 'an empty client id is given one that nobody else has, and all goes on as with it',
    tests: ['an empty client id is given one of its own'],
  },
  'MQTT-3.1.3-7': {
    says: 'an empty client id comes with a clean session',
    client: true,
    tests: ['an empty client id without a clean session gets CONNACK 2 and the close'],
  },
  'MQTT-3.1.3-8': {
    says: 'an empty client id without a clean session gets CONNACK 2 and the close',
    tests: ['an empty client id without a clean session gets CONNACK 2 and the close'],
  },
  'MQTT-3.1.3-9': {
    says: 'a client id that is not taken gets CONNACK 2 and the close',
    tests: ["AWS: a client id that it doesn't take is closed without a CONNACK"],
    differs: 'a client id that is not taken',
  },
  'MQTT-3.1.3-10': { says: 'the will topic is a UTF-8 string', tests: [ILL_FORMED] },
  'MQTT-3.1.3-11': { says: 'the user name is a UTF-8 string', tests: [ILL_FORMED] },
  'MQTT-3.1.4-1': {
    says: 'a CONNECT that is not as section 3.1 says is closed without a CONNACK',
    tests: [MALFORMED_CONNECT],
  },
  'MQTT-3.1.4-2': {
    says: 'a client id that is connected already: that connection ends',
    tests: ['a client id that is connected already puts the older connection out'],
  },
  'MQTT-3.1.4-3': {
    says: 'the session is what clean session asks for',
    tests: [
      'a clean session takes away the one before, and leaves nothing',
      'a session that is resumed has its subscriptions, however its connection ended',
    ],
  },
  'MQTT-3.1.4-4': { says: 'a CONNECT that conforms gets CONNACK 0', tests: [CONFORMS] },
  'MQTT-3.1.4-5': {
    says: 'what follows a CONNECT that is refused is not looked at',
    tests: ['what follows a CONNECT that is refused is not looked at'],
  },

  // 3.2 CONNACK
  'MQTT-3.2.0-1': {
    says: 'the first packet of the server is a CONNACK',
    tests: [
      'the first packet that comes is the CONNACK, also where messages wait',
      'AWS: a packet that comes before the CONNACK was sent closes the connection',
      'with limits off, packets that come before the CONNACK was sent are handled after it',
    ],
    differs: 'a packet before the CONNACK',
  },
  'MQTT-3.2.2-1': {
    says: 'session present is 0 for a clean session',
    tests: ['session present is 0 for a clean session, and for one that is new'],
  },
  'MQTT-3.2.2-2': {
    says: 'session present is 1 where there is a session to go on with',
    tests: ['session present is 1 where there is a session, with subscriptions or without'],
  },
  'MQTT-3.2.2-3': {
    says: 'session present is 0 where there is none',
    tests: ['session present is 0 for a clean session, and for one that is new'],
  },
  'MQTT-3.2.2-4': {
    says: 'session present is 0 in a CONNACK that refuses',
    tests: ['a level that is not served gets CONNACK 1, without a session, and the close'],
  },
  'MQTT-3.2.2-5': {
    says: 'a CONNACK that refuses is followed by the close',
    tests: ['a level that is not served gets CONNACK 1, without a session, and the close'],
  },
  'MQTT-3.2.2-6': {
    says: 'where no code fits, there is only the close',
    tests: [MALFORMED_CONNECT, 'AWS: a CONNECT that the policy denies is closed without a CONNACK'],
    differs: 'a CONNECT that the policy denies',
  },

  // 3.3 PUBLISH
  'MQTT-3.3.1-1': {
    says: 'DUP is 1 when a PUBLISH is sent again',
    tests: [SENT_AGAIN],
    differs: 'DUP',
  },
  'MQTT-3.3.1-2': {
    says: 'DUP is 0 with QoS 0',
    tests: [
      'a QoS 0 message goes out without an identifier and without DUP',
      'DUP on a QoS 0 message closes the connection',
    ],
  },
  'MQTT-3.3.1-3': {
    says: 'DUP of what comes in is not passed on',
    tests: ['DUP of what comes in has nothing to do with what goes out'],
  },
  'MQTT-3.3.1-4': {
    says: 'both QoS bits close the connection',
    tests: ['both QoS bits close the connection'],
  },
  'MQTT-3.3.1-5': {
    says: 'a message with RETAIN is kept for subscribers to come, with its QoS',
    tests: ['a new subscription gets the last retained message, with its QoS and RETAIN'],
  },
  'MQTT-3.3.1-6': {
    says: 'a new subscription gets the last retained message of each topic that it takes',
    tests: [
      'a new subscription gets the last retained message, with its QoS and RETAIN',
      'AWS: a filter with a wildcard gets no retained message',
      'with limits off, each retained message that a filter meets is sent',
    ],
    differs: 'retained messages',
  },
  'MQTT-3.3.1-7': {
    says: 'a QoS 0 message with RETAIN takes away the one before',
    tests: ['a QoS 0 message with RETAIN takes the place of the one before'],
  },
  'MQTT-3.3.1-8': {
    says: 'RETAIN is 1 on what a new subscription brings',
    tests: ['a new subscription gets the last retained message, with its QoS and RETAIN'],
  },
  'MQTT-3.3.1-9': {
    says: 'RETAIN is 0 on what comes to a subscription that was there',
    tests: ['who has subscribed already gets a retained message without RETAIN'],
  },
  'MQTT-3.3.1-10': {
    says: 'an empty message with RETAIN is delivered, and removes what was kept',
    tests: ['an empty payload with RETAIN is delivered, removes what was kept, and is not kept'],
  },
  'MQTT-3.3.1-11': {
    says: 'an empty message is not kept',
    tests: ['an empty payload with RETAIN is delivered, removes what was kept, and is not kept'],
  },
  'MQTT-3.3.1-12': {
    says: 'a message without RETAIN is not kept, and removes and replaces nothing',
    tests: ['a message without RETAIN is not kept, and leaves what is kept as it is'],
  },
  'MQTT-3.3.2-1': {
    says: 'the topic comes first in a PUBLISH, and is a UTF-8 string',
    tests: [
      'a PUBLISH without a topic, or with one that is cut off, closes the connection',
      ILL_FORMED,
    ],
  },
  'MQTT-3.3.2-2': {
    says: 'a topic has no wildcards',
    tests: ['a topic with a wildcard closes the connection'],
  },
  'MQTT-3.3.2-3': {
    says: 'the topic of a delivery meets the filter of the subscription',
    tests: ['the topic of a delivery is the one that was published, and meets the filter'],
  },
  'MQTT-3.3.4-1': {
    says: 'a PUBLISH is answered as its QoS asks',
    tests: [
      'a PUBLISH is answered as its QoS asks: nothing for 0, a PUBACK for 1',
      NO_PUBLISH_OF_QOS2,
    ],
    differs: 'QoS 2',
  },
  'MQTT-3.3.5-1': {
    says: 'where subscriptions overlap, the highest QoS among them is respected',
    tests: ['overlapping subscriptions respect the highest QoS among them'],
  },
  'MQTT-3.3.5-2': {
    says: 'a PUBLISH that is not authorised is acknowledged all the same, or the connection is closed',
    tests: ['AWS: a PUBLISH that the policy denies closes the connection without a PUBACK'],
  },

  // 3.6 PUBREL
  'MQTT-3.6.1-1': {
    says: 'a PUBREL has the flags 0010; others close the connection',
    tests: [NO_PACKETS_OF_QOS2],
    differs: 'QoS 2',
  },

  // 3.8 SUBSCRIBE
  'MQTT-3.8.1-1': {
    says: 'a SUBSCRIBE has the flags 0010; others close the connection',
    tests: [FLAGS],
  },
  'MQTT-3.8.3-1': { says: 'filters are UTF-8 strings', tests: [ILL_FORMED] },
  'MQTT-3.8.3-2': {
    says: 'a server without wildcards would have to refuse them',
    tests: ['# and + take what they stand for, at every level'],
  },
  'MQTT-3.8.3-3': { says: 'a SUBSCRIBE has a filter', tests: [MALFORMED_SUBSCRIBE] },
  // The appendix writes MQTT-3-8.3-4.
  'MQTT-3.8.3-4': {
    says: 'reserved bits, or a QoS of 3, make a SUBSCRIBE malformed',
    tests: [MALFORMED_SUBSCRIBE],
  },
  'MQTT-3.8.4-1': {
    says: 'a SUBSCRIBE gets a SUBACK',
    tests: [
      'a SUBSCRIBE gets a SUBACK with its identifier and a code for each filter, in their order',
      'AWS: one filter that the policy denies closes the connection without a SUBACK',
      'AWS: a SUBSCRIBE for QoS 2 is not answered, and subscribes to nothing',
    ],
    differs: 'QoS 2',
  },
  'MQTT-3.8.4-2': {
    says: 'a SUBACK has the identifier of its SUBSCRIBE',
    tests: [
      'a SUBSCRIBE gets a SUBACK with its identifier and a code for each filter, in their order',
    ],
  },
  'MQTT-3.8.4-3': {
    says: 'the same filter again replaces the subscription, brings the retained message again, and stops no message',
    tests: [
      'a filter that is subscribed to again replaces the subscription',
      'a subscription that is made again gets the retained message again',
      'messages go on while a filter is subscribed to again',
    ],
  },
  'MQTT-3.8.4-4': {
    says: 'several filters are handled as one after the other, with one SUBACK',
    tests: ['a SUBSCRIBE with several filters does what one for each would do'],
  },
  'MQTT-3.8.4-5': {
    says: 'a SUBACK has a code for each filter: the QoS granted, or the failure',
    tests: [
      'a SUBSCRIBE gets a SUBACK with its identifier and a code for each filter, in their order',
      'AWS: subscriptions over the 50th get 0x80, and the others stay',
    ],
  },
  'MQTT-3.8.4-6': {
    says: 'a message comes with the lower of its QoS and that of the subscription',
    tests: [
      'a message comes with the lower of its QoS and that of the subscription',
      'a retained message comes with the QoS that the subscription was granted',
    ],
  },

  // 3.9 SUBACK
  'MQTT-3.9.3-1': {
    says: 'the codes of a SUBACK are in the order of the filters',
    tests: [
      'a SUBSCRIBE gets a SUBACK with its identifier and a code for each filter, in their order',
      'AWS: subscriptions over the 50th get 0x80, and the others stay',
    ],
  },
  'MQTT-3.9.3-2': {
    says: 'they are 0, 1, 2 or 0x80',
    tests: [
      'a SUBSCRIBE gets a SUBACK with its identifier and a code for each filter, in their order',
      'AWS: subscriptions over the 50th get 0x80, and the others stay',
    ],
  },

  // 3.10 UNSUBSCRIBE
  'MQTT-3.10.1-1': {
    says: 'an UNSUBSCRIBE has the flags 0010; others close the connection',
    tests: [FLAGS],
  },
  'MQTT-3.10.3-1': { says: 'its filters are UTF-8 strings', tests: [ILL_FORMED] },
  'MQTT-3.10.3-2': { says: 'it has a filter', tests: [MALFORMED_UNSUBSCRIBE] },
  'MQTT-3.10.4-1': {
    says: 'a filter is taken away by the very same bytes, and by nothing else',
    tests: ['a filter is taken away only by the very same filter'],
  },
  'MQTT-3.10.4-2': {
    says: 'once it is taken away, no new message is added',
    tests: ['after the UNSUBACK no new message comes; one that was begun is finished'],
  },
  'MQTT-3.10.4-3': {
    says: 'a message above QoS 0 that was begun is finished',
    tests: ['after the UNSUBACK no new message comes; one that was begun is finished'],
  },
  'MQTT-3.10.4-4': {
    says: 'an UNSUBACK has the identifier of its UNSUBSCRIBE',
    tests: [
      'an UNSUBSCRIBE gets an UNSUBACK with its identifier, also where nothing is taken away',
    ],
  },
  'MQTT-3.10.4-5': {
    says: 'it comes also where nothing was taken away',
    tests: [
      'an UNSUBSCRIBE gets an UNSUBACK with its identifier, also where nothing is taken away',
    ],
  },
  'MQTT-3.10.4-6': {
    says: 'several filters are handled as one after the other, with one UNSUBACK',
    tests: ['an UNSUBSCRIBE with several filters takes each away, with one UNSUBACK'],
  },

  // 3.12 PINGREQ, 3.14 DISCONNECT
  'MQTT-3.12.4-1': {
    says: 'a PINGREQ gets a PINGRESP',
    tests: ['a PINGREQ is answered with a PINGRESP'],
  },
  'MQTT-3.14.1-1': {
    says: 'a DISCONNECT with other flags than 0 is not taken: the client is disconnected',
    tests: [FLAGS, 'a DISCONNECT with other flags than 0 is closed, and the will is published'],
  },
  'MQTT-3.14.4-1': {
    says: 'after its DISCONNECT a client closes',
    client: true,
    tests: ['after a DISCONNECT the broker closes, and looks at nothing more'],
  },
  'MQTT-3.14.4-2': {
    says: 'after its DISCONNECT a client sends nothing more',
    client: true,
    tests: ['after a DISCONNECT the broker closes, and looks at nothing more'],
  },
  'MQTT-3.14.4-3': {
    says: 'a DISCONNECT takes the will away',
    tests: ['a DISCONNECT takes the will away'],
  },

  // 4 Operation
  'MQTT-4.1.0-1': {
    says: 'session state is stored for as long as the session lasts',
    tests: [
      'QoS 1 messages are stored for a client that is away, in their order',
      'AWS: a session ends an hour after its connection',
    ],
    differs: 'persistent sessions',
  },
  'MQTT-4.1.0-2': {
    says: 'a session lasts at least as long as its connection',
    tests: ['a session lasts for as long as its connection'],
  },
  'MQTT-4.3.1-1': {
    says: 'QoS 0 is sent with QoS 0 and without DUP',
    tests: ['a QoS 0 message goes out without an identifier and without DUP'],
  },
  'MQTT-4.3.2-1': {
    says: 'QoS 1 is sent with a free identifier, without DUP, and is open until its PUBACK',
    tests: [
      OWN_IDENTIFIERS,
      'answers of services have identifiers of their own, and no more of them than may be in flight',
      'a PUBACK that answers nothing changes nothing',
    ],
  },
  'MQTT-4.3.2-2': {
    says: 'QoS 1 is answered with its identifier; the same identifier later is a new message',
    tests: [
      'PUBACK, SUBACK and UNSUBACK have the identifier of what they answer',
      'a packet identifier that is still in use, or was, is taken as a new one',
    ],
  },
  'MQTT-4.3.3-1': {
    says: 'how QoS 2 is sent',
    tests: ['AWS: a SUBSCRIBE for QoS 2 is not answered, and subscribes to nothing'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-2': {
    says: 'how QoS 2 is received',
    tests: [NO_PUBLISH_OF_QOS2],
    differs: 'QoS 2',
  },
  'MQTT-4.4.0-1': {
    says: 'on the next connection of a session, what is open is sent again with its identifier',
    tests: [SENT_AGAIN],
  },
  'MQTT-4.5.0-1': {
    says: 'a message goes to each session that has a subscription for it',
    tests: ['a message goes to each session that has a subscription for it, once'],
  },
  'MQTT-4.5.0-2': {
    says: 'a client acknowledges what it gets, whether it can use it or not',
    client: true,
    tests: ['who acknowledges nothing gets no more than may be in flight, and nobody waits for it'],
  },
  'MQTT-4.6.0-1': { says: 'what is sent again is sent in its order', tests: [SENT_AGAIN] },
  'MQTT-4.6.0-2': {
    says: 'PUBACKs come in the order of their PUBLISHs',
    client: true,
    tests: [
      'PUBACKs of a client may come in any order',
      'PUBACKs come in the order of their PUBLISHs',
    ],
  },
  'MQTT-4.6.0-3': {
    says: 'PUBRECs come in the order of their PUBLISHs',
    client: true,
    tests: [NO_PACKETS_OF_QOS2],
    differs: 'QoS 2',
  },
  'MQTT-4.6.0-4': {
    says: 'PUBRELs come in the order of their PUBRECs',
    client: true,
    tests: [NO_PACKETS_OF_QOS2],
    differs: 'QoS 2',
  },
  'MQTT-4.6.0-5': { says: 'topics are ordered unless it is set otherwise', tests: [IN_ORDER] },
  'MQTT-4.6.0-6': {
    says: 'messages of one client arrive in their order, for each topic and QoS',
    tests: [IN_ORDER, 'QoS 1 messages are stored for a client that is away, in their order'],
    differs: 'the order of messages',
  },
  'MQTT-4.7.1-1': {
    says: 'wildcards stand in filters only',
    tests: [
      'a topic with a wildcard closes the connection',
      'a will topic with a wildcard is refused',
    ],
  },
  'MQTT-4.7.1-2': {
    says: '# stands alone, or after a slash, and last',
    tests: [
      'a filter with # or + in a wrong place closes the connection',
      '# and + take what they stand for, at every level',
      'AWS: `x/#` does not take `x`',
      'with limits off, `x/#` takes `x` too',
    ],
    differs: '`sensor/#`',
  },
  'MQTT-4.7.1-3': {
    says: '+ stands alone in its level, at any level',
    tests: [
      'a filter with # or + in a wrong place closes the connection',
      '# and + take what they stand for, at every level',
    ],
  },
  'MQTT-4.7.2-1': {
    says: 'a filter that starts with a wildcard takes no topic that starts with $',
    tests: [
      'a filter that starts with a wildcard takes no topic that starts with $',
      'nor does a filter of a session whose client is away',
    ],
  },
  'MQTT-4.7.3-1': {
    says: 'topics and filters have a character',
    tests: [
      'an empty topic, or an empty filter, closes the connection',
      'topics and filters of one character are taken',
    ],
  },
  'MQTT-4.7.3-2': {
    says: 'topics and filters hold no U+0000',
    tests: ['U+0000 closes the connection, in each string of each packet'],
  },
  'MQTT-4.7.3-3': {
    says: 'topics and filters have 65,535 bytes at the most',
    tests: [
      'AWS: topics and filters of 256 bytes are taken, and no longer ones',
      'with limits off, topics and filters of 65,535 bytes are taken',
    ],
    differs: 'the length of topics',
  },
  'MQTT-4.7.3-4': {
    says: 'topics and filters are compared as they are',
    tests: ['no topic or filter is changed before they are compared'],
  },
  'MQTT-4.8.0-1': {
    says: 'a protocol violation closes the connection that it came on',
    tests: [
      'a protocol violation closes the connection that it came on, and no other',
      'a length of more than four bytes closes the connection',
    ],
  },
  'MQTT-4.8.0-2': {
    says: 'a passing error while a packet is handled closes the connection that it came on',
    tests: ['an error of our own while a packet is handled closes its connection, and no other'],
  },

  // 6 WebSocket, 7 Conformance
  'MQTT-6.0.0-1': { says: 'over WebSocket: binary frames', differs: 'WebSocket' },
  'MQTT-6.0.0-2': { says: 'over WebSocket: packets in any number of frames', differs: 'WebSocket' },
  'MQTT-6.0.0-3': {
    says: 'over WebSocket: the client offers `mqtt`',
    client: true,
    differs: 'WebSocket',
  },
  'MQTT-6.0.0-4': { says: 'over WebSocket: the server takes `mqtt`', differs: 'WebSocket' },
  'MQTT-7.0.0-1': {
    says: 'a server that connects to other servers is a client there, and conforms as one',
    differs: 'bridges to other brokers',
  },
  'MQTT-7.0.0-2': { says: 'no extension of MQTT is needed', tests: [CONFORMS] },
  'MQTT-7.1.1-1': {
    says: 'a server has a transport that is ordered and loses nothing: TLS over TCP here',
    tests: ['a packet that comes byte by byte is the same packet'],
  },
  'MQTT-7.1.2-1': {
    says: 'a client has one too',
    client: true,
    tests: ['a packet that comes byte by byte is the same packet'],
  },
}
