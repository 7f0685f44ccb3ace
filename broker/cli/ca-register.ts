/**
 * `candid ca register`: a CA that exists already. Only its certificate is taken: the broker never
 * signs with it.
 */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { shown } from '../config/words.ts'
import { reach } from '../control/reach.ts'
import { readDeclared } from '../registry/declared/declared.ts'
import { fileProblem } from '../registry/files.ts'
import { writeAuthority } from '../registry/pki/create-authority.ts'
import { type Certificate, readCertificate } from '../x509/certificate.ts'
import { readPemOrDer, toPem } from '../x509/pem.ts'
import { authorityMistakes, authorityNameFrom, firstConnectLines } from './authority-words.ts'
import type { Command, Given } from './flags.ts'
import { inProject } from './in-project.ts'
import { exits, type Io } from './io.ts'
import { near, type Project } from './project.ts'
import { complain, print, printJson, type Spoken, spokenLines, talk } from './say.ts'
import { statePlace } from './state-place.ts'

export const command: Command = {
  usage: [
    'candid ca register FILE [--name NAME] [--template NAME] [--no-auto-registration] [--inactive]',
  ],
  says: [
    'registers a CA of yours, PEM or DER: the one that signs your device certificates directly',
    'the certificate is copied to certs/authorities/NAME/',
  ],
  flags: {
    name: { value: 'NAME', says: "its name here (default: the file's)" },
    template: {
      value: 'NAME',
      says: 'a file of policies/templates/, without .json: JITP (without: JITR)',
    },
    'no-auto-registration': { says: 'devices are not registered at their first connect' },
    inactive: { says: 'register it as INACTIVE' },
    config: { value: 'FILE', says: 'the project (default: ./config.yaml)' },
  },
  takes: ['FILE'],
}

export function run(args: string[], io: Io): Promise<number> {
  return inProject(args, command, io, (given, project) => register(given, project, io))
}

async function register(given: Given, project: Project, io: Io): Promise<number> {
  const json = given.has('json')
  const file = given.plain[0] ?? ''
  const name = given.value('name') ?? authorityNameFrom(file)
  const template = given.value('template')
  const found = await readAuthorityFile(file, io)
  const problems = await authorityMistakes(name, template, project, io)
  if ('problem' in found) problems.unshift(found.problem)
  if ('problem' in found || problems.length > 0) return complain(problems, exits.invalid, io, json)
  const { certificate } = found
  const judged = judge(certificate, file, io.world.clock.now())
  if (judged.refused) return complain([judged.refused], exits.invalid, io, json)
  const twin = await registeredAs(certificate.sha256, project)
  if (twin !== undefined) {
    const says = `this CA is registered already, as \`${twin}\``
    return complain([{ says, hint: 'change its authority.yaml instead' }], exits.failed, io, json)
  }
  if (await isDevice(certificate.sha256, project, io)) {
    const says = `${shown(file)} is registered already, as the certificate of a device`
    const hint = 'give the certificate of the CA that has signed it'
    return complain([{ says, hint }], exits.invalid, io, json)
  }

  const active = !given.has('inactive')
  const registers = !given.has('no-auto-registration')
  const written = await writeAuthority(
    name,
    { pem: toPem('CERTIFICATE', certificate.der) },
    {
      status: active ? 'ACTIVE' : 'INACTIVE',
      autoRegistration: registers ? 'ENABLE' : 'DISABLE',
      ...(template !== undefined && { template }),
    },
    project.certsDir,
    io.world,
  )
  if ('problem' in written) return complain([written.problem], exits.failed, io, json)
  talk(judged.warnings.flatMap(spokenLines), io)
  const { subject, sha256: caCertificateId } = certificate
  const files = {
    certificate: near(written.files.certificate, io),
    declaration: near(written.files.declaration, io),
  }
  if (json) {
    const warnings = judged.warnings
    printJson({ name, caCertificateId, subject, template: template ?? null, files, warnings }, io)
    return exits.fine
  }
  const state = active ? 'ACTIVE' : 'INACTIVE'
  print(
    [
      `CA \`${name}\` is registered: ${state}, auto-registration ${registers ? 'on' : 'off'}`,
      `caCertificateId ${caCertificateId}`,
      `subject ${subject}`,
      '',
      `  ${files.certificate}`,
      `  ${files.declaration}`,
      '',
      ...firstConnectLines(caCertificateId, template, registers && active),
    ],
    io,
  )
  return exits.fine
}

async function readAuthorityFile(
  file: string,
  io: Io,
): Promise<{ certificate: Certificate } | { problem: Spoken }> {
  let bytes: Buffer
  try {
    bytes = await readFile(resolve(io.cwd, file))
  } catch (error) {
    const problem = fileProblem(error, file)
    if (!problem) throw error
    return { problem }
  }
  const { certificates, keys, problem } = readPemOrDer(bytes)
  const [der, ...more] = certificates
  if (der === undefined) {
    const says = problem ?? (keys > 0 ? 'a private key, not a certificate' : 'no certificate in it')
    return {
      problem: {
        says: `${shown(file)}: ${says}`,
        hint:
          keys > 0
            ? 'give the CA certificate; its key stays with you'
            : 'give the CA certificate, as PEM or DER',
      },
    }
  }
  if (more.length > 0) {
    return {
      problem: {
        says: `${shown(file)} holds ${certificates.length} certificates, and a CA is registered alone`,
        hint: 'put the one that signs your device certificates directly into a file of its own',
      },
    }
  }
  const reading = readCertificate(der)
  if (reading.ok) return { certificate: reading.certificate }
  return {
    problem: {
      says: `${shown(file)}: ${reading.says}`,
      hint: 'give the CA certificate, as PEM or DER',
    },
  }
}

/**
 * AWS: a CA to register must not have ended, and have RSA of at least 2048 bits or a NIST curve
 * (RegisterCACertificate).
 */
function judge(
  certificate: Certificate,
  file: string,
  now: number,
): { refused?: Spoken; warnings: Spoken[] } {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10)
  const { notBefore, notAfter, publicKey, key } = certificate
  const bits = publicKey.asymmetricKeyDetails?.modulusLength
  const warnings: Spoken[] = []
  if (now > notAfter) {
    return {
      refused: {
        says: `${shown(file)} ran out on ${day(notAfter)}`,
        hint: 'AWS registers no CA that has ended: give a renewed one',
      },
      warnings,
    }
  }
  if (bits !== undefined && bits < 2048) {
    return {
      refused: {
        says: `${shown(file)} has an RSA key of ${bits} bits`,
        hint: 'AWS takes RSA from 2048 bits on, and the curves P-256, P-384 and P-521',
      },
      warnings,
    }
  }
  if (bits === undefined && !/P-(256|384|521)$/.test(key)) {
    warnings.push({
      says: `its key is ${key}, which AWS doesn't list`,
      hint: 'AWS takes RSA from 2048 bits on, and the curves P-256, P-384 and P-521',
    })
  }
  if (now < notBefore) {
    warnings.push({ says: `it is valid only from ${day(notBefore)}`, hint: 'check the clock' })
  }
  if (!certificate.isCa) {
    warnings.push({
      says: 'it is no CA certificate: its BasicConstraints say no CA:TRUE',
      hint: `is it a device certificate? look with: candid explain ${file}`,
    })
  }
  return { warnings }
}

async function registeredAs(
  caCertificateId: string,
  project: Project,
): Promise<string | undefined> {
  const { declared } = await readDeclared(project.config, project.baseDir)
  return declared.authorities.find(authority => authority.id === caCertificateId)?.name
}

/** Declared or learned. Where the state can't be asked, that is nothing against the CA. */
async function isDevice(certificateId: string, project: Project, io: Io): Promise<boolean> {
  const { config, baseDir } = project
  const { declared } = await readDeclared(config, baseDir)
  if (declared.devices.some(device => device.certificateId === certificateId)) return true
  const place = statePlace(config, baseDir, undefined, io)
  if (place === 'memory') return false
  const by = 'candid ca register'
  const { folder } = place
  const opened = await reach({ folder, config, baseDir, world: io.world, by, reads: true })
  if ('problem' in opened) return false
  try {
    return (await opened.call('DescribeCertificate', { certificateId })).ok
  } finally {
    await opened.close()
  }
}
