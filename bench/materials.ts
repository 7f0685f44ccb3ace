/** Keys and certificates for one run, the same for both servers and the client. PEM, so that they can be sent to a child. */

import { createDevice, createDevicesCa } from '../broker/registry/pki/create-device.ts'
import { createServerPki } from '../broker/registry/pki/server-pki.ts'
import { createWorld, runningClock } from '../broker/world.ts'

export type Materials = {
  /** What a client trusts. */
  serverCa: string
  /** An RSA-2048 and a P-256 certificate for `localhost`. */
  server: { kind: 'RSA' | 'ECDSA'; certificate: string; privateKey: string }[]
  /** Has signed the devices' certificates. */
  devicesCa: string
  /** P-256. */
  devices: DeviceMaterials[]
}

export type DeviceMaterials = { thingName: string; certificate: string; privateKey: string }

/** @param devices how many; each connects under its own name, so none takes over another's session */
export async function createMaterials(devices: number): Promise<Materials> {
  const world = createWorld(runningClock())
  const pki = await createServerPki({ names: ['localhost'], addresses: ['127.0.0.1'], world })
  const issuer = await createDevicesCa(world)
  const names = Array.from({ length: devices }, (_, index) => `bench-${index}`)
  return {
    serverCa: pki.ca.pem,
    server: pki.certificates.map(({ kind, pem, keyPem }) => {
      return { kind, certificate: pem, privateKey: keyPem }
    }),
    devicesCa: issuer.pem,
    devices: await Promise.all(
      names.map(async thingName => {
        const device = await createDevice({ thingName, keyType: 'ec', issuer }, world)
        const { certificatePem, privateKeyPem } = device
        return { thingName, certificate: certificatePem, privateKey: privateKeyPem }
      }),
    ),
  }
}
