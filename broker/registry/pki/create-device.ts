/**
 * A device as AWS's `create-keys-and-certificate` gives it: key, certificate under AWS's own issuer
 * name, the same file names. The certificate is registered by declaration (`device.yaml`), so its
 * issuer, the local devices CA, is no registered CA and provisions nothing.
 */

import { join } from 'node:path'
import type { World } from '../../world.ts'
import type { Certificate } from '../../x509/certificate.ts'
import { fileProblem, type NewFile, type Problem, writeFolder } from '../files.ts'
import { readAuthority } from './authority-files.ts'
import { type Authority, createAuthority } from './create-authority.ts'
import { issueCertificate } from './issue.ts'
import { generateKeys, type KeyType, privateKeyPem, publicKeyPem } from './keys.ts'

export type CreatedDevice = {
  thingName: string
  /** SHA-256 of the certificate's DER, hex, lower case. */
  certificateId: string
  certificate: Certificate
  certificatePem: string
  privateKeyPem: string
  publicKeyPem: string
}

/**
 * AWS's names for the files of a device. `ca` is our server CA, under the name that AWS's examples
 * use for theirs.
 */
export const deviceFileNames = {
  certificate: 'certificate.pem.crt',
  privateKey: 'private.pem.key',
  publicKey: 'public.pem.key',
  ca: 'AmazonRootCA1.pem',
} as const

/** AWS: `[a-zA-Z0-9:_-]`, 1 to 128 characters (CreateThing). */
export function isThingName(name: string): boolean {
  return /^[a-zA-Z0-9:_-]{1,128}$/.test(name)
}

/**
 * Makes a device's key and certificate in memory. The certificate ends on 2049-12-31, as AWS's do.
 */
export async function createDevice(
  request: { thingName: string; keyType?: KeyType; issuer: Authority },
  world: World,
): Promise<CreatedDevice> {
  const { thingName, keyType = 'rsa', issuer } = request
  const { publicKey, privateKey } = await generateKeys(keyType)
  const issuing = issueCertificate({ publicKey }, issuer, world)
  if (!issuing.ok) throw new Error(issuing.says)
  return {
    thingName,
    ...issuing.issued,
    privateKeyPem: privateKeyPem(privateKey),
    publicKeyPem: publicKeyPem(publicKey),
  }
}

/**
 * Makes the CA that signs created devices, in memory, under the issuer name of AWS's own device
 * certificates.
 */
export function createDevicesCa(world: World, keyType: KeyType = 'rsa'): Promise<Authority> {
  return createAuthority(
    {
      // AWS: the whole name is the value of a single OU, as decoded from certificates that AWS has
      // issued.
      subject: [['OU', 'Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US']],
      keyType,
      notBefore: world.clock.now() - twoMinutes,
      notAfter: Date.UTC(2049, 11, 31, 23, 59, 59),
    },
    world,
  )
}

/** Takes the devices CA from certs/devices-ca/, or makes it. */
export async function ensureDevicesCa(
  certsDir: string,
  world: World,
): Promise<{ ca: Authority } | { problem: Problem }> {
  const folder = join(certsDir, 'devices-ca')
  const kept = await readAuthority(folder)
  if (kept) return 'problem' in kept ? kept : { ca: kept }
  const ca = await createDevicesCa(world)
  const files: NewFile[] = [
    { name: 'ca.pem', content: ca.pem },
    { name: 'ca.key', content: ca.keyPem, secret: true },
  ]
  try {
    if (await writeFolder(folder, files, certsDir, world)) return { ca }
  } catch (error) {
    const problem = fileProblem(error, folder)
    if (!problem) throw error
    return { problem }
  }
  // Another command made it this moment, or the folder holds something else.
  const other = await readAuthority(folder)
  if (other) return 'problem' in other ? other : { ca: other }
  return {
    problem: { says: `\`${folder}\` is there, but holds no CA`, hint: 'move that folder away' },
  }
}

/** The devices CA for a running broker: taken or made when it is first asked for, then remembered; a problem is not. */
export function devicesIssuer(
  certsDir: string,
  world: World,
): () => Promise<Authority | { problem: Problem }> {
  let kept: Promise<Authority | { problem: Problem }> | undefined
  return async () => {
    kept ??= ensureDevicesCa(certsDir, world).then(made => ('ca' in made ? made.ca : made))
    const issuer = await kept
    if ('problem' in issuer) kept = undefined
    return issuer
  }
}

/** The four files of a device under AWS's names. */
export function deviceFiles(device: CreatedDevice, serverCaPem: string): NewFile[] {
  return [
    { name: deviceFileNames.certificate, content: device.certificatePem },
    { name: deviceFileNames.privateKey, content: device.privateKeyPem, secret: true },
    { name: deviceFileNames.publicKey, content: device.publicKeyPem },
    { name: deviceFileNames.ca, content: serverCaPem },
  ]
}

/**
 * Registers a device by declaration: `certs/devices/THING/` with its four files and `device.yaml`,
 * all at once. A running broker takes it over.
 * @returns the folder, or why not; nothing is overwritten
 */
export async function writeDevice(
  device: CreatedDevice,
  how: { serverCaPem: string; policyNames: string[] },
  certsDir: string,
  world: World,
): Promise<{ folder: string } | { problem: Problem }> {
  const folder = join(certsDir, 'devices', device.thingName)
  const files = deviceFiles(device, how.serverCaPem)
  files.push({ name: 'device.yaml', content: declaration(device.thingName, how.policyNames) })
  try {
    if (await writeFolder(folder, files, certsDir, world)) return { folder }
    return { problem: deviceExists(device.thingName, folder) }
  } catch (error) {
    const problem = fileProblem(error, folder)
    if (!problem) throw error
    return { problem }
  }
}

/** The words for a device that is there already. */
export function deviceExists(thingName: string, folder: string): Problem {
  return {
    says: `the device \`${thingName}\` is there already, in \`${folder}\``,
    hint: 'choose another name, or remove that folder to make its key anew',
  }
}

function declaration(thingName: string, policyNames: string[]): string {
  // A quoted string of JSON is one of YAML too; without quotes, a thing named `true` or `12` would
  // be no string.
  return [
    `# The device ${thingName}. A running broker takes over what you change here.`,
    `thing: ${JSON.stringify(thingName)}`,
    `certificate: ${deviceFileNames.certificate}`,
    'status: ACTIVE # or INACTIVE, REVOKED, PENDING_ACTIVATION, PENDING_TRANSFER',
    `policies: [${policyNames.map(name => JSON.stringify(name)).join(', ')}]`,
    '',
  ].join('\n')
}

const twoMinutes = 2 * 60 * 1000
