/**
 * The broker's own certificates: a server CA that devices trust, and an RSA-2048 and a P-256 server
 * certificate signed by it. They live in certs/server/. The CA stays for ten years, so that a
 * device keeps its copy; the server certificates are renewed whenever they run out or this
 * machine's names change.
 *
 * The CA is RSA-2048, like Amazon Root CA 1, because a client checks the CA's signature whatever
 * suite was chosen: one that knows no ECDSA could not check a P-256 CA. DIFFERS: AWS signs its
 * P-256 certificate by a P-256 root (Amazon Root CA 3), so a client built without RSA, which works
 * with AWS, can't check this one.
 */

import { join } from 'node:path'
import type { OwnCertificate } from '../../config/shape.ts'
import type { World } from '../../world.ts'
import type { Certificate } from '../../x509/certificate.ts'
import { mint } from '../../x509/mint.ts'
import { toPem } from '../../x509/pem.ts'
import { fileProblem, type Problem, writeFileWhole, writeFolder } from '../files.ts'
import { readAuthority, readAuthorityCertificate } from './authority-files.ts'
import { type Authority, createAuthority, mustRead, serialNumber } from './create-authority.ts'
import { generateKeys, privateKeyPem } from './keys.ts'
import type { ServerNames } from './server-names.ts'
import { type KeptCertificate, readServerCertificate, whyRenew } from './server-renewal.ts'

export type ServerCertificateKind = 'RSA' | 'ECDSA'

export type ServerCertificate = KeptCertificate & {
  kind: ServerCertificateKind
  /** Of the user's: where it comes from, the chain as it is sent, and the CA that devices trust, where that was told. */
  own?: { item: OwnCertificate; chain: Certificate[]; ca?: Certificate }
}

export type ServerPki = {
  ca: { pem: string; certificate: Certificate }
  /** The two of the local PKI, and the user's own. */
  certificates: ServerCertificate[]
}

/**
 * `caFile` is the file that devices need. `made` are the files written now; `why` says in one line
 * what made that necessary, where something was there before.
 */
export type EnsuredPki = { pki: ServerPki; caFile: string; made: string[]; why?: string }

/**
 * Makes a server PKI in memory.
 * @param request `now` (ms since 1970) dates the certificates; default: the world's clock. Clients
 *   judge them by their own clock, so a broker whose clock is set elsewhere gives the real time
 *   here. `caNow` dates the CA, where that differs.
 */
export async function createServerPki(
  request: ServerNames & { world: World; now?: number; caNow?: number },
): Promise<ServerPki> {
  const { world, now = world.clock.now(), caNow = now } = request
  const ca = await createServerCa(caNow, world)
  const certificates = await Promise.all(kinds.map(kind => issue(kind, request, ca, now, world)))
  return { ca: { pem: ca.pem, certificate: ca.certificate }, certificates }
}

/**
 * Takes the server PKI from certs/server/, making or renewing what is missing, broken or running
 * out.
 * @param certsDir the folder `certs/`; made if it isn't there
 * @param now as for `createServerPki`
 */
export async function ensureServerPki(
  certsDir: string,
  names: ServerNames,
  world: World,
  now = world.clock.now(),
): Promise<EnsuredPki | { problem: Problem }> {
  const folder = join(certsDir, 'server')
  const ensured = await ensureServerCa(certsDir, world, now)
  if ('problem' in ensured) return ensured
  const { ca, caFile, made } = ensured
  const reasons: string[] = []
  const certificates: ServerCertificate[] = []
  let signer: Authority | undefined
  for (const kind of kinds) {
    const kept = await readServerCertificate(folder, fileStem(kind))
    if (kept && 'problem' in kept) return kept
    const why = kept ? whyRenew(kept, ca.certificate, names, now) : undefined
    if (kept && why === undefined && !('broken' in kept)) {
      certificates.push({ kind, ...kept })
      continue
    }
    if (why !== undefined && !reasons.includes(why)) reasons.push(why)
    // The CA's key is looked for only when something has to be signed.
    const authority = signer ?? (await signingAuthority(folder))
    if ('problem' in authority) return authority
    signer = authority
    const issued = await issue(kind, names, signer, now, world)
    const problem = await writeServerCertificate(issued, folder, world)
    if (problem) return { problem }
    made.push(join(folder, `${fileStem(kind)}.pem`), join(folder, `${fileStem(kind)}.key`))
    certificates.push(issued)
  }
  const why = reasons.join('; ')
  return { pki: { ca, certificates }, caFile, made, ...(why !== '' && { why }) }
}

/**
 * Takes the server CA from certs/server/, or makes it: a device needs its certificate before the
 * broker first runs.
 * @returns `caFile`, the file that devices need, and the files made now
 */
export async function ensureServerCa(
  certsDir: string,
  world: World,
  now = world.clock.now(),
): Promise<{ ca: ServerPki['ca']; caFile: string; made: string[] } | { problem: Problem }> {
  const folder = join(certsDir, 'server')
  const caFile = join(folder, 'ca.pem')
  const kept = await readAuthorityCertificate(folder)
  if (kept && 'problem' in kept) return kept
  if (kept) {
    const problem = now >= kept.certificate.notAfter ? ranOut(kept.certificate, folder) : undefined
    return problem ? { problem } : { ca: kept, caFile, made: [] }
  }
  const half = await readAuthority(folder)
  if (half && 'problem' in half) return half
  const ca = await createServerCa(now, world)
  const keyFile = join(folder, 'ca.key')
  try {
    const files = [
      { name: 'ca.key', content: ca.keyPem, secret: true as const },
      { name: 'ca.pem', content: ca.pem },
    ]
    if (!(await writeFolder(folder, files, certsDir, world))) {
      // The folder is there: another command made it this moment, or somebody removed only the CA.
      const other = await readAuthorityCertificate(folder)
      if (other && 'problem' in other) return other
      if (other) return { ca: other, caFile, made: [] }
      await writeFileWhole(keyFile, { content: ca.keyPem, secret: true }, world)
      await writeFileWhole(caFile, { content: ca.pem }, world)
    }
  } catch (error) {
    const problem = fileProblem(error, folder)
    if (!problem) throw error
    return { problem }
  }
  return {
    ca: { pem: ca.pem, certificate: ca.certificate },
    caFile,
    made: [caFile, keyFile],
  }
}

function createServerCa(now: number, world: World): Promise<Authority> {
  // Two CAs of the same name and different keys are hard to tell apart in a device's trust store:
  // hence the number.
  const number = world.random(3).toString('hex')
  return createAuthority(
    {
      subject: [
        ['O', 'Candid'],
        ['CN', `Candid server CA ${number}`],
      ],
      keyType: 'rsa',
      notBefore: now - day,
      notAfter: now + 3652 * day,
      pathLength: 0,
    },
    world,
  )
}

async function issue(
  kind: ServerCertificateKind,
  { names, addresses }: ServerNames,
  issuer: Authority,
  now: number,
  world: World,
): Promise<ServerCertificate> {
  const { publicKey, privateKey } = await generateKeys(kind === 'RSA' ? 'rsa' : 'ec')
  const der = mint({
    subject: [
      ['O', 'Candid'],
      ['CN', names.find(name => name.length <= 64) ?? 'localhost'],
    ],
    publicKey,
    issuer,
    serial: serialNumber(world),
    // A device whose clock is a few hours behind must not fail on a certificate made this minute:
    // AWS's are months old.
    notBefore: now - day,
    notAfter: Math.min(now + 397 * day, issuer.certificate.notAfter),
    isCa: false,
    // keyEncipherment: the suites without ECDHE, which AWS still takes, encrypt to the RSA key.
    keyUsage: kind === 'RSA' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'],
    extendedKeyUsage: ['serverAuth'],
    dnsNames: names,
    ipAddresses: addresses,
  })
  return {
    kind,
    pem: toPem('CERTIFICATE', der),
    keyPem: privateKeyPem(privateKey),
    certificate: mustRead(der),
  }
}

async function signingAuthority(folder: string): Promise<Authority | { problem: Problem }> {
  const authority = await readAuthority(folder)
  if (authority) return authority
  // It was there a moment ago.
  return {
    problem: { says: `\`${folder}\`: the server CA has vanished`, hint: 'start again' },
  }
}

async function writeServerCertificate(
  issued: ServerCertificate,
  folder: string,
  world: World,
): Promise<Problem | undefined> {
  const stem = join(folder, fileStem(issued.kind))
  try {
    await writeFileWhole(`${stem}.key`, { content: issued.keyPem, secret: true }, world)
    await writeFileWhole(`${stem}.pem`, { content: issued.pem }, world)
    return undefined
  } catch (error) {
    const problem = fileProblem(error, `${stem}.pem`)
    if (!problem) throw error
    return problem
  }
}

function ranOut(ca: Certificate, folder: string): Problem {
  const date = new Date(ca.notAfter).toISOString().slice(0, 10)
  return {
    says: `\`${join(folder, 'ca.pem')}\`: the server CA ran out on ${date}`,
    hint: `remove \`${folder}\`, start again, and give the new ca.pem to your devices`,
  }
}

function fileStem(kind: ServerCertificateKind): string {
  return kind === 'RSA' ? 'rsa' : 'ecdsa'
}

const day = 24 * 60 * 60 * 1000
const kinds: ServerCertificateKind[] = ['RSA', 'ECDSA']
