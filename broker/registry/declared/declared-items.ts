/**
 * Devices and CAs as declared: in config.yaml's lists, in certs/devices/NAME/device.yaml and in
 * certs/authorities/NAME/authority.yaml.
 */

import { basename, dirname, extname, join, resolve } from 'node:path'
import type { ConfigProblem } from '../../config/fields.ts'
import { loadAuthorityItem, loadDeviceItem } from '../../config/items.ts'
import type { AuthorityItem, Config, DeviceItem } from '../../config/shape.ts'
import { type CertificateOnDisk, readDeclaredCertificate } from './declared-certificate.ts'
import { byText, namesIn, quotedPath, readText, type Site, shownPath } from './declared-files.ts'
import type { DeclaredAuthority, DeclaredDevice } from './declared-shape.ts'

/** A declared thing, and the line of its declaration where that tells anything. */
export type Placed<T> = { good: T; line?: number }

export function readAuthorities(
  config: Config,
  site: Site,
  previous: DeclaredAuthority[],
): Promise<Placed<DeclaredAuthority>[]> {
  return readItems(config, site, previous, {
    list: config.authorities,
    folder: 'authorities',
    fileName: 'authority.yaml',
    load: loadAuthorityItem,
    make: authorityFrom,
    id: authority => authority.id,
  })
}

export function readDevices(
  config: Config,
  site: Site,
  previous: DeclaredDevice[],
): Promise<Placed<DeclaredDevice>[]> {
  return readItems(config, site, previous, {
    list: config.devices,
    folder: 'devices',
    fileName: 'device.yaml',
    load: loadDeviceItem,
    make: deviceFrom,
    id: device => device.certificateId,
  })
}

type Item = { certificate: string; line: number }
type Place = { file: string; certificateFile: string; line?: number }
type Proof = Pick<CertificateOnDisk, 'certificate' | 'pem'>

type Kind<I, T> = {
  list: I[]
  folder: string
  fileName: string
  load(text: string): { item?: I; problems: ConfigProblem[] }
  /** Undefined: what was reported makes the declaration worthless. */
  make(item: I, proof: Proof, place: Place, site: Site): T | undefined
  id(made: T): string
}

async function readItems<
  I extends Item,
  T extends { file: string; certificateFile: string } & Proof,
>(config: Config, site: Site, previous: T[], kind: Kind<I, T>): Promise<Placed<T>[]> {
  const placed: Placed<T>[] = []
  const keep = (kept: T[], line?: number) =>
    placed.push(...kept.map(good => ({ good, ...(line === undefined ? {} : { line }) })))

  for (const item of kind.list) {
    const place = placeOf(item, site.configFile, site)
    const before = previous.filter(
      one => one.file === place.file && one.certificateFile === place.certificateFile,
    )
    keep(await readItem(item, { ...place, line: item.line }, site, before, kind), item.line)
  }

  const folder = resolve(site.baseDir, config.certs, kind.folder)
  const names = await namesIn(folder, 'folder', site)
  // A folder that can't be read tells nothing about what is in it.
  if (!names) keep(previous.filter(one => one.file !== site.configFile))
  for (const name of names ?? []) {
    const inside = await namesIn(join(folder, name), 'file', site)
    const file = shownPath(join(folder, name, kind.fileName), site)
    const before = previous.filter(one => one.file === file)
    if (inside && !inside.includes(kind.fileName)) reportMisnamed(inside, kind.fileName, file, site)
    else keep(await readItemFile(file, site, before, kind))
  }

  placed.sort((a, b) => byText(a.good.file, b.good.file) || (a.line ?? 0) - (b.line ?? 0))
  return withoutTwins(placed, site, kind)
}

async function readItemFile<I extends Item, T extends { certificateFile: string } & Proof>(
  file: string,
  site: Site,
  before: T[],
  kind: Kind<I, T>,
): Promise<T[]> {
  const read = await readText(resolve(site.baseDir, file))
  if (!read.ok) {
    site.report({ file, severity: 'error', says: read.says, ...(read.hint && { hint: read.hint }) })
    return before
  }
  const { item, problems } = kind.load(read.text)
  for (const { line, path, says, hint } of problems) {
    const about = path === '' ? says : `${path}: ${says}`
    site.report({ file, line, severity: 'error', says: about, ...(hint && { hint }) })
  }
  return item ? readItem(item, placeOf(item, file, site), site, before, kind) : before
}

/**
 * @param before the last good state; where only the certificate is broken, all else is taken from
 * the declaration
 */
async function readItem<I extends Item, T extends { certificateFile: string } & Proof>(
  item: I,
  place: Place,
  site: Site,
  before: T[],
  kind: Kind<I, T>,
): Promise<T[]> {
  const read = await readDeclaredCertificate(resolve(site.baseDir, place.certificateFile))
  const { file, line, certificateFile } = place
  const at = { file, ...(line === undefined ? {} : { line }) }
  if (!read.ok) {
    const says = `${quotedPath(certificateFile)}: ${read.says}`
    site.report({ ...at, severity: 'error', says, ...(read.hint && { hint: read.hint }) })
    const last = before.find(one => one.certificateFile === certificateFile)
    const made = last && kind.make(item, last, place, site)
    return made ? [made] : before
  }
  if (read.keys > 0) {
    const says = `${quotedPath(certificateFile)} holds a private key too`
    const hint = 'candid needs the certificate only: take the key out'
    site.report({ ...at, severity: 'warning', says, hint })
  }
  const made = kind.make(item, read, place, site)
  return made ? [made] : before
}

function authorityFrom(
  { status, autoRegistration, template }: AuthorityItem,
  { certificate, pem }: Proof,
  place: Place,
  site: Site,
): DeclaredAuthority | undefined {
  const { line, ...files } = place
  const at = { file: place.file, ...(line === undefined ? {} : { line }) }
  const bits = Number(/^RSA (\d+)$/.exec(certificate.key)?.[1] ?? 2048)
  if (bits < 2048) {
    const says = `${quotedPath(place.certificateFile)} has a key of ${bits} bits`
    const hint = 'AWS takes CAs with RSA keys of 2048 bits and more, or with EC keys'
    site.report({ ...at, severity: 'error', says, hint })
    return undefined
  }
  if (!certificate.isCa) {
    const says = `${quotedPath(place.certificateFile)} is not marked as a CA`
    const hint = 'a CA certificate has basicConstraints CA:TRUE: is this a device certificate?'
    site.report({ ...at, severity: 'warning', says, hint })
  }
  const name =
    place.file === site.configFile
      ? basename(place.certificateFile, extname(place.certificateFile))
      : basename(dirname(place.file))
  const settings = { status, autoRegistration, ...(template && { templateName: template }) }
  return { id: certificate.sha256, certificate, pem, ...settings, ...files, name }
}

function deviceFrom(
  { status, thing, policies, thingType, attributes, thingPrincipalType }: DeviceItem,
  { certificate, pem }: Proof,
  { file, certificateFile }: Place,
): DeclaredDevice {
  const named = { ...(thing !== undefined && { thingName: thing }), policyNames: policies }
  return {
    certificateId: certificate.sha256,
    certificate,
    pem,
    status,
    ...named,
    about: {
      ...(thingType === undefined ? {} : { thingType }),
      ...(attributes === undefined ? {} : { attributes }),
      ...(thingPrincipalType === undefined ? {} : { thingPrincipalType }),
    },
    file,
    certificateFile,
  }
}

function placeOf(item: Item, file: string, site: Site): Place {
  const path = resolve(site.baseDir, dirname(file), item.certificate)
  return { file, certificateFile: shownPath(path, site) }
}

/** One certificate is registered once: the first declaration counts. */
function withoutTwins<I, T extends { file: string; certificateFile: string }>(
  placed: Placed<T>[],
  site: Site,
  kind: Kind<I, T>,
): Placed<T>[] {
  const first = new Map<string, T>()
  return placed.filter(({ good, line }) => {
    const id = kind.id(good)
    const twin = first.get(id)
    if (!twin) {
      first.set(id, good)
      return true
    }
    const elsewhere = twin.file === good.file ? '' : `, first in ${quotedPath(twin.file)}`
    const says = `the certificate in ${quotedPath(good.certificateFile)} is declared twice${elsewhere}`
    const at = { file: good.file, ...(line === undefined ? {} : { line }) }
    site.report({ ...at, severity: 'error', says, hint: 'take one of the two out' })
    return false
  })
}

function reportMisnamed(inside: string[], wanted: string, file: string, site: Site): void {
  const other = inside.find(name => /\.ya?ml$/i.test(name))
  if (other === undefined) return
  const misnamed = `${dirname(file)}/${other}`
  const hint = `rename the file to \`${wanted}\``
  site.report({ file: misnamed, severity: 'warning', says: 'is not read', hint })
}
