/** `candid ca create`: a signer CA to try provisioning with, made and registered in one step. */

import { join, resolve } from 'node:path'
import type { NewFile } from '../registry/files.ts'
import {
  authorityExists,
  createAuthority,
  writeAuthority,
} from '../registry/pki/create-authority.ts'
import { authorityMistakes, firstConnectLines } from './authority-words.ts'
import type { Command, Given } from './flags.ts'
import { inProject } from './in-project.ts'
import { exits, type Io } from './io.ts'
import { exists, near, type Project, shellWord } from './project.ts'
import { complain, print, printJson } from './say.ts'
import { writeCopies } from './write-copies.ts'

export const command: Command = {
  usage: ['candid ca create NAME [--template NAME] [--out DIR]'],
  says: [
    'makes a CA (P-256, ten years) whose devices are registered at their first connect',
    'its files go to certs/authorities/NAME/',
  ],
  flags: {
    template: {
      value: 'NAME',
      says: 'a file of policies/templates/, without .json: JITP (without: JITR)',
    },
    out: { value: 'DIR', says: 'put certificate and key here too' },
    config: { value: 'FILE', says: 'the project (default: ./config.yaml)' },
  },
  takes: ['NAME'],
}

export function run(args: string[], io: Io): Promise<number> {
  return inProject(args, command, io, (given, project) => create(given, project, io))
}

async function create(given: Given, project: Project, io: Io): Promise<number> {
  const json = given.has('json')
  const name = given.plain[0] ?? ''
  const template = given.value('template')
  const invalid = await authorityMistakes(name, template, project, io)
  if (invalid.length > 0) return complain(invalid, exits.invalid, io, json)
  const folder = join(project.certsDir, 'authorities', name)
  if (await exists(folder)) {
    return complain([authorityExists(name, near(folder, io))], exits.failed, io, json)
  }
  const now = io.world.clock.now()
  const authority = await createAuthority(
    {
      subject: [['CN', name]],
      keyType: 'ec',
      notBefore: now - minute,
      notAfter: now + 3652 * 24 * 60 * minute,
    },
    io.world,
  )
  const out = given.has('out') ? resolve(io.cwd, given.value('out') ?? '.') : undefined
  if (out !== undefined) {
    const files: NewFile[] = [
      { name: 'ca.pem', content: authority.pem },
      { name: 'ca.key', content: authority.keyPem, secret: true },
    ]
    const problem = await writeCopies(files, out, io)
    if (problem) return complain([problem], exits.failed, io, json)
  }
  const settings = {
    status: 'ACTIVE' as const,
    autoRegistration: 'ENABLE' as const,
    ...(template !== undefined && { template }),
  }
  const written = await writeAuthority(name, authority, settings, project.certsDir, io.world)
  if ('problem' in written) return complain([written.problem], exits.failed, io, json)

  const id = authority.certificate.sha256
  const { certificate, declaration, key = '' } = written.files
  const commands = signingCommands(near(certificate, io), near(key, io))
  if (json) {
    const files = {
      certificate: near(certificate, io),
      key: near(key, io),
      declaration: near(declaration, io),
    }
    printJson({ name, caCertificateId: id, template: template ?? null, files, commands }, io)
    return exits.fine
  }
  print(
    [
      `CA \`${name}\` is made and registered: ACTIVE, auto-registration on`,
      `caCertificateId ${id}`,
      '',
      ...[certificate, key, declaration].map(file => `  ${near(file, io)}`),
      ...(out === undefined ? [] : [`  certificate and key are in ${near(out, io)} too`]),
      '',
      ...firstConnectLines(id, template, true),
      '',
      'sign a device certificate with it:',
      ...commands.map(line => `  ${line}`),
    ],
    io,
  )
  return exits.fine
}

/** Two commands that any OpenSSL from 1.1.1 on understands. */
function signingCommands(certificate: string, key: string): string[] {
  const signer = `-CA ${shellWord(certificate)} -CAkey ${shellWord(key)} -CAcreateserial`
  return [
    'openssl req -new -newkey rsa:2048 -nodes -keyout device.key -out device.csr -subj /CN=sensor-1',
    `openssl x509 -req -in device.csr ${signer} -sha256 -days 3650 -out device.pem`,
  ]
}

const minute = 60 * 1000
