/**
 * What the files on disk declare, read and checked: policies, templates, CAs and devices. The
 * registry takes it over as a whole; what provisioning learns later is no part of it.
 */

import type { Config } from '../../config/shape.ts'
import { parseOptionsOf } from '../arn.ts'
import { readPolicies, readTemplates } from './declared-documents.ts'
import { byText, type Site } from './declared-files.ts'
import { readGroups, readThingTypes } from './declared-groups.ts'
import { readAuthorities, readDevices } from './declared-items.ts'
import { checkDevices, checkTemplates } from './declared-references.ts'
import type { Declared, DeclaredProblem } from './declared-shape.ts'

/**
 * Reads everything that is declared. Never throws for what stands in the files: what is broken is
 * reported, and its last good state kept.
 * @param baseDir the config file's folder, absolute; paths in `config` and in every `file` are
 *   relative to it
 * @param previous what was declared before: a thing whose file is broken now stays as it was; one
 *   whose file is gone, goes
 * @param configFile the config file's name, for messages
 * @returns what is good or was good before, and the problems sorted by file and line
 */
export async function readDeclared(
  config: Config,
  baseDir: string,
  previous?: Declared,
  configFile = 'config.yaml',
): Promise<{ declared: Declared; problems: DeclaredProblem[] }> {
  const problems: DeclaredProblem[] = []
  const site: Site = { baseDir, configFile, report: problem => problems.push(problem) }
  const policies = await readPolicies(
    config.policies,
    site,
    previous?.policies ?? [],
    parseOptionsOf(config),
  )
  const templates = await readTemplates(config.policies, site, previous?.templates ?? [])
  const authorities = await readAuthorities(config, site, previous?.authorities ?? [])
  const devices = await readDevices(config, site, previous?.devices ?? [])
  checkTemplates(authorities, templates, policies, parseOptionsOf(config), site)
  const thingTypes = readThingTypes(config, site)
  checkDevices(devices, policies, thingTypes, site)
  const names = policies.good.map(({ name }) => name)
  const groups = readGroups(config, [...names, ...policies.broken], site)
  problems.sort((a, b) => byText(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0))
  return {
    declared: {
      policies: policies.good,
      templates: templates.good,
      authorities: authorities.map(({ good }) => good),
      devices: devices.map(({ good }) => good),
      thingTypes,
      groups,
    },
    problems,
  }
}
