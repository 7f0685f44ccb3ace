/** What the crash test knows of a device: as one of its changes has left it, or as the registry has it. */

import type { Registry } from '../../broker/registry/registry.ts'

export type DeviceState = {
  certificate: string | null
  /** Counts its updates. */
  thing: number | null
  attached: boolean
  policy: boolean
}

export const noDevice: DeviceState = {
  certificate: null,
  thing: null,
  attached: false,
  policy: false,
}

/** A line of the child's log: what it is about to do, and what was confirmed. */
export type Line =
  | { kind: 'try'; device: string; certificateId: string; state: DeviceState }
  | { kind: 'done'; device: string }

export const POLICY = 'crash'

export function stateIn(registry: Registry, device: string, certificateId: string): DeviceState {
  const { view } = registry.desk
  const thing = view.things.get(device)
  return {
    certificate: view.certificates.get(certificateId)?.status ?? null,
    thing: thing === undefined ? null : Number(thing.attributes['n']),
    attached: view.thingPrincipals.has(`${certificateId}/${device}`),
    policy: view.policyTargets.has(`${POLICY}/cert/${certificateId}`),
  }
}
