/**
 * What the registry says about a certificate, and the ways in which a first contact is closed on purpose. AWS answers all
 * of these alike: it reads CONNECT and closes without CONNACK.
 */

import { author, type ChangeEvidence } from './change.ts'
import type { Entries, Entry } from './entry.ts'
import { inWordsOf } from './stacks.ts'
import { list, plain, quote, quotes, short } from './words.ts'

export type RegistrationEvidence = {
  REGISTRATION_NOT_REGISTERED: {
    certificateId: string
    issuer: string
    /** What it shares with registered certificates: the key, subject and issuer, or the issuer alone. */
    same: 'key' | 'subject' | 'issuer'
    /** Those certificates, three at most. */
    near: { certificateId: string; thingName?: string; subject: string }[]
  }
  REGISTRATION_INACTIVE: StatusEvidence
  REGISTRATION_REVOKED: StatusEvidence
  REGISTRATION_PENDING_ACTIVATION: StatusEvidence
  REGISTRATION_PENDING_TRANSFER: StatusEvidence
  REGISTRATION_DELETED: {
    certificateId: string
    thingName?: string
    /** Where it was declared. */
    file?: string
    change?: ChangeEvidence
  }
  REGISTRATION_CA_INACTIVE: AuthorityEvidence
  REGISTRATION_AUTO_DISABLED: AuthorityEvidence
  REGISTRATION_JITP_PROVISIONED: {
    certificateId: string
    thingName?: string
    policies: string[]
    caCertificateId: string
    template: string
    /** Properties of what existed that stay as they were, though the template says otherwise. */
    kept?: string[]
  }
  REGISTRATION_JITR_PENDING: { certificateId: string; caCertificateId: string; topic: string }
  REGISTRATION_TEMPLATE_FAILED: {
    template: string
    certificateId: string
    /** The template's parameter that has no value. */
    parameter?: string
    /** The resource that could not be made. */
    resource?: string
    /** AWS's exception, of the call that was refused. */
    exception?: string
    why: string
  }
  REGISTRATION_SNI_MISSING: {
    certificateId: string
    endpoint: string
    /** The client's TLS stack, and what stands on it. */
    stack?: string
    variant?: string
  }
}

type StatusEvidence = {
  certificateId: string
  status: string
  thingName?: string
  /** Where the status is declared. */
  file?: string
  /** What has set it, where a session ended with it. */
  change?: ChangeEvidence
}

type AuthorityEvidence = { caCertificateId: string; subject: string; certificateId: string }

// Above the entries, because they are built when the file is read.
const AUTHORITY: AuthorityEvidence = {
  caCertificateId: '11aa'.repeat(16),
  subject: 'CN=Acme Signer',
  certificateId: '3f2a'.repeat(16),
}

export const registration: Entries<RegistrationEvidence> = {
  REGISTRATION_NOT_REGISTERED: {
    room: 'registration',
    severity: 'error',
    blame: 'setup',
    certainty: 'proof',
    title: 'The certificate is not registered, and others of its issuer or its key are',
    says: ({ certificateId, issuer, same, near: [first] }) =>
      `certificate ${short(certificateId)}, issued by ${quote(issuer)}, is not registered, and no registered CA signed it; registered is ${
        first === undefined ? 'another' : short(first.certificateId)
      } ${SHARED[same]}`,
    remedy({ same, near: [first] }) {
      const register = 'declare its certificate under `devices` in config.yaml'
      if (same === 'issuer') {
        return `register this certificate: ${register}, or make the device anew with \`candid device create\``
      }
      const thing = first?.thingName === undefined ? '' : ` (thing ${quote(first.thingName)})`
      return `register the new certificate too: ${register}; or load the registered one${thing} into the device again`
    },
    alert: 46,
    aws: {
      logReason: 'DEVICE_CERTIFICATE_NOT_REGISTERED',
      note: 'AWS IoT closes after CONNECT, without CONNACK; older reports show alert 46 in the handshake',
    },
    references: ['AWS: x509-client-certs', 'AWS: cwl-format'],
    example: {
      certificateId: '3f2a'.repeat(16),
      issuer: 'CN=Acme Signer',
      same: 'key',
      near: [{ certificateId: '5b7c'.repeat(16), thingName: 'sensor-1', subject: 'CN=sensor-1' }],
    },
  },

  REGISTRATION_INACTIVE: status({
    code: 'INACTIVE',
    title: 'The certificate is registered and INACTIVE',
    remedy: (file, id) =>
      file === '' ? `activate it: ${command('activate', id)}` : `set its status to ACTIVE${file}`,
    logReason: 'DEVICE_CERTIFICATE_INACTIVE',
  }),

  REGISTRATION_REVOKED: status({
    code: 'REVOKED',
    title: 'The certificate is registered and REVOKED',
    remedy: file =>
      `give the device a new certificate; ${file === '' ? 'this one stays revoked' : `if it was a mistake, change the status${file}`}`,
    logReason: 'DEVICE_CERTIFICATE_REVOKED',
  }),

  REGISTRATION_PENDING_ACTIVATION: status({
    code: 'PENDING_ACTIVATION',
    title: 'The certificate waits for its activation',
    remedy: (file, id) =>
      `activate it and attach a policy${file}, as your own service would do on AWS IoT${file === '' ? `: ${commands(id)}` : ''}`,
    note: 'AWS IoT publishes the `registered` event again at each attempt, and closes without CONNACK',
  }),

  REGISTRATION_PENDING_TRANSFER: status({
    code: 'PENDING_TRANSFER',
    title: 'The certificate is being transferred to another account',
    remedy: file => `accept or cancel the transfer, then set the status to ACTIVE${file}`,
    note: 'AWS IoT has no log reason of its own for this status',
  }),

  REGISTRATION_DELETED: {
    room: 'registration',
    severity: 'error',
    blame: 'setup',
    certainty: 'proof',
    title: 'The certificate was deleted while it was connected',
    says({ certificateId, thingName, file, change }) {
      const by = change === undefined ? '' : ` by ${author(change, file)}`
      return `${certificateOf(certificateId, thingName)} was deleted${by} while it was connected`
    },
    remedy: ({ file }) =>
      `${file === undefined ? 'register it again' : `declare it in ${quote(file)} again`}, or give the device a new certificate`,
    aws: {
      disconnectReason: 'AUTH_ERROR',
      logReason: 'DEVICE_CERTIFICATE_NOT_REGISTERED',
      note: 'AWS IoT deletes no certificate that is ACTIVE, and has closed its connections by then',
    },
    references: ['AWS: API DeleteCertificate', 'AWS: cwl-format'],
    example: {
      certificateId: '3f2a'.repeat(16),
      thingName: 'sensor-1',
      file: 'certs/devices/sensor-1/device.yaml',
      change: { at: '2026-01-01T00:00:00.000Z' },
    },
  },

  REGISTRATION_CA_INACTIVE: {
    room: 'registration',
    severity: 'error',
    blame: 'setup',
    certainty: 'proof',
    title: "The certificate's CA is registered and INACTIVE",
    says: ({ subject, certificateId }) =>
      `certificate ${short(certificateId)} is not registered, and its CA ${quote(subject)} is INACTIVE, so it can't register devices`,
    remedy: ({ caCertificateId }) =>
      `activate this CA: \`candid ca activate ${caCertificateId.slice(0, 16)}\``,
    aws: {
      logReason: 'DEVICE_CERTIFICATE_NOT_REGISTERED',
      note: 'certificates that are registered already keep working',
    },
    references: ['AWS: deactivate-ca-cert', 'AWS: manage-your-CA-certs'],
    example: AUTHORITY,
  },

  REGISTRATION_AUTO_DISABLED: {
    room: 'registration',
    severity: 'error',
    blame: 'setup',
    certainty: 'proof',
    title: "The certificate's CA does not register devices by itself",
    says: ({ subject, certificateId }) =>
      `certificate ${short(certificateId)} is not registered, and its CA ${quote(subject)} has auto-registration switched off`,
    remedy: ({ caCertificateId }) =>
      `switch it on: \`candid ca enable-registration ${caCertificateId.slice(0, 16)}\`; or register the certificate yourself: \`candid cert register FILE\``,
    aws: { logReason: 'DEVICE_CERTIFICATE_NOT_REGISTERED' },
    references: ['AWS: auto-register-device-cert', 'AWS: manage-your-CA-certs'],
    example: AUTHORITY,
  },

  REGISTRATION_JITP_PROVISIONED: {
    room: 'registration',
    severity: 'info',
    blame: 'device',
    certainty: 'proof',
    title: 'Provisioned at its first contact, and closed on purpose',
    says: ({ thingName, certificateId, policies, template, kept }) =>
      `${thingName === undefined ? `certificate ${short(certificateId)}` : `thing ${quote(thingName)}`} was provisioned from template ${quote(template)} with ${
        policies.length === 0 ? 'no policy' : quotes(policies)
      }, and closed on purpose${kept === undefined ? '' : `; what was there keeps its ${quotes(kept)}`}`,
    remedy: () => 'connect again: the first connection always ends so, on AWS IoT too',
    aws: { note: 'AWS IoT closes the first connection without CONNACK' },
    references: ['AWS: jit-provisioning'],
    example: {
      certificateId: '3f2a'.repeat(16),
      thingName: 'sensor-1',
      policies: ['device'],
      caCertificateId: '11aa'.repeat(16),
      template: 'jitp',
    },
  },

  REGISTRATION_JITR_PENDING: {
    room: 'registration',
    severity: 'info',
    blame: 'setup',
    certainty: 'proof',
    title: 'Registered at its first contact, and closed until it is activated',
    says: ({ certificateId, topic }) =>
      `certificate ${short(certificateId)} was registered as PENDING_ACTIVATION and closed on purpose; the event went to ${quote(topic, 160)}`,
    remedy: ({ certificateId }) =>
      `activate it and attach a policy, as the rule behind this event does on AWS IoT: ${commands(certificateId)}; then connect again`,
    aws: { note: 'AWS IoT closes without CONNACK' },
    references: ['AWS: auto-register-device-cert'],
    example: {
      certificateId: '3f2a'.repeat(16),
      caCertificateId: '11aa'.repeat(16),
      topic: `$aws/events/certificates/registered/${'11aa'.repeat(16)}`,
    },
  },

  REGISTRATION_TEMPLATE_FAILED: {
    room: 'registration',
    severity: 'error',
    blame: ({ parameter }) => (ofCertificate(parameter) ? 'device' : 'setup'),
    certainty: 'proof',
    title: 'The provisioning template could not be completed',
    says: ({ template, parameter, resource, why }) =>
      `template ${quote(template)} could not provision this certificate: ${
        parameter === undefined ? '' : `parameter ${quote(parameter)}: `
      }${resource === undefined ? '' : `resource ${quote(resource)}: `}${plain(why)}`,
    remedy: ({ parameter, template }) =>
      !ofCertificate(parameter)
        ? `mend template ${quote(template)}: \`candid template check FILE\` shows what it makes`
        : `issue the certificate with this attribute in its subject, or give ${quote(parameter)} a default in template ${quote(template)}`,
    aws: {
      note: 'AWS IoT tells the device nothing; metric `ProvisionThing.ClientError`, and CloudTrail shows the failing call',
    },
    references: ['AWS: jit-provisioning', 'AWS: provision-template'],
    example: {
      template: 'jitp',
      certificateId: '3f2a'.repeat(16),
      parameter: 'AWS::IoT::Certificate::SerialNumber',
      why: "the certificate's subject has no serialNumber",
    },
  },

  REGISTRATION_SNI_MISSING: {
    room: 'registration',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The certificate is in mode SNI_ONLY, and the client named no host',
    says: ({ certificateId }) =>
      `certificate ${short(certificateId)} is in mode SNI_ONLY, and the client named no host in its ClientHello (no SNI)`,
    remedy: ({ endpoint, stack, variant }) =>
      `let the device send ${quote(endpoint)} as server name, and connect by name rather than by address${inWordsOf(stack, 'name', variant)}`,
    aws: {
      note: 'AWS IoT finds the account of such a certificate by the host name: registered without a CA, or under a CA in mode SNI_ONLY',
    },
    references: ['AWS: x509-client-certs', 'AWS: transport-security'],
    example: { certificateId: '3f2a'.repeat(16), endpoint: 'localhost' },
  },
}

/** A parameter that a certificate's subject gives, or could. */
function ofCertificate(parameter: string | undefined): parameter is string {
  return parameter?.startsWith('AWS::IoT::Certificate::') === true
}

/** A renewed certificate is another certificate for AWS: its id is the hash of all of it. */
const SHARED = {
  key: 'with the same key: a renewed certificate has an id of its own',
  subject: 'with the same subject and issuer: a renewed certificate has an id of its own',
  issuer: 'from the same issuer',
}

function certificateOf(certificateId: string, thingName: string | undefined): string {
  const whose = thingName === undefined ? '' : ` of thing ${quote(thingName)}`
  return `certificate ${short(certificateId)}${whose}`
}

/** The command line finds a certificate by the beginning of its id. */
function command(verb: string, certificateId: string, rest = ''): string {
  return `\`candid cert ${verb} ${certificateId.slice(0, 16)}${rest}\``
}

function commands(certificateId: string): string {
  return `${command('attach', certificateId, ' POLICY')}, ${command('activate', certificateId)}`
}

/** The four statuses that keep a registered certificate out differ only in their words. */
function status(of: {
  code: string
  title: string
  remedy: (inFile: string, certificateId: string) => string
  logReason?: string
  note?: string
}): Entry<StatusEvidence> {
  return {
    room: 'registration',
    severity: 'error',
    blame: 'setup',
    certainty: 'proof',
    title: of.title,
    says({ certificateId, status, thingName, file, change }) {
      const whose = certificateOf(certificateId, thingName)
      return change === undefined
        ? `${whose} is registered, and its status is ${list([status])}`
        : `${whose} was set to ${list([status])} by ${author(change, file)} while it was connected`
    },
    remedy: ({ certificateId, file }) =>
      of.remedy(file === undefined ? '' : ` in ${quote(file)}`, certificateId),
    aws: {
      disconnectReason: 'AUTH_ERROR',
      ...(of.logReason === undefined ? {} : { logReason: of.logReason }),
      note:
        of.note ??
        'AWS IoT closes after CONNECT, without CONNACK; older reports show alert 46 in the handshake',
    },
    references: ['AWS: activate-or-deactivate-device-cert', 'AWS: cwl-format'],
    example: {
      certificateId: '3f2a'.repeat(16),
      status: of.code,
      thingName: 'sensor-1',
      file: 'config.yaml',
    },
  }
}
