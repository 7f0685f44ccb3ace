/**
 * What can go wrong between our first flight and the end of the handshake. First the side: either the client refuses us,
 * or we can't go on with the client; the words never leave that open.
 */

import { type AlertFacts, alertMeaning, alertRemedy } from './alerts.ts'
import { type Candidate, silenceCertainty } from './candidate.ts'
import type { Entries } from './entry.ts'
import { OUTDATED_REMEDY, rejectionCertainty } from './rejection.ts'
import { inWordsOf } from './stacks.ts'
import { count, duration, list, plain, quote, quotes, short } from './words.ts'

export type HandshakeEvidence = {
  HANDSHAKE_SERVER_CERTIFICATE_REJECTED: {
    /** The alert that the client sent. */
    alert: number
    alertName: string
    stack?: string
    /** The CA file that a device needs in order to trust this broker. */
    caFile?: string
    /** Where our certificate is the user's own: who signed the last one of its chain. */
    issuer?: string
    /** Names in our certificate. */
    names: string[]
    sni?: string
    /** ISO, of our certificate. */
    notBefore: string
    notAfter: string
    serverKey: 'RSA' | 'ECDSA'
    /** What this alert means when this stack sends it, in a few words. */
    meaning?: string
    /** Most likely first. */
    candidates: Candidate[]
    /** ISO, where the client's stack writes its clock into its hello. */
    deviceClock?: string
    tlsVersion?: string
    /** The program on top of the stack, where it is known. */
    variant?: string
  }
  HANDSHAKE_ABANDONED: {
    /** How far the handshake came, in words. */
    phase: string
    certificateShown?: boolean
    /** From our last bytes to the close. */
    afterMs: number
    stack?: string
    variant?: string
    reset: boolean
    closeNotify: boolean
    /** Bytes of our first flight, the content of its largest record, and the largest that the client asked for. */
    flightBytes?: number
    largestRecord?: number
    fragmentLimit?: number
    /** Most likely first. */
    candidates: Candidate[]
    deviceClock?: string
    caFile?: string
    issuer?: string
    names?: string[]
    sni?: string
  }
  HANDSHAKE_TIMEOUT: {
    phase: string
    afterMs: number
    limitMs: number
    stack?: string
    variant?: string
  }
  HANDSHAKE_ALERT: AlertFacts & { alertName: string; phase: string }
  HANDSHAKE_KEY_MISMATCH: {
    subject: string
    /** Of the certificate that the client sent. */
    sha256: string
    openssl: string
    alert?: number
    stack?: string
    variant?: string
  }
  HANDSHAKE_CURVE_NOT_OFFERED: {
    subject: string
    /** Of the certificate that the client sent. */
    sha256: string
    /** The certificate's key. */
    key: string
    /** The groups in the client's hello. */
    offered: string[]
    openssl: string
    alert?: number
    stack?: string
    variant?: string
  }
  HANDSHAKE_RECORD_TOO_LARGE: {
    /** Of the largest record that the client sent, without its header. */
    bytes: number
    limit: number
    /** The limit is the client's own max_fragment_length. */
    asked?: true
    openssl: string
    alert?: number
    stack?: string
    variant?: string
  }
  HANDSHAKE_FAILED: {
    openssl: string
    phase: string
    alert?: number
    stack?: string
    /** Set where a wrong signature in the sent chain kept OpenSSL from reading this many bytes of the key's proof. */
    proofBytes?: number
  }
  HANDSHAKE_FLIGHT_TOO_LARGE: {
    bytes: number
    limit: number
    records: number
    recordLimit: number
    /** The largest single message: one that announces more is not waited for. */
    messageLimit: number
  }
  HANDSHAKE_UNREADABLE: { says: string; phase: string; stack?: string }
}

export const handshake: Entries<HandshakeEvidence> = {
  HANDSHAKE_SERVER_CERTIFICATE_REJECTED: {
    room: 'handshake',
    severity: 'error',
    blame: ({ candidates: [first] }) => (first?.cause === 'outdated' ? 'setup' : 'device'),
    side: 'client',
    certainty: ({ alert, stack, tlsVersion, candidates }) =>
      rejectionCertainty(alert, stack, tlsVersion, candidates),
    title: 'The client rejects our certificate',
    says({ alert, alertName, candidates, meaning, stack, tlsVersion }) {
      const sent = `alert ${alert} ${alertName}`
      const [first] = candidates
      if (rejectionCertainty(alert, stack, tlsVersion) === 'proof') {
        return `the client rejects our certificate: it does not trust the CA that signed it (${sent})`
      }
      if (first?.cause === 'outdated')
        return `the client rejects our certificate (${sent}): ${first.why}`
      const detail = meaning ?? (first === undefined ? undefined : `perhaps ${first.why}`)
      return `the client rejects our certificate (${sent})${detail === undefined ? '' : `: ${detail}`}`
    },
    remedy({ candidates, caFile, issuer, names, sni, stack, variant, notBefore, deviceClock }) {
      const cause = candidates[0]?.cause ?? 'trust'
      if (cause === 'outdated') return OUTDATED_REMEDY
      if (cause === 'clock') {
        const says = deviceClock === undefined ? '' : ` (it says ${deviceClock})`
        return `set the device's clock${says} before it connects; our certificate is valid from ${notBefore}${inWordsOf(stack, 'clock', variant)}`
      }
      if (cause === 'name') {
        const wrong = sni === undefined ? '' : ` instead of ${quote(sni)}`
        return `let the device dial ${quotes(names, 3)}${wrong}, or ${issuer === undefined ? 'add its name to `tls.names` in config.yaml' : 'serve a certificate that has its name'}${inWordsOf(stack, 'name', variant)}`
      }
      if (cause === 'weak') {
        return 'allow this kind of server certificate in the device, or serve the other key type too (`tls.serverCertificates` in config.yaml)'
      }
      const file = caOf(caFile, issuer)
      return `give the device ${file} as its CA, not the CA that signs devices${inWordsOf(stack, 'trust', variant)}`
    },
    aws: { note: 'on AWS IoT the device would have to trust an Amazon root CA; AWS logs nothing' },
    references: ['RFC 8446 6.2', 'RFC 5246 7.2.2', 'AWS: server-authentication'],
    example: {
      alert: 48,
      alertName: 'unknown_ca',
      stack: 'OpenSSL',
      caFile: 'certs/server-ca.pem',
      names: ['localhost', '127.0.0.1'],
      sni: 'localhost',
      notBefore: '2026-01-01T00:00:00.000Z',
      notAfter: '2027-01-01T00:00:00.000Z',
      serverKey: 'ECDSA',
      meaning: 'OpenSSL sends it for a CA that it does not have',
      candidates: [
        {
          cause: 'trust',
          why: 'it does not have the CA of our certificate, or reads another CA file',
        },
      ],
    },
  },

  HANDSHAKE_ABANDONED: {
    room: 'handshake',
    severity: 'error',
    blame: ({ candidates: [first] }) => (first?.cause === 'outdated' ? 'setup' : 'device'),
    side: 'client',
    certainty: silenceCertainty,
    title: 'The client left during the handshake without a word',
    says: ({ phase, afterMs, reset, closeNotify, candidates }) =>
      `the client ${left(reset, closeNotify)} ${duration(afterMs)} after our last message, without an alert (${plain(phase)})${perhaps(candidates)}`,
    remedy({ candidates, caFile, issuer, names, sni, stack, variant }) {
      const cause = candidates[0]?.cause
      if (cause === 'trust') {
        const file = caOf(caFile, issuer)
        return `check first that the device has ${file} as its CA (not the CA that signs devices), then its host name and its clock${inWordsOf(stack, 'trust', variant)}`
      }
      if (cause === 'name' && names !== undefined) {
        return `check that the device dials ${quotes(names, 3)}${sni === undefined ? '' : `, not ${quote(sni)}`}${inWordsOf(stack, 'name', variant)}`
      }
      if (cause === 'outdated') return OUTDATED_REMEDY
      if (cause === 'clock') {
        return `check the device's clock first, then its CA and host name${inWordsOf(stack, 'clock', variant)}`
      }
      if (cause === 'memory') {
        const shorter = issuer === undefined ? '' : ', or serve a shorter chain'
        return `check free memory and the size of the TLS input buffer in the device${shorter}, then its CA, host name and clock${inWordsOf(stack, 'memory', variant)}`
      }
      if (cause === 'certificate') {
        return `load the device's certificate and private key before the connection is made${inWordsOf(stack, 'certificate', variant)}`
      }
      if (cause === 'key') {
        return `check that the device can use its private key: the form of its file, or the slot of its secure element${inWordsOf(stack, 'key', variant)}`
      }
      if (cause === 'timer')
        return `raise the connect timeout of the device, and look at how long its cryptography takes${inWordsOf(stack, 'timer', variant)}`
      return `look at the device's own log of this moment${inWordsOf(stack, 'log', variant)}`
    },
    aws: { note: 'AWS IoT logs nothing' },
    references: ['RFC 8446 6.1', 'RFC 8446 6.2'],
    example: {
      phase: "our certificate was sent, the client's last message was ClientHello",
      afterMs: 41,
      stack: 'BearSSL',
      reset: true,
      closeNotify: false,
      candidates: [
        {
          cause: 'trust',
          why: 'it does not have the CA of our certificate, or reads another CA file (BearSSL rejects a certificate by closing without an alert)',
        },
        { cause: 'user', why: 'the program was stopped' },
      ],
      caFile: 'certs/server-ca.pem',
    },
  },

  HANDSHAKE_TIMEOUT: {
    room: 'handshake',
    severity: 'error',
    blame: 'device',
    certainty: 'likely',
    title: 'The client stopped talking during the handshake',
    says: ({ phase, afterMs, limitMs }) =>
      `the handshake was not finished after ${duration(afterMs)} (limit ${duration(limitMs)}): ${plain(phase)}`,
    remedy: ({ stack, variant }) =>
      stack === 's2n'
        ? 'check CA, host name and clock of the device first: the AWS SDKs stay silent for up to 30 s after they have rejected a certificate'
        : `look at the device's log of this moment; a slow device may need more \`tls.handshakeTimeoutSeconds\` in config.yaml${inWordsOf(stack, 'log', variant)}`,
    aws: { note: 'AWS IoT has a limit too; its length is not known' },
    references: ['RFC 8446 2'],
    example: {
      phase: "our certificate was sent, the client's last message was ClientHello",
      afterMs: 45_000,
      limitMs: 45_000,
    },
  },

  HANDSHAKE_ALERT: {
    room: 'handshake',
    severity: 'error',
    blame: 'device',
    side: 'client',
    certainty: 'likely',
    title: 'The client sent an alert that is not about our certificate',
    says(facts) {
      const { alert, alertName, phase } = facts
      const meaning = alertMeaning(facts)
      return `the client ended the handshake with alert ${alert} ${alertName} (${plain(phase)})${meaning === undefined ? '' : `: ${meaning}`}`
    },
    remedy: alertRemedy,
    aws: { note: 'AWS IoT logs nothing' },
    references: ['RFC 8446 6.2', 'RFC 5246 7.2.2'],
    example: {
      alert: 40,
      alertName: 'handshake_failure',
      phase: "our certificate was sent, the client's last message was ClientHello",
      stack: 'OpenSSL',
    },
  },

  HANDSHAKE_KEY_MISMATCH: {
    room: 'handshake',
    severity: 'error',
    blame: 'device',
    certainty: 'likely',
    title: "The private key is not the certificate's",
    says: ({ subject, sha256 }) =>
      `the device's private key does not belong to the certificate that it sent, ${quote(subject)} (${short(sha256)})`,
    remedy: ({ stack, variant }) =>
      `load the key that was made with this certificate (in a secure element: from its slot); compare \`openssl x509 -pubkey -noout -in CERT\` with \`openssl pkey -pubout -in KEY\`${inWordsOf(stack, 'key', variant)}`,
    alert: 51,
    aws: { alert: 51, note: 'the alert is the one that the RFC asks for; not measured on AWS IoT' },
    references: ['RFC 5246 7.4.8', 'RFC 8446 4.4.3'],
    example: {
      subject: 'CN=sensor-1',
      sha256: '5f0a9c1e7b3d2f4455aa0c9d8e7f60112233445566778899aabbccddeeff0011',
      openssl: 'ERR_OSSL_EVP_BAD_SIGNATURE',
      alert: 51,
      stack: 'mbedTLS',
    },
  },

  HANDSHAKE_CURVE_NOT_OFFERED: {
    room: 'handshake',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: "The client's certificate is on a curve that its own hello does not offer",
    says: ({ subject, key, offered }) =>
      `the key of the device's certificate ${quote(subject)} is on ${key}, and the client offers only ${list(offered)}`,
    remedy: ({ key, stack, variant }) =>
      `enable ${key} in the device, as a group too, or give it a certificate with an RSA key${inWordsOf(stack, 'groups', variant)}`,
    alert: 47,
    aws: { note: 'this is a rule of our TLS library on TLS 1.2; not measured on AWS IoT' },
    references: ['RFC 8422 5.1.1', 'RFC 8422 5.3'],
    example: {
      subject: 'CN=sensor-1',
      sha256: '5f0a9c1e7b3d2f4455aa0c9d8e7f60112233445566778899aabbccddeeff0011',
      key: 'P-256',
      offered: ['x25519'],
      openssl: 'ERR_SSL_WRONG_CURVE',
      alert: 47,
      stack: 'wolfSSL',
    },
  },

  HANDSHAKE_RECORD_TOO_LARGE: {
    room: 'handshake',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The client sent a larger record than was agreed on',
    says: ({ bytes, limit, asked }) =>
      asked
        ? `the client asked for records of ${count(limit, 'byte')} at the most (max_fragment_length), and sent one of ${count(bytes, 'byte')} itself`
        : `the client sent a record of ${count(bytes, 'byte')}, and TLS allows ${count(limit, 'byte')}`,
    remedy: ({ asked, stack, variant }) =>
      asked
        ? `update the TLS stack of the device, send a shorter chain, or ask for larger records than its own Certificate message${inWordsOf(stack, 'memory', variant)}`
        : 'update the TLS stack of the device: it has to cut its messages into records',
    alert: 22,
    aws: { note: 'not measured on AWS IoT; the RFC asks for alert 22' },
    references: ['RFC 6066 4', 'RFC 5246 6.2.1', 'RFC 8446 5.1'],
    example: {
      bytes: 833,
      limit: 512,
      asked: true,
      openssl: 'ERR_SSL_DATA_LENGTH_TOO_LONG',
      alert: 22,
      stack: 'mbedTLS',
    },
  },

  HANDSHAKE_FAILED: {
    room: 'handshake',
    severity: 'error',
    blame: ({ alert }) => (ABOUT_THE_CLIENT.has(alert ?? 0) ? 'device' : 'broker'),
    certainty: ({ proofBytes }) => (proofBytes === undefined ? 'guess' : 'likely'),
    title: 'OpenSSL ended the handshake for a reason of its own',
    says: ({ openssl, phase, alert, proofBytes }) =>
      proofBytes === undefined
        ? `our TLS library ended the handshake with ${quote(openssl)}${alert === undefined ? '' : ` (alert ${alert})`}: ${plain(phase)}`
        : `a certificate in the sent chain has a wrong signature, and then our TLS library can't take a proof of the device's key as long as this one (${count(proofBytes, 'byte')})`,
    remedy: ({ proofBytes, alert }) =>
      proofBytes === undefined
        ? `${ABOUT_THE_CLIENT.has(alert ?? 0) ? "update the device's TLS stack, or look for a proxy that changes bytes" : 'try again'}; if it stays, report it to us with this record`
        : 'send the device certificate alone or with its right signer, or use a key of RSA 4096 at the most, better P-256',
    aws: {},
    references: ['RFC 8446 6.2'],
    example: {
      openssl: 'ERR_SSL_UNEXPECTED_MESSAGE',
      phase: "our certificate was sent, the client's last message was Certificate",
      alert: 10,
    },
  },

  HANDSHAKE_UNREADABLE: {
    room: 'handshake',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: "The client's answer to our certificate cannot be read",
    says: ({ says, phase }) =>
      `the client's answer to our first messages can't be read: ${plain(says)}; ${plain(phase)}`,
    remedy: () =>
      'look for a proxy or a driver that changes bytes on the way, for two tasks that write to one connection, or for plain bytes written past TLS',
    alert: 20,
    aws: { note: 'not measured on AWS IoT; the RFC asks for alert 20' },
    references: ['RFC 8446 5.2', 'RFC 5246 7.2.2'],
    example: {
      says: 'a record of it does not open under the keys of this handshake',
      phase: "our certificate was sent, the client's last message was ClientHello",
    },
  },

  HANDSHAKE_FLIGHT_TOO_LARGE: {
    room: 'handshake',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The client sent too much before the handshake was done',
    says({ bytes, limit, records, recordLimit, messageLimit }) {
      const flight = 'in one flight of the handshake'
      if (records > recordLimit) {
        return `the client sent ${count(records, 'record')} ${flight}, and the limit is ${count(recordLimit, 'record')}`
      }
      if (bytes > limit) {
        return `the client sent ${count(bytes, 'byte')} ${flight}, and the limit is ${count(limit, 'byte')}`
      }
      return `a message ${flight} says that it has more than ${count(messageLimit, 'byte')}`
    },
    remedy: ({ records, recordLimit }) =>
      records > recordLimit
        ? 'look at why the device cuts its handshake into so many records'
        : 'send the certificate and its signer only, not a whole bundle of CAs',
    aws: { note: 'AWS IoT states no limit for the chain' },
    references: ['RFC 8446 4.4.2'],
    example: {
      bytes: 200_000,
      limit: 160_000,
      records: 13,
      recordLimit: 1024,
      messageLimit: 131_072,
    },
  },
}

/** By these OpenSSL says that a message of the client's is wrong: unexpected, against a rule, or not to be read. */
const ABOUT_THE_CLIENT: ReadonlySet<number> = new Set([10, 22, 47, 50, 51])

function left(reset: boolean, closeNotify: boolean): string {
  if (reset) return 'reset the connection'
  return closeNotify ? 'closed TLS politely' : 'closed the connection'
}

function perhaps([first]: Candidate[]): string {
  return first === undefined ? '' : `; perhaps ${first.why}`
}

/** What a device has to trust: as exactly as it is known. */
function caOf(caFile: string | undefined, issuer: string | undefined): string {
  if (caFile !== undefined) return quote(caFile)
  return issuer === undefined ? 'the CA of this broker' : `the certificate of ${quote(issuer)}`
}
