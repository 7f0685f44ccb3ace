/** The certificates of a thing, declared and learned. */

import { need, type Registry, type Stop, stopped } from './in-registry.ts'
import { exits } from './io.ts'
import type { NamedCertificate } from './named.ts'

export async function certificatesOf(
  thingName: string,
  { all, declared }: Registry,
): Promise<NamedCertificate[] | { stopped: Stop }> {
  const { devices } = await declared()
  const found = await need(all('ListThingPrincipals', 'principals', { thingName }))
  const own = devices.filter(one => one.thingName === thingName)
  if ('stopped' in found && own.length === 0) return found
  const principals = 'stopped' in found ? [] : (found.value['principals'] as string[])
  const ids = [
    ...own.map(one => one.certificateId),
    ...principals.map(principal => principal.slice(principal.lastIndexOf('/') + 1)),
  ]
  return [...new Set(ids)].map(id => {
    const device = devices.find(one => one.certificateId === id)
    return { id, ...(device && { declared: device }) }
  })
}

/** The one that a device has. */
export async function certificateOf(
  thingName: string,
  registry: Registry,
): Promise<NamedCertificate | { stopped: Stop }> {
  const held = await certificatesOf(thingName, registry)
  if ('stopped' in held) return held
  const [only, second] = held
  if (only === undefined) {
    const says = `thing \`${thingName}\` has no certificate`
    const hint = `candid thing attach ${thingName} CERT`
    return stopped([{ says, hint }], exits.refused)
  }
  if (second === undefined) return only
  const says = `thing \`${thingName}\` has ${held.length} certificates`
  const ids = held.slice(0, 4).map(({ id }) => id.slice(0, 16))
  return stopped(
    [{ says, hint: `name one of them, with candid cert: ${ids.join(', ')}` }],
    exits.refused,
  )
}
