/** What declarations say of each other: a device's policies and thing, a CA's template. */

import { nearest, oneOfWords, shown } from '../../config/words.ts'
import type { ParseOptions } from '../../policy/document.ts'
import type { Policy } from '../../policy/policy.ts'
import { kindFailure } from '../../template/kind.ts'
import { looksLike, templateRemarks } from '../../template/remarks.ts'
import { type Documents, templateComplaint } from './declared-documents.ts'
import { quotedPath, type Site } from './declared-files.ts'
import type { Placed } from './declared-items.ts'
import type {
  DeclaredAuthority,
  DeclaredDevice,
  DeclaredPolicy,
  DeclaredTemplate,
  DeclaredThingType,
} from './declared-shape.ts'

/**
 * Reports templates that CAs name and nobody has written, or that are no good for a CA, and what will surprise in templates.
 */
export function checkTemplates(
  authorities: Placed<DeclaredAuthority>[],
  templates: Documents<DeclaredTemplate>,
  policies: Documents<DeclaredPolicy>,
  parse: ParseOptions,
  site: Site,
): void {
  const used = new Set<string>()
  for (const { good, line } of authorities) {
    const { templateName } = good
    if (templateName === undefined) continue
    used.add(templateName)
    const at = { file: good.file, ...(line === undefined ? {} : { line }) }
    checkName('template', templateName, templates, at, site)
    const found = templates.good.find(({ name }) => name === templateName)
    const failure = found && kindFailure(found.template, 'JITP')
    if (!failure) continue
    const says = `template ${shown(templateName)} can not be the template of a CA: ${failure.why}`
    const where = found === undefined ? '' : `mend ${quotedPath(found.file)}`
    site.report({ ...at, severity: 'error', says, hint: `${where}, or name another template` })
  }
  const known = new Map<string, Policy | undefined>([
    ...policies.broken.map(name => [name, undefined] as const),
    ...policies.good.map(({ name, policy }) => [name, policy] as const),
  ])
  for (const { file, name, template } of templates.good) {
    const kind = used.has(name) ? 'JITP' : looksLike(template)
    for (const remark of templateRemarks(template, {
      ...(kind && { kind }),
      policies: known,
      parse,
    })) {
      // That it is no good for its CA is told there.
      if (remark.severity === 'error' && used.has(name) && kindFailure(template, 'JITP')) continue
      site.report({ file, ...templateComplaint(remark) })
    }
  }
}

/**
 * Reports policies that devices name and nobody has written, and things with more than one device.
 */
export function checkDevices(
  devices: Placed<DeclaredDevice>[],
  policies: Documents<DeclaredPolicy>,
  thingTypes: DeclaredThingType[],
  site: Site,
): void {
  const types = thingTypes.map(({ name }) => name)
  const things = new Map<string, DeclaredDevice>()
  for (const { good, line } of devices) {
    const at = { file: good.file, ...(line === undefined ? {} : { line }) }
    for (const name of good.policyNames) checkName('policy', name, policies, at, site)
    checkAbout(good, types, at, site)
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

/** What a device says of its thing. */
function checkAbout(
  { about, thingName }: DeclaredDevice,
  types: string[],
  at: { file: string; line?: number },
  site: Site,
): void {
  const [key] = Object.keys(about)
  if (thingName === undefined && key !== undefined) {
    const says = `\`${key}\` says something of a thing, and there is no \`thing\``
    site.report({ ...at, severity: 'error', says, hint: 'add `thing: NAME`' })
  }
  const { thingType: type, attributes = {} } = about
  if (type !== undefined && !types.includes(type)) {
    const near = nearest(type, types)
    const says = `unknown thing type ${shown(type)}`
    const add = `add \`- name: ${type}\` to \`thingTypes\` in ${quotedPath(site.configFile)}`
    site.report({ ...at, severity: 'error', says, hint: near ? `did you mean \`${near}\`?` : add })
  }
  // AWS: quotas that can't be raised.
  const most = type === undefined ? 3 : 50
  const there = Object.keys(attributes).length
  if (there <= most) return
  const says = `\`attributes\` holds ${there} of them, and AWS takes ${most} at most`
  const hint = type === undefined ? 'a thing with a `thingType` can have 50' : 'take some out'
  site.report({ ...at, severity: 'error', says, hint })
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
    const so = word === 'policy' ? 'this works without it' : 'no device can be provisioned by it'
    const says = `${word} ${shown(name)} is broken, so ${so}`
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
