/** Certificates that become known: issued here in AWS's stead, or registered as they are. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileProblem, type NewFile } from '../registry/files.ts'
import { readPemOrDer, toPem } from '../x509/pem.ts'
import { need, type RegistryVerb, type Stop, stopped } from './in-registry.ts'
import { exits, type Io } from './io.ts'
import { near } from './project.ts'
import type { Spoken } from './say.ts'
import { writeCopies } from './write-copies.ts'

const active = { says: 'it is ACTIVE at once (default: INACTIVE, as on AWS)' }

export const certCreate: RegistryVerb = {
  command: {
    usage: ['candid cert create [--csr FILE] [--active] [--out DIR]'],
    says: [
      'issues a certificate, with a key of its own or for a request (CreateKeysAndCertificate, CreateCertificateFromCsr)',
      'the private key is not kept: it is in the file that is written, or in the answer with --json',
    ],
    flags: {
      csr: { value: 'FILE', says: 'a certificate request: the key stays where it is' },
      active,
      out: {
        value: 'DIR',
        says: 'where the files go (default: here; with --json none are written)',
      },
    },
    takes: [],
  },
  async act({ given, call, io }) {
    const csr = given.value('csr')
    const request = csr === undefined ? undefined : await textOf(csr, io)
    if (request && 'stopped' in request) return request
    const setAsActive = given.has('active')
    const made = await need(
      request
        ? call('CreateCertificateFromCsr', { certificateSigningRequest: request.text, setAsActive })
        : call('CreateKeysAndCertificate', { setAsActive }),
    )
    if ('stopped' in made) return made
    const { certificateId = '', certificatePem = '' } = made.value as { [key: string]: string }
    const keys = made.value['keyPair'] as { PublicKey: string; PrivateKey: string } | undefined
    const out = given.value('out') ?? (given.has('json') ? undefined : '.')
    // The names that AWS's console gives to the files it offers.
    const files: NewFile[] = [
      { name: `${certificateId}-certificate.pem.crt`, content: certificatePem },
      ...(keys
        ? [
            {
              name: `${certificateId}-private.pem.key`,
              content: keys.PrivateKey,
              secret: true as const,
            },
            { name: `${certificateId}-public.pem.key`, content: keys.PublicKey },
          ]
        : []),
    ]
    const folder = out === undefined ? undefined : resolve(io.cwd, out)
    const problem = folder === undefined ? undefined : await writeCopies(files, folder, io)
    if (problem) return stopped([problem, left(certificateId, keys !== undefined)], exits.failed)
    const lines = [
      `certificate ${certificateId} is made, ${setAsActive ? 'ACTIVE' : 'INACTIVE'}`,
      ...(folder === undefined
        ? []
        : files.map(({ name }) => `  ${near(resolve(folder, name), io)}`)),
    ]
    return { lines, output: made.value }
  },
}

export const certRegister: RegistryVerb = {
  command: {
    usage: ['candid cert register FILE [--ca FILE] [--no-ca] [--active]'],
    says: [
      'registers a certificate of a registered CA, or of nobody (RegisterCertificate, RegisterCertificateWithoutCA)',
    ],
    flags: {
      ca: { value: 'FILE', says: 'its CA, where several have the same name' },
      'no-ca': { says: 'its CA is not registered: devices then have to send SNI' },
      active,
    },
    takes: ['FILE'],
  },
  async act({ given, call, io }) {
    const certificate = await pemOf(given.plain[0] ?? '', io)
    if ('stopped' in certificate) return certificate
    const caFile = given.value('ca')
    const ca = caFile === undefined ? undefined : await pemOf(caFile, io)
    if (ca && 'stopped' in ca) return ca
    const input = {
      certificatePem: certificate.pem,
      status: given.has('active') ? 'ACTIVE' : 'INACTIVE',
    }
    const made = await need(
      given.has('no-ca')
        ? call('RegisterCertificateWithoutCA', input)
        : call('RegisterCertificate', { ...input, ...(ca && { caCertificatePem: ca.pem }) }),
    )
    if ('stopped' in made) return made
    const lines = [`certificate ${made.value['certificateId']} is registered, ${input.status}`]
    return { lines, output: made.value }
  },
}

/** What is left of a certificate whose files could not be written. */
function left(certificateId: string, withKey: boolean): Spoken {
  const lost = withKey ? ', and its private key is lost' : ''
  return {
    says: `certificate ${certificateId} is registered all the same${lost}`,
    hint: withKey ? `candid cert revoke ${certificateId}` : `candid cert describe ${certificateId}`,
  }
}

/** The first certificate of a file, PEM or DER, as PEM. */
export async function pemOf(file: string, io: Io): Promise<{ pem: string } | { stopped: Stop }> {
  const read = await bytesOf(file, io)
  if ('stopped' in read) return read
  const [der] = readPemOrDer(read.bytes).certificates
  if (der !== undefined) return { pem: toPem('CERTIFICATE', der) }
  return stopped([
    { says: `\`${file}\` holds no certificate`, hint: 'give a certificate, PEM or DER' },
  ])
}

export async function textOf(file: string, io: Io): Promise<{ text: string } | { stopped: Stop }> {
  const read = await bytesOf(file, io)
  return 'stopped' in read ? read : { text: read.bytes.toString('utf8') }
}

async function bytesOf(file: string, io: Io): Promise<{ bytes: Buffer } | { stopped: Stop }> {
  try {
    return { bytes: await readFile(resolve(io.cwd, file)) }
  } catch (error) {
    const problem = fileProblem(error, file)
    if (!problem) throw error
    return stopped([problem])
  }
}
