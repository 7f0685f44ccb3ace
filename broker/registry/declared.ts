/**
 * What the files on disk declare, read and checked: policies, templates, CAs and devices. The
 * registry takes it over as a whole; what provisioning learns later is no part of it.
 */

import type { AuthorityStatus, AutoRegistration, Config, DeviceStatus } from '../config/shape.ts'
import type { PolicyDocument } from '../policy/document.ts'
import type { Policy } from '../policy/policy.ts'
import type { Certificate } from '../x509/certificate.ts'
import { readPolicies, readTemplates } from './declared-documents.ts'
import { byText, type Site } from './declared-files.ts'
import { readAuthorities, readDevices } from './declared-items.ts'
import { checkDevices, checkTemplates } from './declared-references.ts'

/** In each list, sorted by `file`, and within a file in the order written. */
export type Declared = {
  policies: DeclaredPolicy[]
  templates: DeclaredTemplate[]
  authorities: DeclaredAuthority[]
  devices: DeclaredDevice[]
}

export type DeclaredPolicy = {
  name: string
  text: string
  document: PolicyDocument
  policy: Policy
  file: string
}

/** A provisioning template as JSON; the rules of templates are checked where they are used. */
export type DeclaredTemplate = { name: string; text: string; json: unknown; file: string }

export type DeclaredAuthority = {
  /** SHA-256 of the DER, hex lower-case: AWS's caCertificateId. */
  id: string
  certificate: Certificate
  pem: string
  status: AuthorityStatus
  autoRegistration: AutoRegistration
  /**
   * With it JITP, without it JITR. It may name a template that is broken or missing: that is
   * reported, not hidden.
   */
  templateName?: string
  file: string
  certificateFile: string
  /**
   * For people: the folder's name under certs/authorities/, else the certificate file's name
   * without its ending.
   */
  name: string
}

export type DeclaredDevice = {
  /** SHA-256 of the DER, hex lower-case. */
  certificateId: string
  certificate: Certificate
  pem: string
  status: DeviceStatus
  thingName?: string
  /** As written: a name may lack a (good) policy, which is reported. */
  policyNames: string[]
  file: string
  certificateFile: string
}

export type DeclaredProblem = {
  file: string
  /** 1-based. */
  line?: number
  severity: 'error' | 'warning'
  says: string
  hint?: string
}

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
  const policies = await readPolicies(config.policies, site, previous?.policies ?? [])
  const templates = await readTemplates(config.policies, site, previous?.templates ?? [])
  const authorities = await readAuthorities(config, site, previous?.authorities ?? [])
  const devices = await readDevices(config, site, previous?.devices ?? [])
  checkTemplates(authorities, templates, site)
  checkDevices(devices, policies, site)
  problems.sort((a, b) => byText(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0))
  return {
    declared: {
      policies: policies.good,
      templates: templates.good,
      authorities: authorities.map(({ good }) => good),
      devices: devices.map(({ good }) => good),
    },
    problems,
  }
}
