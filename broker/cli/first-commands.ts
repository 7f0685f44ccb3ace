/**
 * The commands that a person types next: a first device, and the line that connects it. They are
 * made for the folder, the port and the way in which candid was called, so that they can be copied.
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { deviceFileNames } from '../registry/pki/create-device.ts'
import type { Io } from './io.ts'
import { exists, missingDocument, near, shellWord } from './project.ts'

export type FirstCommands = {
  /** Absent where a device is there already. */
  createDevice?: string
  publish: string
}

type Where = {
  certsDir: string
  policiesDir: string
  /** `--config FILE`, where it was not the folder's own config.yaml. */
  configFlag?: string
  host: string
  port: number
}

/**
 * For the first device that `candid device create` has made here; where there is none, for one to
 * be made.
 */
export async function firstCommands(where: Where, io: Io): Promise<FirstCommands> {
  const folder = join(where.certsDir, 'devices')
  const known = await firstDevice(folder)
  const publish = publishCommand(
    known ?? NEW_DEVICE,
    join(folder, known ?? NEW_DEVICE),
    where.host,
    where.port,
    io,
  )
  if (known !== undefined) return { publish }
  const flag = where.configFlag === undefined ? '' : ` --config ${shellWord(where.configFlag)}`
  const create = `${calledAs(io)} device create ${NEW_DEVICE}${flag}`
  const lacking = await missingDocument('policy', 'device', where.policiesDir, io)
  const createDevice = lacking && flag === '' ? `${calledAs(io)} init && ${create}` : create
  return { createDevice, publish }
}

/**
 * The command that connects a device and publishes once.
 * @param folder holds its files
 * @param host as the listener has it
 * @param port 0 where it isn't known before the start
 */
export function publishCommand(
  thingName: string,
  folder: string,
  host: string,
  port: number,
  io: Io,
): string {
  const file = (name: string) => shellWord(near(join(folder, name), io))
  return [
    `mosquitto_pub -h ${EVERY_ADDRESS.includes(host) ? 'localhost' : host} -p ${port === 0 ? 'PORT' : port}`,
    `--cafile ${file(deviceFileNames.ca)}`,
    `--cert ${file(deviceFileNames.certificate)}`,
    `--key ${file(deviceFileNames.privateKey)}`,
    `-i ${thingName} -t ${thingName}/hello -m hi -q 1`,
  ].join(' ')
}

/** npm puts a package's commands on the path only while it runs one: then the next goes through it too. */
export function calledAs(io: Io): string {
  return io.env['npm_command'] === undefined ? 'candid' : 'npx candid'
}

async function firstDevice(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.sort()) {
    const files = ['certificate', 'privateKey', 'ca'] as const
    const there = files.map(file => exists(join(folder, name, deviceFileNames[file])))
    if ((await Promise.all(there)).every(Boolean)) return name
  }
  return undefined
}

const NEW_DEVICE = 'sensor-1'

const EVERY_ADDRESS = ['::', '0.0.0.0', '::1', '127.0.0.1']
