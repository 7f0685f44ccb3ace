/** Certificates as people name them: by id, the beginning of one, ARN, or a file that holds the certificate. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { shown } from '../config/words.ts'
import type { DeclaredAuthority, DeclaredDevice } from '../registry/declared/declared-shape.ts'
import { readCertificate } from '../x509/certificate.ts'
import { readPemOrDer } from '../x509/pem.ts'
import { need, type Registry, type Stop, stopped } from './in-registry.ts'

export type NamedCertificate = { id: string; declared?: DeclaredDevice }
export type NamedAuthority = { id: string; declared?: DeclaredAuthority }

export async function namedCertificate(
  name: string,
  registry: Registry,
): Promise<NamedCertificate | { stopped: Stop }> {
  const { devices } = await registry.declared()
  const list = () => registry.all('ListCertificates', 'certificates')
  const known = devices.map(one => one.certificateId)
  const found = await identified(name, known, list, CERTIFICATE, registry)
  if ('stopped' in found) return found
  const declared = devices.find(one => one.certificateId === found.id)
  return { id: found.id, ...(declared && { declared }) }
}

/** A CA may be named as its folder is, too. */
export async function namedAuthority(
  name: string,
  registry: Registry,
): Promise<NamedAuthority | { stopped: Stop }> {
  const { authorities } = await registry.declared()
  const list = () => registry.all('ListCACertificates', 'certificates')
  const byName = authorities.find(one => one.name === name)
  const known = authorities.map(one => one.id)
  const found = byName
    ? { id: byName.id }
    : await identified(name, known, list, AUTHORITY, registry)
  if ('stopped' in found) return found
  const declared = authorities.find(one => one.id === found.id)
  return { id: found.id, ...(declared && { declared }) }
}

/** Enough of an id for people; less would be a guess. */
const SHORTEST = 6

async function identified(
  name: string,
  declared: string[],
  list: () => ReturnType<Registry['all']>,
  { noun, ways }: Kind,
  { io }: Registry,
): Promise<{ id: string } | { stopped: Stop }> {
  const whole = /^(?:arn:.*:(?:ca)?cert\/)?([0-9a-f]{64})$/i.exec(name)?.[1]
  if (whole !== undefined) return { id: whole.toLowerCase() }
  const inFile = await idInFile(resolve(io.cwd, name))
  if (inFile === 'none') {
    return stopped([{ says: `the file ${shown(name)} holds no certificate`, hint: ways }])
  }
  if (inFile !== undefined) return inFile
  if (name.length < SHORTEST || !/^[0-9a-f]+$/i.test(name)) {
    return stopped([{ says: `${shown(name)} names no ${noun}`, hint: ways }])
  }
  const listed = await need(list())
  if ('stopped' in listed) return listed
  const items = (listed.value['certificates'] ?? []) as { certificateId?: string }[]
  const ids = new Set([...declared, ...items.map(one => one.certificateId ?? '')])
  const fitting = [...ids].filter(id => id.startsWith(name.toLowerCase())).sort()
  const [first, second] = fitting
  if (first === undefined) {
    return stopped([{ says: `no ${noun} begins with ${shown(name)}`, hint: ways }])
  }
  if (second === undefined) return { id: first }
  const hint = `give more of it: ${fitting
    .slice(0, 4)
    .map(id => id.slice(0, 16))
    .join(', ')}`
  return stopped([{ says: `${fitting.length} ${noun}s begin with ${shown(name)}`, hint }])
}

type Kind = { noun: string; ways: string }

const WAYS = `give its id, at least ${SHORTEST} characters of it, its ARN, or its file`
const CERTIFICATE: Kind = { noun: 'certificate', ways: WAYS }
const AUTHORITY: Kind = {
  noun: 'CA',
  ways: `${WAYS}; of a declared one the name of its folder. candid ca list shows what is there`,
}

/** @returns undefined where there is no such file */
async function idInFile(path: string): Promise<{ id: string } | 'none' | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  if (bytes === undefined) return undefined
  const [der] = readPemOrDer(bytes).certificates
  const reading = der && readCertificate(der)
  return reading?.ok ? { id: reading.certificate.sha256 } : 'none'
}
