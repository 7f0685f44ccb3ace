/** `candid explain --hello FILE`: what a captured ClientHello offers, who sent it, and what this project would answer. */

import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { configOf, firstListener } from '../config/listeners.ts'
import type { Config } from '../config/shape.ts'
import { shown } from '../config/words.ts'
import type { Asks } from '../connection/hello-demands.ts'
import { judgeHello, type OfflineHello } from '../connection/offline-hello.ts'
import { fileProblem } from '../registry/files.ts'
import { serverNames } from '../registry/pki/server-names.ts'
import type { Given } from './flags.ts'
import { exits, type Io } from './io.ts'
import { openProject } from './project.ts'
import { complain, print, printJson, reject, spokenLines, table } from './say.ts'

/** Exit code 2: this project would refuse it; 3: it is no ClientHello. */
export async function explainHelloFile(file: string, given: Given, io: Io): Promise<number> {
  const json = given.has('json')
  const bytes = await read(file, io)
  if (!Buffer.isBuffer(bytes)) return reject(bytes, io, json)
  const opened = await openProject(given.value('config'), io)
  if ('problems' in opened) return complain(opened.problems, exits.invalid, io, json)
  const judged = judgeHello(bytes, asksOf(opened.project.config))
  if (!judged.ok) {
    const { says, hint = 'give the bytes of a ClientHello as they came, or as hex text' } = judged
    return reject({ says: `${shown(file)}: ${says}`, hint }, io, json)
  }
  if (json) printJson(asData(judged), io)
  else print(asLines(judged), io)
  return judged.refusals.length > 0 ? exits.refused : exits.fine
}

type Judged = Extract<OfflineHello, { ok: true }>

/** Of the first listener: the one that commands are made for. Certificates of the user's own are not read for this. */
function asksOf(config: Config): Asks {
  const listener = firstListener(config)
  const own = configOf(config, listener)
  const { names, addresses } = serverNames(config.tls.names)
  const local = own.tls.serverCertificates.every(item => typeof item === 'string')
  return {
    config: own,
    port: listener.port,
    endpointName: hostname(),
    names: local ? [...names, ...addresses] : undefined,
    own: !local,
  }
}

async function read(file: string, io: Io): Promise<Buffer | { says: string; hint?: string }> {
  try {
    return await readFile(resolve(io.cwd, file))
  } catch (error) {
    const problem = fileProblem(error, file)
    if (!problem) throw error
    return problem
  }
}

function asData({ hello, deviceClock, securityPolicy, chosen, refusals, notes }: Judged) {
  return {
    verdict: refusals.length > 0 ? 'refused' : 'accepted',
    hello,
    ...(deviceClock !== undefined && { deviceClock }),
    securityPolicy,
    chosen: chosen ?? null,
    problems: refusals.map(({ code, says, remedy, evidence }) => ({
      code,
      says,
      remedy,
      evidence,
    })),
    notes,
  }
}

function asLines(judged: Judged): string[] {
  const { hello, deviceClock, securityPolicy, chosen, refusals, notes } = judged
  const { stack } = hello
  const who = stack.variant === undefined ? stack.name : `${stack.name} (${stack.variant})`
  const lines = table([
    ['stack', `${who}, confidence ${stack.confidence}: ${stack.why}`],
    ...(deviceClock === undefined ? [] : [['device clock', deviceClock]]),
    ['versions', hello.versions.join(' ')],
    ['suites', hello.cipherSuites.join(' ')],
    ['groups', hello.groups.join(' ') || 'none'],
    ['key shares', hello.keyShares.join(' ') || 'none'],
    ['signatures', hello.signatureAlgorithms.join(' ') || 'none'],
    ['server name', hello.sni ?? 'none'],
    ['ALPN', hello.alpn.join(' ') || 'none'],
    ['extensions', hello.extensions.join(' ') || 'none'],
    ['JA3', hello.ja3],
    ['JA4', hello.ja4],
  ])
  lines.push('')
  if (chosen) {
    const [first = '', ...others] = chosen.suites
    const more = others.length === 0 ? '' : ` (${others.length} more in common)`
    const group = chosen.group === undefined ? 'no group' : `group ${chosen.group}`
    const retry = chosen.retry ? ', which it is asked for by a HelloRetryRequest' : ''
    lines.push(
      `accepted by ${securityPolicy}: ${chosen.version}, ${first}${more}, ${group}${retry}`,
    )
  }
  for (const { code, says, remedy } of refusals) {
    lines.push(...spokenLines({ says: `refused: ${code}: ${says}`, hint: remedy }))
  }
  lines.push(...notes.map(note => `note: ${note}`))
  return lines
}
