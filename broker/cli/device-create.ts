/**
 * `candid device create`: what `aws iot create-keys-and-certificate`, a thing and a policy are on
 * AWS, in one step.
 */

import { join, resolve } from 'node:path'
import { firstListener } from '../config/listeners.ts'
import { shown } from '../config/words.ts'
import { runningPort } from '../control/reach.ts'
import {
  type CreatedDevice,
  createDevice,
  deviceExists,
  deviceFileNames,
  deviceFiles,
  ensureDevicesCa,
  isThingName,
  writeDevice,
} from '../registry/pki/create-device.ts'
import type { KeyType } from '../registry/pki/keys.ts'
import { ensureServerCa } from '../registry/pki/server-pki.ts'
import { publishCommand } from './first-commands.ts'
import type { Command, Given } from './flags.ts'
import { inProject } from './in-project.ts'
import { exits, type Io } from './io.ts'
import { exists, missingDocument, near, type Project } from './project.ts'
import { complain, print, printJson, type Spoken, table } from './say.ts'
import { ownCa } from './server-certificates.ts'
import { statePlace } from './state-place.ts'
import { writeCopies } from './write-copies.ts'

export const command: Command = {
  usage: ['candid device create THING [--policy NAME] [--out DIR]'],
  says: [
    'makes a key and a certificate for a device, registers it and attaches a policy',
    'the files get the names that AWS gives them, in certs/devices/THING/',
  ],
  flags: {
    policy: {
      value: 'NAME',
      many: true,
      says: 'a file of policies/, without .json (default: device)',
    },
    key: { value: 'rsa|ec', says: "the kind of key: RSA-2048 as AWS's (default) or P-256" },
    out: { value: 'DIR', says: 'put the four files for the device here too' },
    config: { value: 'FILE', says: 'the project (default: ./config.yaml)' },
  },
  takes: ['THING'],
}

export function run(args: string[], io: Io): Promise<number> {
  return inProject(args, command, io, (given, project) => create(given, project, io))
}

async function create(given: Given, project: Project, io: Io): Promise<number> {
  const json = given.has('json')
  const thingName = given.plain[0] ?? ''
  const policyNames = given.has('policy') ? [...new Set(given.values('policy'))] : ['device']
  const invalid = await mistakes(thingName, policyNames, given, project, io)
  if (invalid.length > 0) return complain(invalid, exits.invalid, io, json)

  const folder = join(project.certsDir, 'devices', thingName)
  const out = given.has('out') ? resolve(io.cwd, given.value('out') ?? '.') : undefined
  if (await exists(folder)) {
    return complain([deviceExists(thingName, near(folder, io))], exits.failed, io, json)
  }

  const [server, devices] = await Promise.all([
    ensureServerCa(project.certsDir, io.world),
    ensureDevicesCa(project.certsDir, io.world),
  ])
  if ('problem' in server) return complain([server.problem], exits.failed, io, json)
  const own = await ownCa(project.config, project.baseDir)
  if (own && 'problem' in own) return complain([own.problem], exits.failed, io, json)
  const serverCaPem = own?.pem ?? server.ca.pem
  if ('problem' in devices) return complain([devices.problem], exits.failed, io, json)
  const keyType = (given.value('key') ?? 'rsa') as KeyType // checked in `mistakes`
  const device = await createDevice({ thingName, keyType, issuer: devices.ca }, io.world)
  if (out !== undefined) {
    const problem = await writeCopies(deviceFiles(device, serverCaPem), out, io)
    if (problem) return complain([problem], exits.failed, io, json)
  }
  const how = { serverCaPem, policyNames }
  const written = await writeDevice(device, how, project.certsDir, io.world)
  if ('problem' in written) return complain([written.problem], exits.failed, io, json)
  const { host, port } = await listening(project, io)
  const command = publishCommand(thingName, out ?? folder, host, port, io)
  report(device, policyNames, { folder, ...(out !== undefined && { out }) }, command, io, json)
  return exits.fine
}

/** A broker that runs here knows its port: `--port` may have said another one than the config. */
async function listening(
  { config, baseDir }: Project,
  io: Io,
): Promise<{ host: string; port: number }> {
  const { host, port } = firstListener(config)
  const place = statePlace(config, baseDir, undefined, io)
  const known =
    place === 'memory' ? undefined : await runningPort(place.folder, 'candid device create')
  return { host, port: known ?? port }
}

async function mistakes(
  thingName: string,
  policyNames: string[],
  given: Given,
  project: Project,
  io: Io,
): Promise<Spoken[]> {
  const problems: Spoken[] = []
  if (!isThingName(thingName)) {
    problems.push({
      says: `${shown(thingName)} can't be a thing's name`,
      hint: '1 to 128 letters, digits, `:`, `_` or `-`, as AWS has it',
    })
  }
  const key = given.value('key') ?? 'rsa'
  if (key !== 'rsa' && key !== 'ec') {
    problems.push({ says: `\`--key\`: unknown kind ${shown(key)}`, hint: '--key rsa or --key ec' })
  }
  for (const name of policyNames) {
    const missing = await missingDocument('policy', name, project.policiesDir, io)
    if (missing) problems.push(missing)
  }
  return problems
}

function report(
  device: CreatedDevice,
  policyNames: string[],
  where: { folder: string; out?: string },
  command: string,
  io: Io,
  json: boolean,
): void {
  const path = (name: string, folder = where.folder) => near(join(folder, name), io)
  const { thingName, certificateId } = device
  if (json) {
    const files = {
      ...Object.fromEntries(Object.entries(deviceFileNames).map(([k, name]) => [k, path(name)])),
      declaration: path('device.yaml'),
    }
    const out = where.out === undefined ? {} : { out: near(where.out, io) }
    printJson({ thingName, certificateId, policies: policyNames, files, ...out, command }, io)
    return
  }
  const policies = policyNames.map(name => `\`${name}\``).join(', ')
  const files = [
    [path(deviceFileNames.certificate), 'its certificate'],
    [path(deviceFileNames.privateKey), 'its private key'],
    [path(deviceFileNames.publicKey), 'its public key'],
    [path(deviceFileNames.ca), 'the CA it trusts: the one of this broker, under the name of AWS'],
    [path('device.yaml'), 'its registration: thing, status, policies'],
  ]
  print(
    [
      `device \`${thingName}\` is registered and ACTIVE, with ${policies} attached`,
      `certificateId ${certificateId}`,
      '',
      ...table(files).map(line => `  ${line}`),
      ...(where.out === undefined ? [] : [`  the first four are in ${near(where.out, io)} too`]),
      '',
      'a broker that is running knows it now; connect it:',
      `  ${command}`,
    ],
    io,
  )
}
