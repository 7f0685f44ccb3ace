/**
 * `candid explain FILE`: what the broker would say of this certificate, against the CAs and devices
 * of the project.
 */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { shown } from '../config/words.ts'
import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import { readDeclared } from '../registry/declared/declared.ts'
import type { DeclaredDevice } from '../registry/declared/declared-shape.ts'
import { fileProblem } from '../registry/files.ts'
import { type Certificate, describe, readCertificate } from '../x509/certificate.ts'
import { type Anchor, type Judgement, judgeChain } from '../x509/judge.ts'
import { type CertificateFile, readPemOrDer } from '../x509/pem.ts'
import type { ChainProblem } from '../x509/problem.ts'
import type { Given } from './flags.ts'
import { exits, type Io } from './io.ts'
import { openProject } from './project.ts'
import { complain, print, printJson, type Spoken, spokenLines, table, talk } from './say.ts'

type Told = Diagnosis & { refuses: boolean }

/**
 * Judges FILE and `--chain` FILEs as if a device had sent them in this order. Exit code 2: refused.
 */
export async function judgeCertificateFile(given: Given, io: Io): Promise<number> {
  const json = given.has('json')
  const sent = await readFiles([...given.plain, ...given.values('chain')], io)
  const cas = await readFiles(given.values('ca'), io)
  const unread = [...sent.problems, ...cas.problems]
  const ders = sent.ders
  if (unread.length > 0) return complain(unread, exits.invalid, io, json)
  const anchors: Anchor[] = []
  for (const der of cas.ders) {
    const reading = readCertificate(der)
    if (!reading.ok) {
      const problem = {
        says: `a CA can't be read: ${reading.says}`,
        hint: 'look at it alone: candid explain FILE',
      }
      return complain([problem], exits.invalid, io, json)
    }
    anchors.push({ id: reading.certificate.sha256, certificate: reading.certificate })
  }
  const opened = await openProject(given.value('config'), io)
  if ('problems' in opened) return complain(opened.problems, exits.invalid, io, json)
  const { config, baseDir } = opened.project
  const { declared, problems: broken } = await readDeclared(config, baseDir)
  // A CA that can't be read isn't there for this judgement: that must be seen beside it.
  talk(
    broken.flatMap(({ file, says, hint }) => spokenLines(withHint(`${file}: ${says}`, hint))),
    io,
  )
  const now = io.world.clock.now()
  const judgement = judgeChain(ders, [...declared.authorities, ...anchors], now)
  const device = declared.devices.find(
    ({ certificateId }) => certificateId === judgement.leaf?.sha256,
  )
  // A certificate that is registered itself needs no registered CA: AWS looks it up by its SHA-256.
  const problems = judgement.problems.filter(({ code }) => !device || !issuerCodes.has(code))
  const told = problems.map(tell)
  if (device && device.status !== 'ACTIVE') told.push(tellStatus(device, device.status))
  const refused = told.some(({ refuses }) => refuses)
  const notes = [...sent.notes, ...cas.notes]
  if (json) printJson({ ...asData(judgement, device, told, refused), notes }, io)
  else print([...asLines(judgement, device, told), ...notes.map(note => `note: ${note}`)], io)
  return refused ? exits.refused : exits.fine
}

type FilesRead = { ders: Buffer[]; problems: Spoken[]; notes: string[] }

/** All certificates of these files, in order. A file without any is a problem; a file with a broken block, a note. */
async function readFiles(files: string[], io: Io): Promise<FilesRead> {
  const found: FilesRead = { ders: [], problems: [], notes: [] }
  for (const file of files) {
    const read = await readCertificateFile(file, io)
    if ('unread' in read) {
      found.problems.push(read.unread)
      continue
    }
    const {
      certificates,
      keys,
      problem,
      hint = 'give a certificate, as PEM or DER',
      notes = [],
    } = read
    const name = shown(file)
    if (certificates.length === 0) {
      const says = problem ?? (keys > 0 ? 'a private key' : 'no certificate in it')
      found.problems.push({ says: `${name}: ${says}`, hint: hint.replaceAll('FILE', file) })
    } else if (problem !== undefined) found.notes.push(`${name}: ${problem}`)
    found.notes.push(...notes.map(note => `${name}: ${note}`))
    found.ders.push(...certificates)
  }
  return found
}

async function readCertificateFile(
  file: string,
  io: Io,
): Promise<CertificateFile | { unread: Spoken }> {
  try {
    return readPemOrDer(await readFile(resolve(io.cwd, file)))
  } catch (error) {
    const problem = fileProblem(error, file)
    if (!problem) throw error
    return { unread: problem }
  }
}

function withHint(says: string, hint: string | undefined): Spoken {
  return hint === undefined ? { says } : { says, hint }
}

function tell(problem: ChainProblem): Told {
  // Each problem's evidence is of its own code's type; through a variable code the compiler can't
  // follow.
  const { code, evidence, refuses } = problem
  return { ...diagnose(code, evidence as never), refuses }
}

function tellStatus(
  device: DeclaredDevice,
  status: Exclude<DeclaredDevice['status'], 'ACTIVE'>,
): Told {
  const { certificateId, thingName, file } = device
  const evidence = { certificateId, status, ...(thingName !== undefined && { thingName }), file }
  return { ...diagnose(`REGISTRATION_${status}`, evidence), refuses: true }
}

function asData(
  judgement: Judgement,
  device: DeclaredDevice | undefined,
  told: Told[],
  refused: boolean,
) {
  return {
    verdict: refused ? 'refused' : 'accepted',
    certificateId: judgement.leaf?.sha256 ?? null,
    chain: judgement.chain.map(describe),
    path: { anchor: judgement.anchor?.id ?? null, links: judgement.links },
    device: device && {
      thingName: device.thingName,
      status: device.status,
      policies: device.policyNames,
    },
    problems: told.map(({ code, refuses, says, remedy, evidence }) => ({
      code,
      refuses,
      says,
      remedy,
      evidence,
    })),
  }
}

function asLines(judgement: Judgement, device: DeclaredDevice | undefined, told: Told[]): string[] {
  const lines = judgement.chain.flatMap((certificate, index) => [
    ...(index === 0 ? [] : ['', `certificate ${index + 1}`]),
    ...certificateLines(certificate),
  ])
  if (judgement.links.length > 0) lines.push('', ...judgement.links)
  lines.push('')
  if (device) lines.push(registeredLine(device))
  else if (judgement.anchor) {
    lines.push(`signed by a registered CA: ${judgement.anchor.certificate.subject}`)
  }
  for (const { code, says, remedy, refuses } of told) {
    const words = `${refuses ? 'refused' : 'note'}: ${code}: ${says}`
    lines.push(...spokenLines({ says: words, hint: remedy }))
  }
  if (told.length === 0) lines.push('nothing is wrong with it')
  return lines
}

function certificateLines(certificate: Certificate): string[] {
  const told = describe(certificate)
  return table([
    ['subject', told.subject],
    ['issuer', told.issuer],
    ['serial', told.serialNumber],
    ['valid', `${told.notBefore} to ${told.notAfter}`],
    ['key', told.key],
    ['signature', told.signature],
    ['key id', told.subjectKeyId ?? 'none'],
    ['issuer key id', told.authorityKeyId ?? 'none'],
    ['CA', told.isCa ? 'yes' : 'no'],
    ['SHA-256', `${told.sha256} (the certificateId)`],
  ])
}

function registeredLine({ thingName, status, policyNames, file }: DeclaredDevice): string {
  const thing = thingName === undefined ? 'no thing' : `thing \`${thingName}\``
  const policies =
    policyNames.length === 0 ? 'no policy' : policyNames.map(name => shown(name)).join(', ')
  return `registered in ${file}: ${thing}, ${status}, ${policies}`
}

/** Problems that come from no registered CA having signed the leaf. */
const issuerCodes: ReadonlySet<string> = new Set([
  'CERTIFICATE_ISSUER_UNKNOWN',
  'CERTIFICATE_SIGNER_MISMATCH',
])
