/** What declarations say of each other: a device's policies and thing, a CA's template. */

import { nearest, oneOfWords, shown } from '../config/words.ts'
import type { Documents } from './declared-documents.ts'
import { quotedPath, type Site } from './declared-files.ts'
import type { Placed } from './declared-items.ts'
import type {
  DeclaredAuthority,
  DeclaredDevice,
  DeclaredPolicy,
  DeclaredTemplate,
} from './declared-shape.ts'

/** Reports templates that CAs name and nobody has written. */
export function checkTemplates(
  authorities: Placed<DeclaredAuthority>[],
  templates: Documents<DeclaredTemplate>,
  site: Site,
): void {
  for (const { good, line } of authorities) {
    if (good.templateName === undefined) continue
    const at = { file: good.file, ...(line === undefined ? {} : { line }) }
    checkName('template', good.templateName, templates, at, site)
  }
}

/**
 * Reports policies that devices name and nobody has written, and things with more than one device.
 */
export function checkDevices(
  devices: Placed<DeclaredDevice>[],
  policies: Documents<DeclaredPolicy>,
  site: Site,
): void {
  const things = new Map<string, DeclaredDevice>()
  for (const { good, line } of devices) {
    const at = { file: good.file, ...(line === undefined ? {} : { line }) }
    for (const name of good.policyNames) checkName('policy', name, policies, at, site)
    if (good.thingName === undefined) continue
    const twin = things.get(good.thingName)
    if (!twin) {
      things.set(good.thingName, good)
      continue
    }
    // AWS: one thing may have several certificates, so both count.
    const elsewhere = twin.file === good.file ? '' : `, first in ${quotedPath(twin.file)}`
    const says = `thing ${shown(good.thingName)} is declared twice${elsewhere}`
    const hint = 'two certificates for one thing are possible; if that is not meant, rename one'
    site.report({ ...at, severity: 'warning', says, hint })
  }
}

function checkName(
  word: 'policy' | 'template',
  name: string,
  documents: Documents<{ name: string }>,
  at: { file: string; line?: number },
  site: Site,
): void {
  const known = documents.good.map(document => document.name)
  if (known.includes(name)) return
  if (documents.broken.includes(name)) {
    const says = `${word} ${shown(name)} is broken, so this works without it`
    site.report({ ...at, severity: 'warning', says, hint: 'correct its file first' })
    return
  }
  const near = nearest(name, known)
  const choice = known.length > 0 && known.length <= 8 ? `, or choose ${oneOfWords(known)}` : ''
  const hint = near
    ? `did you mean \`${near}\`?`
    : `write \`${documents.folder}/${name}.json\`${choice}`
  site.report({ ...at, severity: 'error', says: `unknown ${word} ${shown(name)}`, hint })
}
