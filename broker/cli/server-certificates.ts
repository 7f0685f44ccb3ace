/** The server certificates of a project: the local PKI in certs/server/, and those of the user's own that the config names. */

import { readFile } from 'node:fs/promises'
import { basename, relative, resolve } from 'node:path'
import { configOf, firstListener } from '../config/listeners.ts'
import type { Config, ServerCertificateItem } from '../config/shape.ts'
import { fileProblem, type Problem } from '../registry/files.ts'
import { serverNames } from '../registry/pki/server-names.ts'
import {
  ownItems,
  ownRemarks,
  readOwnCertificates,
  readOwnFiles,
} from '../registry/pki/server-own.ts'
import { type EnsuredPki, ensureServerPki } from '../registry/pki/server-pki.ts'
import type { World } from '../world.ts'
import type { Io } from './io.ts'

type Place = { configFile?: string; baseDir: string }

/** The local PKI with the certificates of the user's own, or all that is in the way. */
export async function serverPki(
  config: Config,
  { baseDir, configFile }: Place,
  world: World,
): Promise<(EnsuredPki & { remarks: Problem[] }) | { problems: Problem[] }> {
  // Clients judge our certificate by the real time, whatever --clock says.
  const names = serverNames(config.tls.names)
  const ensured = await ensureServerPki(resolve(baseDir, config.certs), names, world, Date.now())
  if ('problem' in ensured) return { problems: [ensured.problem] }
  const read = await readOwnCertificates(certificateLists(config), item =>
    readOwnFiles(item, baseDir),
  )
  if ('problems' in read) {
    const file = configFile === undefined ? 'config.yaml' : basename(configFile)
    const problems = read.problems.map(({ line, says, hint }) => ({
      says: `${file}${line === undefined ? '' : `:${line}`}: ${says}`,
      hint,
    }))
    return { problems }
  }
  const { own } = read
  const remarks = ownRemarks(own, [...names.names, ...names.addresses], world.clock.now())
  const { certificates } = ensured.pki
  return { ...ensured, pki: { ...ensured.pki, certificates: [...certificates, ...own] }, remarks }
}

/** `ca` of `broker.ready`: nothing where the listener's certificates are the user's own, and the config names no CA. */
export function readyCa(
  config: Config,
  { baseDir }: Place,
  caFile: string,
  io: Io,
): { ca?: string } {
  const items = configOf(config, firstListener(config)).tls.serverCertificates
  if (items.some(item => typeof item === 'string')) return { ca: relative(io.cwd, caFile) }
  const own = ownCaFile(config)
  return own === undefined ? {} : { ca: relative(io.cwd, resolve(baseDir, own)) }
}

/** Every file that `serverCertificates` names, as it is written there. */
export function ownFiles(config: Config): string[] {
  return ownItems(certificateLists(config).flat()).flatMap(({ certificate, key, ca }) => [
    certificate,
    key,
    ...(ca === undefined ? [] : [ca]),
  ])
}

/**
 * The CA (PEM) that a device needs for the first listener, where that is not the local one.
 * @returns nothing where it is the local one, or where the config doesn't name it
 */
export async function ownCa(
  config: Config,
  baseDir: string,
): Promise<{ pem: string } | { problem: Problem } | undefined> {
  const file = ownCaFile(config)
  if (file === undefined) return undefined
  try {
    return { pem: await readFile(resolve(baseDir, file), 'utf8') }
  } catch (error) {
    const problem = fileProblem(error, file)
    if (!problem) throw error
    return { problem }
  }
}

/** Where a listener serves the local PKI too, its CA is the one to tell. */
function ownCaFile(config: Config): string | undefined {
  const items = configOf(config, firstListener(config)).tls.serverCertificates
  if (items.some(item => typeof item === 'string')) return undefined
  return ownItems(items).find(({ ca }) => ca !== undefined)?.ca
}

function certificateLists(config: Config): ServerCertificateItem[][] {
  return config.listeners.map(listener => configOf(config, listener).tls.serverCertificates)
}
