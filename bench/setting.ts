/** Brings up what the benches with the load program need, and takes it away again. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrokerName, hasMosquitto, type MeasuredBroker, startBroker } from './brokers.ts'
import { buildLoad, type Load, type LoadShape, startLoad, writeDevices } from './load.ts'
import { createMaterials } from './materials.ts'

export type Setting = {
  brokers: MeasuredBroker[]
  connect(broker: MeasuredBroker, shape: LoadShape): Promise<Load>
}

export type SettingOptions = {
  devices: number
  limits: 'aws' | 'off'
  pinned: boolean
  /** Arguments for the node that runs Candid. */
  node?: string[]
}

/**
 * Starts Candid, aedes and mosquitto, and stops them when `use` is done. Where something is missing it is said, and what can be
 * done is done.
 */
export async function withBrokers(
  { devices, limits, pinned, node = [] }: SettingOptions,
  say: (line: string) => void,
  use: (setting: Setting) => Promise<void>,
): Promise<void> {
  const program = buildLoad()
  if (!program.ok) return say(`left out, because ${program.missing}`)
  const names: BrokerName[] = ['candid', 'aedes']
  if (hasMosquitto()) names.push('mosquitto')
  else say('mosquitto is left out: it is not here; hint: apt-get install mosquitto')
  const folder = mkdtempSync(join(tmpdir(), 'candid-bench-'))
  const brokers: MeasuredBroker[] = []
  try {
    const materials = await createMaterials(devices)
    writeDevices(materials, folder)
    for (const name of names) {
      const own = name === 'candid' ? { node } : {}
      const core = pinned ? { core: 0 } : {}
      brokers.push(await startBroker(name, { materials, folder, limits, ...own, ...core }))
    }
    await use({
      brokers,
      connect: ({ port }, shape) =>
        startLoad(program.file, port, folder, shape, pinned ? 1 : undefined),
    })
  } finally {
    for (const broker of brokers) await broker.stop()
    rmSync(folder, { recursive: true })
  }
}
