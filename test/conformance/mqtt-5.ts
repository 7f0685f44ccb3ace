/**
 * Every normative statement of MQTT 5 (OASIS, appendix B), in our words, and the cases that show it.
 * https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html
 */

import type { CaseName } from './5/cases.ts'
import type { Statements } from './statements.ts'

export const statements: Statements<CaseName> = {
  'MQTT-1.5.4-1': {
    says: 'strings are well-formed UTF-8, without surrogates',
    tests: [
      'a client id, will topic or user name that is no UTF-8 is closed',
      'strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81',
    ],
  },
  'MQTT-1.5.4-2': {
    says: 'strings hold no U+0000',
    tests: [
      'a client id, will topic or user name that is no UTF-8 is closed',
      'strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81',
    ],
  },
  'MQTT-1.5.4-3': {
    says: 'the bytes EF BB BF in a string are a character like any other: they stay',
    tests: ['a byte order mark in a topic, a name or a payload stays'],
  },
  'MQTT-1.5.5-1': {
    says: 'a variable byte integer takes as few bytes as it can',
    tests: ['lengths with more bytes than they need, or with five: DISCONNECT 0x81'],
  },
  'MQTT-1.5.7-1': {
    says: 'both halves of a string pair are proper strings',
    tests: [
      'strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81',
      'what travels with a message comes unchanged',
    ],
  },
  'MQTT-2.1.3-1': {
    says: 'flag bits that are reserved have the values of the table',
    tests: ['fixed header flags that are reserved: DISCONNECT 0x81'],
  },
  'MQTT-2.2.1-2': {
    says: 'a PUBLISH of QoS 0 has no packet identifier',
    tests: [
      'a message without properties has a property length of 0',
      'QoS 0 is not answered, QoS 1 with a PUBACK of its identifier',
    ],
  },
  'MQTT-2.2.1-3': {
    says: "a client's SUBSCRIBE, UNSUBSCRIBE and QoS 1 PUBLISH have a packet identifier that isn't 0 and isn't in use",
    client: true,
    tests: ['a packet identifier of 0 is an error'],
  },
  'MQTT-2.2.1-4': {
    says: "the server's QoS 1 PUBLISH has a packet identifier that isn't 0 and isn't in use",
    tests: ['messages to a client have identifiers that are not in use'],
  },
  'MQTT-2.2.1-5': {
    says: 'PUBACK, PUBREC, PUBREL and PUBCOMP answer with the identifier of the PUBLISH',
    tests: ['QoS 0 is not answered, QoS 1 with a PUBACK of its identifier'],
  },
  'MQTT-2.2.1-6': {
    says: 'SUBACK and UNSUBACK answer with the identifier of the request',
    tests: [
      'a SUBACK has the identifier, and one code for each filter in its order',
      'an UNSUBACK has the identifier, and one code for each filter in its order',
    ],
  },
  'MQTT-2.2.2-1': {
    says: 'no properties: a property length of 0 stands there',
    tests: ['a message without properties has a property length of 0'],
  },
  'MQTT-3.1.0-1': {
    says: 'the first packet of a client is CONNECT',
    client: true,
    tests: ['a first packet that is no CONNECT is not answered'],
  },
  'MQTT-3.1.0-2': {
    says: 'a second CONNECT is a protocol error: the connection is closed',
    tests: ['a second CONNECT is a protocol error'],
  },
  'MQTT-3.1.2-1': {
    says: 'the protocol name is MQTT; another one may be told CONNACK 0x84, and is closed',
    tests: ['another protocol name or version is closed'],
  },
  'MQTT-3.1.2-2': {
    says: "a protocol version that isn't served may be told CONNACK 0x84, and is closed",
    tests: ['another protocol name or version is closed'],
  },
  'MQTT-3.1.2-3': {
    says: 'the reserved bit of the connect flags is looked at: 1 is malformed',
    tests: ['reserved flags of CONNECT, and flags that contradict each other, are closed'],
  },
  'MQTT-3.1.2-4': {
    says: 'clean start: what was kept of the session is thrown away',
    tests: ['clean start throws away what was kept'],
  },
  'MQTT-3.1.2-5': {
    says: 'no clean start, and there is a session: it goes on',
    tests: [
      'a session with an expiry outlives its connection: subscriptions and QoS 1 messages',
      'a session of 3.1.1 is not resumed by a client of 5, nor the other way round',
    ],
    differs: 'persistent sessions',
  },
  'MQTT-3.1.2-6': {
    says: 'no clean start, and there is none: a new one is made',
    tests: ['without clean start, and without a session, a new one is made'],
  },
  'MQTT-3.1.2-7': {
    says: 'a will is stored with the session',
    tests: ['a will is published when the connection is lost, once'],
  },
  'MQTT-3.1.2-8': {
    says: 'the will is published after the connection has ended, when its delay is over or the session ends, unless DISCONNECT 0x00 or a new connection came before',
    tests: [
      'a will is published when the connection is lost, once',
      'a will waits for its delay',
      'a will is published when its session ends before its delay',
      'a will without a session is published at once, whatever its delay',
      'clean start ends the session: its will is published then',
      'a client that is taken over has its will published',
      'DISCONNECT 0x04 asks for the will',
      'after DISCONNECT 0x00 there is no will',
    ],
  },
  'MQTT-3.1.2-9': {
    says: 'with the will flag, will properties, topic and payload are in the payload',
    tests: ['a CONNECT whose payload is not what its flags say is closed'],
  },
  'MQTT-3.1.2-10': {
    says: 'once published, or after DISCONNECT 0x00, there is no will any more',
    tests: [
      'a will is published when the connection is lost, once',
      'after DISCONNECT 0x00 there is no will',
    ],
  },
  'MQTT-3.1.2-11': {
    says: "without the will flag, the will's QoS is 0",
    tests: ['reserved flags of CONNECT, and flags that contradict each other, are closed'],
  },
  'MQTT-3.1.2-12': {
    says: "the will's QoS is 0, 1 or 2; 3 is malformed",
    tests: ['reserved flags of CONNECT, and flags that contradict each other, are closed'],
  },
  'MQTT-3.1.2-13': {
    says: 'without the will flag, will retain is 0',
    tests: ['reserved flags of CONNECT, and flags that contradict each other, are closed'],
  },
  'MQTT-3.1.2-14': {
    says: 'a will without will retain is published as not retained',
    tests: ['a will is published when the connection is lost, once'],
  },
  'MQTT-3.1.2-15': {
    says: 'a will with will retain is published as retained',
    tests: ['a will with will retain is kept as the retained message'],
  },
  'MQTT-3.1.2-16': {
    says: 'without the user name flag there is no user name',
    tests: ['a CONNECT whose payload is not what its flags say is closed'],
  },
  'MQTT-3.1.2-17': {
    says: 'with the user name flag there is a user name',
    tests: [
      'a CONNECT whose payload is not what its flags say is closed',
      'a user name and a password are taken, with or without the other',
    ],
  },
  'MQTT-3.1.2-18': {
    says: 'without the password flag there is no password',
    tests: ['a CONNECT whose payload is not what its flags say is closed'],
  },
  'MQTT-3.1.2-19': {
    says: 'with the password flag there is a password',
    tests: [
      'a CONNECT whose payload is not what its flags say is closed',
      'a user name and a password are taken, with or without the other',
    ],
  },
  'MQTT-3.1.2-20': {
    says: 'a client that has nothing to say sends PINGREQ within its keep-alive',
    client: true,
    tests: ['silence for one and a half keep-alives: DISCONNECT 0x8D, and the will'],
  },
  'MQTT-3.1.2-21': {
    says: 'a client keeps to the Server Keep Alive that it is given',
    client: true,
    tests: ['the keep-alive that counts is told: AWS moves it to 30..1200 s'],
  },
  'MQTT-3.1.2-22': {
    says: 'no packet for one and a half keep-alives: the connection is closed as if the network had failed',
    tests: [
      'silence for one and a half keep-alives: DISCONNECT 0x8D, and the will',
      "with AWS's limits lifted a keep-alive of 0 is none",
    ],
  },
  'MQTT-3.1.2-23': {
    says: 'with a session expiry above 0 the session outlives its connection',
    tests: [
      'a session with an expiry outlives its connection: subscriptions and QoS 1 messages',
      'what is agreed is told: AWS keeps a session for an hour at most',
    ],
    differs: 'persistent sessions',
  },
  'MQTT-3.1.2-24': {
    says: 'no packet to a client is larger than its Maximum Packet Size',
    tests: [
      'what is larger than a client takes is dropped as if it had been sent',
      'a packet of exactly the Maximum Packet Size is sent',
    ],
  },
  'MQTT-3.1.2-25': {
    says: 'what is too large for a client is dropped, as if it had been sent',
    tests: ['what is larger than a client takes is dropped as if it had been sent'],
  },
  'MQTT-3.1.2-26': {
    says: 'no topic alias to a client is above its Topic Alias Maximum',
    tests: ['a client that takes topic aliases gets them, up to its maximum'],
  },
  'MQTT-3.1.2-27': {
    says: 'no topic alias to a client that has given no maximum, or 0',
    tests: ['a client that takes no topic aliases gets none'],
  },
  'MQTT-3.1.2-28': {
    says: 'Request Response Information 0: no Response Information',
    tests: ['a CONNECT that asks for no response information is given none'],
  },
  'MQTT-3.1.2-29': {
    says: 'Request Problem Information 0: reason strings and user properties on PUBLISH, CONNACK and DISCONNECT only',
    tests: [
      'Request Problem Information 0: no reason string but on CONNACK, PUBLISH and DISCONNECT',
    ],
  },
  'MQTT-3.1.2-30': {
    says: 'a client that named an authentication method sends only AUTH or DISCONNECT before CONNACK',
    client: true,
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
  },
  'MQTT-3.1.3-1': {
    says: 'the payload of CONNECT: client id, will, user name, password, in this order',
    client: true,
    tests: [
      'a CONNECT whose payload is not what its flags say is closed',
      'a user name and a password are taken, with or without the other',
    ],
  },
  'MQTT-3.1.3-2': {
    says: 'client and server know the session by the client id',
    tests: ['two client ids are two sessions'],
  },
  'MQTT-3.1.3-3': {
    says: 'the client id is there, and is first',
    client: true,
    tests: ['a CONNECT whose payload is not what its flags say is closed'],
  },
  'MQTT-3.1.3-4': {
    says: 'the client id is a proper string',
    client: true,
    tests: ['a client id, will topic or user name that is no UTF-8 is closed'],
  },
  'MQTT-3.1.3-5': {
    says: 'client ids of 1 to 23 letters and digits are taken',
    tests: ['client ids of 1 to 23 letters and digits are taken'],
  },
  'MQTT-3.1.3-6': {
    says: 'an empty client id is given one that is its own',
    tests: ['without a client id one is given, another one each time'],
  },
  'MQTT-3.1.3-7': {
    says: "the client id that was given is told in CONNACK, and counts as the client's",
    tests: [
      'without a client id one is given, another one each time',
      'the client id that was given is the session',
    ],
  },
  'MQTT-3.1.3-8': {
    says: 'a client id that is refused may be told CONNACK 0x85; the connection is closed',
    tests: ["a client id of AWS's own, or one that is too long, is refused with 0x85"],
  },
  'MQTT-3.1.3-9': {
    says: "a new connection to the session within the will's delay: no will",
    tests: [
      'a client that is back within the delay has no will any more',
      'one that is taken over within the delay of its will has not',
    ],
  },
  'MQTT-3.1.3-10': {
    says: 'the user properties of a will keep their order',
    tests: ['the properties of a will come with it, user properties in their order'],
  },
  'MQTT-3.1.3-11': {
    says: "the will's topic is a proper string",
    client: true,
    tests: ['a client id, will topic or user name that is no UTF-8 is closed'],
  },
  'MQTT-3.1.3-12': {
    says: 'the user name is a proper string',
    client: true,
    tests: ['a client id, will topic or user name that is no UTF-8 is closed'],
  },
  'MQTT-3.1.4-1': {
    says: "a CONNECT that isn't in the right form closes the connection",
    tests: [
      'a CONNECT whose payload is not what its flags say is closed',
      'properties of CONNECT that are wrong, twice or not of CONNECT are closed',
      'reserved flags of CONNECT, and flags that contradict each other, are closed',
    ],
  },
  'MQTT-3.1.4-2': {
    says: 'a CONNECT that fails a further check, as a permission, closes the connection',
    tests: ['a CONNECT that the policy denies is refused with 0x87'],
  },
  'MQTT-3.1.4-3': {
    says: 'a client id that is connected already: the older connection gets DISCONNECT 0x8E, and is closed',
    tests: ['the same client id again: the older connection is told 0x8E and closed'],
  },
  'MQTT-3.1.4-4': {
    says: 'clean start is acted on',
    tests: ['clean start throws away what was kept'],
  },
  'MQTT-3.1.4-5': {
    says: 'a CONNECT that is taken is answered with CONNACK 0x00',
    tests: ['a CONNECT is answered with one CONNACK, which tells what is granted'],
  },
  'MQTT-3.1.4-6': {
    says: 'after a CONNECT that was refused nothing of the client is acted on',
    tests: ['after a CONNECT that was refused nothing is acted on'],
  },
  'MQTT-3.2.0-1': {
    says: 'nothing is sent to a client before CONNACK 0x00',
    tests: ['the first packet that comes is the CONNACK, also where messages wait'],
  },
  'MQTT-3.2.0-2': {
    says: 'there is one CONNACK for each connection',
    tests: ['a CONNECT is answered with one CONNACK, which tells what is granted'],
  },
  'MQTT-3.2.2-1': {
    says: 'bits 7 to 1 of the CONNACK flags are 0',
    tests: ['a CONNECT is answered with one CONNACK, which tells what is granted'],
  },
  'MQTT-3.2.2-2': {
    says: 'clean start: session present is 0',
    tests: [
      'a CONNECT is answered with one CONNACK, which tells what is granted',
      'clean start throws away what was kept',
    ],
  },
  'MQTT-3.2.2-3': {
    says: 'no clean start: session present tells whether there is a session',
    tests: [
      'a session with an expiry outlives its connection: subscriptions and QoS 1 messages',
      'without clean start, and without a session, a new one is made',
    ],
  },
  'MQTT-3.2.2-4': {
    says: 'a client that has no session, and is told of one, closes the connection',
    client: true,
    tests: ['a CONNECT is answered with one CONNACK, which tells what is granted'],
  },
  'MQTT-3.2.2-5': {
    says: 'a client that has a session, and is told of none, throws its own away',
    client: true,
    tests: ['a session ends when its expiry is over, and not before'],
  },
  'MQTT-3.2.2-6': {
    says: 'a CONNACK that refuses has session present 0',
    tests: [
      'a CONNECT that the policy denies is refused with 0x87',
      "a client id of AWS's own, or one that is too long, is refused with 0x85",
    ],
  },
  'MQTT-3.2.2-7': {
    says: 'after a CONNACK of 0x80 or above the connection is closed',
    tests: [
      'a CONNECT that the policy denies is refused with 0x87',
      "a client id of AWS's own, or one that is too long, is refused with 0x85",
    ],
  },
  'MQTT-3.2.2-8': {
    says: 'CONNACK has a reason code of its table',
    tests: [
      'a CONNECT is answered with one CONNACK, which tells what is granted',
      'a CONNECT that the policy denies is refused with 0x87',
    ],
  },
  'MQTT-3.2.2-9': {
    says: 'a server without QoS 2 tells Maximum QoS',
    tests: ['a CONNECT is answered with one CONNACK, which tells what is granted'],
  },
  'MQTT-3.2.2-10': {
    says: 'a server without QoS 2 takes a SUBSCRIBE with any QoS',
    tests: ['a filter with QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-3.2.2-11': {
    says: 'a client publishes with no QoS above Maximum QoS',
    client: true,
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
  },
  'MQTT-3.2.2-12': {
    says: "a will of a QoS that isn't served is refused, with CONNACK 0x9B",
    tests: ['a will of QoS 2 is refused with 0x9B'],
  },
  'MQTT-3.2.2-13': {
    says: 'a retained will, and there are no retained messages here: refused, with CONNACK 0x9A',
    tests: ['a will with will retain is kept as the retained message'],
  },
  'MQTT-3.2.2-14': {
    says: 'a client that is told Retain Available 0 publishes nothing with RETAIN',
    client: true,
    tests: ['a CONNECT is answered with one CONNACK, which tells what is granted'],
  },
  'MQTT-3.2.2-15': {
    says: "a client sends no packet larger than the server's Maximum Packet Size",
    client: true,
    tests: ['a packet larger than ours is refused before it has come'],
  },
  'MQTT-3.2.2-16': {
    says: 'an empty client id gets an Assigned Client Identifier that no session has',
    tests: ['without a client id one is given, another one each time'],
  },
  'MQTT-3.2.2-17': {
    says: "a client sends no topic alias above the server's Topic Alias Maximum",
    client: true,
    tests: ['a topic alias of 0, above 8 or unknown: DISCONNECT 0x94'],
  },
  'MQTT-3.2.2-18': {
    says: 'a client that was told no Topic Alias Maximum sends no topic alias',
    client: true,
    tests: ['a CONNECT is answered with one CONNACK, which tells what is granted'],
  },
  'MQTT-3.2.2-19': {
    says: 'CONNACK: no reason string, if the packet became too large for the client',
    tests: [
      'a Maximum Packet Size below 512 is refused',
      'a CONNECT is answered with one CONNACK, which tells what is granted',
    ],
  },
  'MQTT-3.2.2-20': {
    says: 'CONNACK: no user property, if the packet became too large for the client',
    tests: [
      'a Maximum Packet Size below 512 is refused',
      'a CONNECT is answered with one CONNACK, which tells what is granted',
    ],
  },
  'MQTT-3.2.2-21': {
    says: 'a client that is given a Server Keep Alive keeps to it',
    client: true,
    tests: ['the keep-alive that counts is told: AWS moves it to 30..1200 s'],
  },
  'MQTT-3.2.2-22': {
    says: "no Server Keep Alive: the client's keep-alive counts",
    tests: ['the keep-alive that counts is told: AWS moves it to 30..1200 s'],
  },
  'MQTT-3.3.1-1': {
    says: 'DUP is 1 when a PUBLISH is sent again',
    tests: ['a session that goes on gets again what it has not acknowledged, and nothing else'],
    differs: 'DUP',
  },
  'MQTT-3.3.1-2': {
    says: 'DUP is 0 with QoS 0',
    tests: [
      'DUP to a subscriber is not the DUP of the publisher; QoS 0 has none',
      'QoS 3, and DUP with QoS 0: DISCONNECT 0x81',
    ],
  },
  'MQTT-3.3.1-3': {
    says: 'DUP to a subscriber tells whether that PUBLISH is sent again, and not how it came in',
    tests: ['DUP to a subscriber is not the DUP of the publisher; QoS 0 has none'],
  },
  'MQTT-3.3.1-4': {
    says: 'QoS 3 is malformed',
    client: true,
    tests: ['QoS 3, and DUP with QoS 0: DISCONNECT 0x81'],
  },
  'MQTT-3.3.1-5': {
    says: "RETAIN: the message takes the place of the topic's retained one",
    tests: ['the last retained message of a topic is kept, with its QoS and properties'],
  },
  'MQTT-3.3.1-6': {
    says: 'RETAIN without a payload: delivered as any message, and the topic has no retained one any more',
    tests: ['RETAIN without a payload is delivered, and takes the retained one away'],
  },
  'MQTT-3.3.1-7': {
    says: 'a retained message without a payload is not kept',
    tests: ['RETAIN without a payload is delivered, and takes the retained one away'],
  },
  'MQTT-3.3.1-8': {
    says: "without RETAIN the topic's retained message stays as it is",
    tests: ['a message without RETAIN leaves the retained one as it is'],
  },
  'MQTT-3.3.1-9': {
    says: 'retain handling 0: the retained messages of the filter are sent',
    tests: [
      'retain handling 0 sends the retained message at each SUBSCRIBE',
      'AWS: a filter with a wildcard gets no retained message',
      "with AWS's rule lifted a wildcard gets the retained messages",
      'a retained message is not sent at a shared SUBSCRIBE',
    ],
    differs: 'retained messages',
  },
  'MQTT-3.3.1-10': {
    says: 'retain handling 1: they are sent if the subscription is new',
    tests: [
      'retain handling 1 sends it when the subscription is new',
      'retain handling 1: a subscription of a session that goes on is not new',
    ],
  },
  'MQTT-3.3.1-11': {
    says: 'retain handling 2: they are not sent',
    tests: ['retain handling 2 never sends it'],
  },
  'MQTT-3.3.1-12': {
    says: 'without retain as published, RETAIN is 0 for a message that is forwarded',
    tests: ['a message that is forwarded has RETAIN 0'],
  },
  'MQTT-3.3.1-13': {
    says: 'with retain as published, RETAIN is as it was published',
    tests: ['with retain as published RETAIN is forwarded as it came'],
  },
  'MQTT-3.3.2-1': {
    says: 'the topic is first in PUBLISH, and a proper string',
    client: true,
    tests: ['strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81'],
  },
  'MQTT-3.3.2-2': {
    says: 'the topic of a PUBLISH has no wildcard',
    client: true,
    tests: [
      'topics that are none: DISCONNECT 0x90',
      'with QoS 1 a topic that is none gets PUBACK 0x90',
      'a topic of a will that can be none is refused with 0x90',
    ],
  },
  'MQTT-3.3.2-3': {
    says: 'the topic of a PUBLISH to a subscriber meets a filter of its',
    tests: ['topics reach a subscriber by a filter of its own only'],
  },
  'MQTT-3.3.2-4': {
    says: 'the payload format indicator comes unchanged',
    tests: ['what travels with a message comes unchanged'],
  },
  'MQTT-3.3.2-5': {
    says: 'a message that has expired before its delivery began is dropped',
    tests: [
      'a message that has expired is not delivered',
      'nor is it to a client of 3.1.1',
      'a retained message expires, and tells the time that is left',
    ],
  },
  'MQTT-3.3.2-6': {
    says: 'the message expiry interval that is forwarded is less the time that it waited here',
    tests: [
      'a message that expires is sent with the time that is left',
      'a retained message expires, and tells the time that is left',
      'AWS takes an expiry of 0 for 1 s, and one over a week for a week',
      'the expiry of a will counts from when it is published',
    ],
    differs: 'message expiry',
  },
  'MQTT-3.3.2-7': {
    says: 'topic aliases end with the connection',
    tests: [
      'topic aliases end with the connection',
      'topic aliases to a client end with the connection too',
    ],
  },
  'MQTT-3.3.2-8': {
    says: 'a topic alias is not 0',
    tests: [
      'a topic alias of 0, above 8 or unknown: DISCONNECT 0x94',
      'a client that takes topic aliases gets them, up to its maximum',
    ],
  },
  'MQTT-3.3.2-9': {
    says: "a client's topic alias is not above the server's Topic Alias Maximum",
    client: true,
    tests: ['a topic alias of 0, above 8 or unknown: DISCONNECT 0x94'],
  },
  'MQTT-3.3.2-10': {
    says: 'a client takes each topic alias up to its maximum',
    client: true,
    tests: ['a client that takes topic aliases gets them, up to its maximum'],
  },
  'MQTT-3.3.2-11': {
    says: "the server's topic alias is not above the client's Topic Alias Maximum",
    tests: ['a client that takes topic aliases gets them, up to its maximum'],
  },
  'MQTT-3.3.2-12': {
    says: 'the server takes each topic alias from 1 to its maximum',
    tests: ['each topic alias up to 8 is taken, and stands for its topic'],
  },
  'MQTT-3.3.2-13': {
    says: 'the response topic is a proper string',
    client: true,
    tests: ['strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81'],
  },
  'MQTT-3.3.2-14': {
    says: 'the response topic has no wildcard',
    client: true,
    tests: ['a response topic with a wildcard is refused'],
  },
  'MQTT-3.3.2-15': {
    says: 'the response topic comes unchanged',
    tests: ['what travels with a message comes unchanged'],
  },
  'MQTT-3.3.2-16': {
    says: 'the correlation data come unchanged',
    tests: ['what travels with a message comes unchanged'],
  },
  'MQTT-3.3.2-17': {
    says: 'all user properties come unchanged',
    tests: [
      'what travels with a message comes unchanged',
      'a client of 3.1.1 gets the message without them',
    ],
  },
  'MQTT-3.3.2-18': {
    says: 'user properties keep their order',
    tests: ['user properties keep their order'],
  },
  'MQTT-3.3.2-19': {
    says: 'the content type is a proper string',
    client: true,
    tests: ['strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81'],
  },
  'MQTT-3.3.2-20': {
    says: 'the content type comes unchanged',
    tests: ['what travels with a message comes unchanged'],
  },
  'MQTT-3.3.4-1': {
    says: 'a PUBLISH is answered as its QoS asks',
    tests: ['QoS 0 is not answered, QoS 1 with a PUBACK of its identifier'],
  },
  'MQTT-3.3.4-2': {
    says: 'overlapping filters: the message comes with the highest QoS among them',
    tests: ['overlapping filters: one copy, with the highest QoS among them'],
  },
  'MQTT-3.3.4-3': {
    says: 'the subscription identifiers of the filters come with the message',
    tests: ['a subscription identifier is refused: DISCONNECT 0xA1'],
    differs: 'subscription identifiers',
  },
  'MQTT-3.3.4-4': {
    says: 'one copy for several filters has all their subscription identifiers',
    tests: ['a subscription identifier is refused: DISCONNECT 0xA1'],
    differs: 'subscription identifiers',
  },
  'MQTT-3.3.4-5': {
    says: 'a copy for each filter has the subscription identifier of its own',
    tests: ['a subscription identifier is refused: DISCONNECT 0xA1'],
    differs: 'subscription identifiers',
  },
  'MQTT-3.3.4-6': {
    says: "a client's PUBLISH has no subscription identifier",
    client: true,
    tests: ['a subscription identifier in a PUBLISH is refused'],
  },
  'MQTT-3.3.4-7': {
    says: "a client has no more QoS 1 messages unacknowledged than the server's Receive Maximum",
    client: true,
    tests: ['more than our Receive Maximum at once is read as room comes'],
    differs: 'Receive Maximum of the server',
  },
  'MQTT-3.3.4-8': {
    says: 'a client whose Receive Maximum is used up goes on with all other packets',
    client: true,
    tests: ['a client whose Receive Maximum is used up gets everything else'],
  },
  'MQTT-3.3.4-9': {
    says: "the server has no more QoS 1 messages unacknowledged than the client's Receive Maximum",
    tests: [
      'a client has no more messages unacknowledged than its Receive Maximum',
      'without a Receive Maximum AWS sends 100 messages, then waits',
    ],
  },
  'MQTT-3.3.4-10': {
    says: 'a server whose Receive Maximum is used up goes on with all other packets',
    tests: ['a client whose Receive Maximum is used up gets everything else'],
  },
  'MQTT-3.4.2-1': {
    says: 'PUBACK has a reason code of its table',
    tests: [
      'QoS 0 is not answered, QoS 1 with a PUBACK of its identifier',
      'a message that the policy denies: PUBACK 0x87, and the connection stays',
    ],
  },
  'MQTT-3.4.2-2': {
    says: 'PUBACK: no reason string, if the packet became too large for its receiver',
    tests: ['answers to a client with a small Maximum Packet Size fit'],
  },
  'MQTT-3.4.2-3': {
    says: 'PUBACK: no user property, if the packet became too large for its receiver',
    tests: ['answers to a client with a small Maximum Packet Size fit'],
  },
  'MQTT-3.5.2-1': {
    says: 'PUBREC has a reason code of its table',
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-3.5.2-2': {
    says: 'PUBREC: no reason string, if the packet became too large for its receiver',
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-3.5.2-3': {
    says: 'PUBREC: no user property, if the packet became too large for its receiver',
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-3.6.1-1': {
    says: 'PUBREL has the flags 0010; others are malformed',
    tests: ['fixed header flags that are reserved: DISCONNECT 0x81'],
  },
  'MQTT-3.6.2-1': {
    says: 'PUBREL has a reason code of its table',
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-3.6.2-2': {
    says: 'PUBREL: no reason string, if the packet became too large for its receiver',
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-3.6.2-3': {
    says: 'PUBREL: no user property, if the packet became too large for its receiver',
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-3.7.2-1': {
    says: 'PUBCOMP has a reason code of its table',
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-3.7.2-2': {
    says: 'PUBCOMP: no reason string, if the packet became too large for its receiver',
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-3.7.2-3': {
    says: 'PUBCOMP: no user property, if the packet became too large for its receiver',
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-3.8.1-1': {
    says: 'SUBSCRIBE has the flags 0010; others are malformed',
    tests: ['fixed header flags that are reserved: DISCONNECT 0x81'],
  },
  'MQTT-3.8.3-1': {
    says: 'the filters of SUBSCRIBE are proper strings',
    client: true,
    tests: ['strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81'],
  },
  'MQTT-3.8.3-2': {
    says: 'SUBSCRIBE has at least one filter',
    client: true,
    tests: ['SUBSCRIBE and UNSUBSCRIBE without a filter: DISCONNECT 0x82'],
  },
  'MQTT-3.8.3-3': {
    says: "no local: a message doesn't go back to the client id that published it",
    tests: ['no local: the client does not get its own messages'],
  },
  'MQTT-3.8.3-4': {
    says: 'no local with a shared subscription is a protocol error',
    tests: ['no local with a shared subscription is a protocol error'],
  },
  'MQTT-3.8.3-5': {
    says: 'reserved bits in the subscription options are malformed',
    tests: [
      'reserved bits of subscription options: DISCONNECT 0x81',
      'retain handling 3, and QoS 3: DISCONNECT 0x82',
    ],
  },
  'MQTT-3.8.4-1': {
    says: 'SUBSCRIBE is answered with SUBACK',
    tests: ['a SUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.8.4-2': {
    says: 'SUBACK has the identifier of its SUBSCRIBE',
    tests: ['a SUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.8.4-3': {
    says: "a filter that is subscribed already: the new subscription takes the old one's place",
    tests: ['a filter that is there already is replaced'],
  },
  'MQTT-3.8.4-4': {
    says: 'retain handling 0: the retained messages are sent again, and no message is lost meanwhile',
    tests: [
      'retain handling 0 sends the retained message at each SUBSCRIBE',
      'a SUBSCRIBE again loses no message',
    ],
  },
  'MQTT-3.8.4-5': {
    says: 'several filters are like several SUBSCRIBEs, with one SUBACK',
    tests: ['several filters are several subscriptions, with one SUBACK'],
  },
  'MQTT-3.8.4-6': {
    says: 'SUBACK has a reason code for each filter',
    tests: ['a SUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.8.4-7': {
    says: 'the reason code tells the QoS that was granted, or a failure',
    tests: [
      'a SUBACK has the identifier, and one code for each filter in its order',
      'a filter that was refused gets nothing',
    ],
  },
  'MQTT-3.8.4-8': {
    says: 'a message comes with the lower of the QoS it was published with and the QoS that was granted',
    tests: ['a message comes with the lower QoS of the two'],
  },
  'MQTT-3.9.2-1': {
    says: 'SUBACK: no reason string, if the packet became too large for the client',
    tests: ['answers to a client with a small Maximum Packet Size fit'],
  },
  'MQTT-3.9.2-2': {
    says: 'SUBACK: no user property, if the packet became too large for the client',
    tests: ['answers to a client with a small Maximum Packet Size fit'],
  },
  'MQTT-3.9.3-1': {
    says: 'the reason codes of SUBACK are in the order of the filters',
    tests: ['a SUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.9.3-2': {
    says: 'SUBACK has reason codes of its table',
    tests: ['a SUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.10.1-1': {
    says: 'UNSUBSCRIBE has the flags 0010; others are malformed',
    tests: ['fixed header flags that are reserved: DISCONNECT 0x81'],
  },
  'MQTT-3.10.3-1': {
    says: 'the filters of UNSUBSCRIBE are proper strings',
    client: true,
    tests: ['strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81'],
  },
  'MQTT-3.10.3-2': {
    says: 'UNSUBSCRIBE has at least one filter',
    client: true,
    tests: ['SUBSCRIBE and UNSUBSCRIBE without a filter: DISCONNECT 0x82'],
  },
  'MQTT-3.10.4-1': {
    says: 'a filter is compared character by character; the subscription with the same one ends',
    tests: ['UNSUBSCRIBE takes the very same filter only'],
  },
  'MQTT-3.10.4-2': {
    says: 'after UNSUBSCRIBE no new message of the filter is taken for the client',
    tests: [
      'UNSUBSCRIBE takes the very same filter only',
      'an UNSUBACK has the identifier, and one code for each filter in its order',
      'a member that has left gets nothing more',
    ],
  },
  'MQTT-3.10.4-3': {
    says: 'QoS 1 messages whose delivery has begun are delivered to the end',
    tests: ['what was sent before UNSUBSCRIBE is delivered to the end'],
  },
  'MQTT-3.10.4-4': {
    says: 'UNSUBSCRIBE is answered with UNSUBACK',
    tests: ['an UNSUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.10.4-5': {
    says: 'UNSUBACK has the identifier of its UNSUBSCRIBE, and comes when there was nothing to end as well',
    tests: ['an UNSUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.10.4-6': {
    says: 'several filters are like several UNSUBSCRIBEs, with one UNSUBACK',
    tests: ['an UNSUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.11.2-1': {
    says: 'UNSUBACK: no reason string, if the packet became too large for the client',
    tests: ['answers to a client with a small Maximum Packet Size fit'],
  },
  'MQTT-3.11.2-2': {
    says: 'UNSUBACK: no user property, if the packet became too large for the client',
    tests: ['answers to a client with a small Maximum Packet Size fit'],
  },
  'MQTT-3.11.3-1': {
    says: 'the reason codes of UNSUBACK are in the order of the filters',
    tests: ['an UNSUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.11.3-2': {
    says: 'UNSUBACK has reason codes of its table',
    tests: ['an UNSUBACK has the identifier, and one code for each filter in its order'],
  },
  'MQTT-3.12.4-1': {
    says: 'PINGREQ is answered with PINGRESP',
    tests: ['silence for one and a half keep-alives: DISCONNECT 0x8D, and the will'],
  },
  'MQTT-3.14.0-1': {
    says: 'no DISCONNECT to a client before its CONNACK',
    tests: [
      'a first packet that is no CONNECT is not answered',
      'the first packet that comes is the CONNACK, also where messages wait',
    ],
  },
  'MQTT-3.14.1-1': {
    says: 'the flags of DISCONNECT are 0; others get DISCONNECT 0x81',
    tests: ['fixed header flags that are reserved: DISCONNECT 0x81'],
  },
  'MQTT-3.14.2-1': {
    says: 'DISCONNECT has a reason code of its table',
    tests: [
      'the same client id again: the older connection is told 0x8E and closed',
      'reason codes that are none of the packet: DISCONNECT 0x81 or 0x82',
    ],
  },
  'MQTT-3.14.2-2': {
    says: "a server's DISCONNECT has no session expiry",
    tests: ['the same client id again: the older connection is told 0x8E and closed'],
  },
  'MQTT-3.14.2-3': {
    says: 'DISCONNECT: no reason string, if the packet became too large for its receiver',
    tests: ['answers to a client with a small Maximum Packet Size fit'],
  },
  'MQTT-3.14.2-4': {
    says: 'DISCONNECT: no user property, if the packet became too large for its receiver',
    tests: ['answers to a client with a small Maximum Packet Size fit'],
  },
  'MQTT-3.14.4-1': {
    says: 'after DISCONNECT its sender sends nothing more',
    tests: ['the same client id again: the older connection is told 0x8E and closed'],
  },
  'MQTT-3.14.4-2': {
    says: 'after DISCONNECT its sender closes the connection',
    tests: ['the same client id again: the older connection is told 0x8E and closed'],
  },
  'MQTT-3.14.4-3': {
    says: 'DISCONNECT 0x00: the will is thrown away',
    tests: ['after DISCONNECT 0x00 there is no will'],
  },
  'MQTT-3.15.1-1': {
    says: 'the flags of AUTH are 0; others are malformed',
    tests: ['fixed header flags that are reserved: DISCONNECT 0x81'],
  },
  'MQTT-3.15.2-1': {
    says: 'AUTH has a reason code of its table',
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
    differs: 'enhanced authentication (AUTH)',
  },
  'MQTT-3.15.2-2': {
    says: 'AUTH: no reason string, if the packet became too large for its receiver',
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
    differs: 'enhanced authentication (AUTH)',
  },
  'MQTT-3.15.2-3': {
    says: 'AUTH: no user property, if the packet became too large for its receiver',
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
    differs: 'enhanced authentication (AUTH)',
  },
  'MQTT-4.1.0-1': {
    says: 'a session is not thrown away while its connection is open',
    tests: ['a session stays while its connection is open, however long'],
  },
  'MQTT-4.1.0-2': {
    says: 'a session is thrown away when its connection has ended and its expiry is over',
    tests: [
      "with AWS's limits lifted a session can last for ever",
      'a session ends when its expiry is over, and not before',
      'without an expiry a session ends with its connection',
      'a DISCONNECT may change the expiry',
    ],
  },
  'MQTT-4.2.0-1': {
    says: 'the transport gives an ordered stream of bytes without loss, both ways',
    tests: ['messages of one client come in their order'],
  },
  'MQTT-4.3.1-1': {
    says: 'QoS 0 is sent with DUP 0',
    tests: ['DUP to a subscriber is not the DUP of the publisher; QoS 0 has none'],
  },
  'MQTT-4.3.2-1': {
    says: "a new QoS 1 message takes an identifier that isn't in use",
    tests: ['messages to a client have identifiers that are not in use'],
  },
  'MQTT-4.3.2-2': {
    says: 'a QoS 1 message is sent first with DUP 0',
    tests: ['messages to a client have identifiers that are not in use'],
  },
  'MQTT-4.3.2-3': {
    says: 'a QoS 1 message is unacknowledged until its PUBACK',
    tests: ['a session that goes on gets again what it has not acknowledged, and nothing else'],
  },
  'MQTT-4.3.2-4': {
    says: "PUBACK has the identifier of the PUBLISH, and comes when the message is the receiver's own",
    tests: ['QoS 0 is not answered, QoS 1 with a PUBACK of its identifier'],
  },
  'MQTT-4.3.2-5': {
    says: 'after PUBACK the same identifier is a new message, whatever DUP says',
    tests: ['after PUBACK the same identifier is a new message, whatever DUP says'],
  },
  'MQTT-4.3.3-1': {
    says: "QoS 2: a new message takes an identifier that isn't in use",
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-2': {
    says: 'QoS 2: a message is sent first with DUP 0',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-3': {
    says: 'QoS 2: PUBLISH is unacknowledged until PUBREC',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-4': {
    says: 'QoS 2: a PUBREC below 0x80 is answered with PUBREL of the same identifier',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-5': {
    says: 'QoS 2: PUBREL is unacknowledged until PUBCOMP',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-6': {
    says: 'QoS 2: after PUBREL the PUBLISH is not sent again',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-7': {
    says: 'QoS 2: a message whose PUBLISH was sent does not expire',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-8': {
    says: 'QoS 2: the receiver answers with PUBREC when the message is its own',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-9': {
    says: 'QoS 2: after a PUBREC of 0x80 or above the same identifier is a new message',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-10': {
    says: 'QoS 2: until PUBREL the same identifier is answered with PUBREC, and delivered once',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-11': {
    says: 'QoS 2: PUBREL is answered with PUBCOMP',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-12': {
    says: 'QoS 2: after PUBCOMP the same identifier is a new message',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.3.3-13': {
    says: 'QoS 2: the exchange goes on when the message has expired',
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.4.0-1': {
    says: 'a session that goes on: what was unacknowledged is sent again with its identifier, and at no other time',
    tests: [
      'a session that goes on gets again what it has not acknowledged, and nothing else',
      'while its connection lasts a message is sent once',
    ],
  },
  'MQTT-4.4.0-2': {
    says: 'a PUBACK of 0x80 or above acknowledges too: the message is not sent again',
    tests: ['a PUBACK of 0x80 or above acknowledges too'],
  },
  'MQTT-4.5.0-1': {
    says: 'a message that the server has taken is added to each session with a filter for it',
    tests: [
      'a session with an expiry outlives its connection: subscriptions and QoS 1 messages',
      'each group, and each plain subscription, has its own copy',
      'a group of clients of both versions shares the messages',
      'QoS 1 waits for a member that will come back',
      'a member that leaves without an acknowledgement: another one gets the message',
    ],
  },
  'MQTT-4.5.0-2': {
    says: 'a client acknowledges each message that it gets',
    client: true,
    tests: ['a client has no more messages unacknowledged than its Receive Maximum'],
  },
  'MQTT-4.6.0-1': {
    says: 'a client sends again in the order in which it sent first',
    client: true,
    tests: ['messages of one client come in their order'],
  },
  'MQTT-4.6.0-2': {
    says: "a client's PUBACKs are in the order in which the messages came",
    client: true,
    tests: ['messages of one client come in their order'],
  },
  'MQTT-4.6.0-3': {
    says: "a client's PUBRECs are in the order in which the messages came",
    client: true,
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-4.6.0-4': {
    says: "a client's PUBRELs are in the order in which the PUBRECs came",
    client: true,
    tests: ['PUBREC, PUBREL and PUBCOMP are refused'],
    differs: 'QoS 2',
  },
  'MQTT-4.6.0-5': {
    says: 'messages of one client on one topic reach a subscriber in their order',
    tests: [
      'messages of one client come in their order',
      'a session that goes on gets again what it has not acknowledged, and nothing else',
    ],
  },
  'MQTT-4.6.0-6': {
    says: "each topic keeps its order for subscriptions that aren't shared",
    tests: [
      'messages of one client come in their order',
      'a session that goes on gets again what it has not acknowledged, and nothing else',
    ],
  },
  'MQTT-4.7.0-1': {
    says: 'wildcards are for filters, and not for topics',
    client: true,
    tests: [
      'topics that are none: DISCONNECT 0x90',
      'with QoS 1 a topic that is none gets PUBACK 0x90',
      'a topic of a will that can be none is refused with 0x90',
    ],
  },
  'MQTT-4.7.1-1': {
    says: '# stands alone or after /, and is the last character',
    tests: ['filters that are none get 0x8F', 'AWS: `x/#` does not take `x`; the standard does'],
    differs: '`sensor/#`',
  },
  'MQTT-4.7.1-2': {
    says: '+ stands for a whole level',
    tests: ['filters that are none get 0x8F'],
  },
  'MQTT-4.7.2-1': {
    says: 'a filter that begins with a wildcard takes no topic that begins with $',
    tests: ['a filter that begins with a wildcard takes no topic that begins with $'],
  },
  'MQTT-4.7.3-1': {
    says: 'topics and filters have one character or more',
    client: true,
    tests: [
      'an empty topic without an alias is a protocol error',
      'filters that are none get 0x8F',
    ],
  },
  'MQTT-4.7.3-2': {
    says: 'topics and filters hold no U+0000',
    client: true,
    tests: ['strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81'],
  },
  'MQTT-4.7.3-3': {
    says: 'topics and filters have 65,535 bytes or less',
    client: true,
    tests: ['topics are as long as the standard lets them be; AWS takes 256 bytes'],
    differs: 'the length of topics',
  },
  'MQTT-4.7.3-4': {
    says: 'topics and filters are compared as they are, nothing is made the same',
    tests: ['a filter and a topic are compared as they are'],
  },
  'MQTT-4.8.2-1': {
    says: 'a shared subscription begins with $share/ and has a name of one character or more',
    client: true,
    tests: ['names of shares that are none get 0x8F'],
  },
  'MQTT-4.8.2-2': {
    says: 'the name of a share has no /, + or #; a / and a filter follow',
    client: true,
    tests: ['names of shares that are none get 0x8F'],
  },
  'MQTT-4.8.2-3': {
    says: 'a member of a share gets messages with the QoS that it was granted',
    tests: ['a member gets messages with the QoS that it was granted'],
  },
  'MQTT-4.8.2-4': {
    says: "QoS 2: a message that a member's connection has cut off is delivered to that member when it is back",
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.8.2-5': {
    says: "QoS 2: if that member's session ends before, nobody else gets the message",
    tests: ['QoS 2 is refused: DISCONNECT 0x9B'],
    differs: 'QoS 2',
  },
  'MQTT-4.8.2-6': {
    says: 'a member answers with PUBACK of 0x80 or above: the message goes to nobody else',
    tests: ['a member refuses with PUBACK 0x80 or above: nobody else gets the message'],
  },
  'MQTT-4.9.0-1': {
    says: 'the quota for sending begins above 0, and not above Receive Maximum',
    tests: [
      'a client has no more messages unacknowledged than its Receive Maximum',
      'the Receive Maximum of each connection counts anew',
    ],
  },
  'MQTT-4.9.0-2': {
    says: 'no quota left: no QoS 1 message is sent',
    tests: ['a client has no more messages unacknowledged than its Receive Maximum'],
  },
  'MQTT-4.9.0-3': {
    says: 'no quota left: all other packets are acted on and answered',
    tests: ['a client whose Receive Maximum is used up gets everything else'],
  },
  'MQTT-4.12.0-1': {
    says: "an authentication method that isn't known may be told CONNACK 0x8C or 0x87; the connection is closed",
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
  },
  'MQTT-4.12.0-2': {
    says: "a server's AUTH that asks for more has 0x18",
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
    differs: 'enhanced authentication (AUTH)',
  },
  'MQTT-4.12.0-3': {
    says: 'a client answers AUTH with AUTH 0x18',
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
    differs: 'enhanced authentication (AUTH)',
  },
  'MQTT-4.12.0-4': {
    says: 'the server may refuse at each step of an authentication, and closes',
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
    differs: 'enhanced authentication (AUTH)',
  },
  'MQTT-4.12.0-5': {
    says: 'all AUTHs and CONNACK have the authentication method of CONNECT',
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
    differs: 'enhanced authentication (AUTH)',
  },
  'MQTT-4.12.0-6': {
    says: 'no authentication method in CONNECT: no AUTH of the server, and none in CONNACK',
    tests: [
      'a CONNECT is answered with one CONNACK, which tells what is granted',
      'AUTH without an authentication method: DISCONNECT 0x82',
    ],
  },
  'MQTT-4.12.0-7': {
    says: 'no authentication method in CONNECT: the client sends no AUTH',
    client: true,
    tests: ['AUTH without an authentication method: DISCONNECT 0x82'],
  },
  'MQTT-4.12.1-1': {
    says: 'a client authenticates again with the method of its CONNECT',
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
    differs: 'enhanced authentication (AUTH)',
  },
  'MQTT-4.12.1-2': {
    says: 'an authentication that fails later closes the connection',
    tests: ['an authentication method is refused: AWS has no enhanced authentication'],
    differs: 'enhanced authentication (AUTH)',
  },
  'MQTT-4.13.1-1': {
    says: 'a malformed packet or a protocol error closes the connection',
    tests: [
      'a DISCONNECT can not give an expiry to a session that had none',
      'fixed header flags that are reserved: DISCONNECT 0x81',
      'SUBSCRIBE and UNSUBSCRIBE without a filter: DISCONNECT 0x82',
      'a second CONNECT is a protocol error',
    ],
  },
  'MQTT-4.13.2-1': {
    says: 'a CONNACK or DISCONNECT of 0x80 or above: the connection is closed',
    tests: [
      'a CONNECT that the policy denies is refused with 0x87',
      'with QoS 0 it ends the connection: DISCONNECT 0x87',
      'the same client id again: the older connection is told 0x8E and closed',
    ],
  },
  'MQTT-6.0.0-1': {
    says: 'WebSocket: MQTT comes in binary frames, another frame closes the connection',
    differs: 'WebSocket',
  },
  'MQTT-6.0.0-2': {
    says: 'WebSocket: packets and frames need not begin together',
    differs: 'WebSocket',
  },
  'MQTT-6.0.0-3': {
    says: 'WebSocket: a client asks for the subprotocol mqtt',
    differs: 'WebSocket',
  },
  'MQTT-6.0.0-4': {
    says: 'WebSocket: the server answers with the subprotocol mqtt',
    differs: 'WebSocket',
  },
}
