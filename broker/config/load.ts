/**
 * config.yaml's text to a typed Config, or every mistake in it. No I/O: whoever calls has read the
 * file.
 */

import { isIP } from 'node:net'
import { type ConfigProblem, group, list, oneOf, text, wholeNumber } from './fields.ts'
import { thingGroup, thingType } from './groups.ts'
import { hook } from './hooks.ts'
import { authority, device } from './items.ts'
import { limits } from './limit-values.ts'
import { doorKeys, formerListener, isHostName, listeners } from './listeners.ts'
import {
  type Config,
  chainModes,
  defaultConfig,
  logForms,
  logLevels,
  policySizes,
} from './shape.ts'
import { shown } from './words.ts'
import { readYaml } from './yaml-text.ts'

/**
 * Reads a configuration. Never throws, whatever the text.
 * @param text the whole file
 * @returns `config` where there is no problem at all; else all problems, sorted by line
 */
export function loadConfig(text: string): { config?: Config; problems: ConfigProblem[] } {
  const { values, problems } = readYaml(text, keys)
  if (problems.length > 0) return { problems }
  const { listener: _, account, tls, provisioning, ...others } = values
  const defaults = defaultConfig()
  return {
    config: {
      ...defaults,
      ...others,
      account: { ...defaults.account, ...account },
      tls: { ...defaults.tls, ...tls },
      provisioning: { ...defaults.provisioning, ...provisioning },
    },
    problems,
  }
}

const name = text(value =>
  isIP(value) > 0 || isHostName(value.replace(/^\*\./, ''))
    ? undefined
    : {
        says: `${shown(value)} is no host name and no IP address`,
        hint: 'such as `broker.local` or `192.168.1.10`, without scheme and port',
      },
)

const accountId = text(value =>
  /^\d{12}$/.test(value)
    ? undefined
    : { says: `${shown(value)} is no AWS account id`, hint: 'it has 12 digits' },
)

const region = text(value =>
  /^[a-z]{2,8}(-[a-z]{1,16}){1,3}-\d{1,2}$/.test(value)
    ? undefined
    : { says: `${shown(value)} is no AWS region`, hint: 'such as `us-east-1`' },
)

// AWS's own SDKs stay silent for up to 27 s (measured) when they reject the server's certificate. A shorter
// limit would turn that case, which can be told, into a mere timeout.
const handshakeTimeout = wholeNumber(
  36,
  3600,
  'below 36 a client that rejects our certificate in silence looks like one that is merely slow',
)

const keys = {
  listeners,
  account: group({ id: accountId, region }),
  tls: group({
    ...doorKeys,
    names: list(name, { distinct: true }),
    handshakeTimeoutSeconds: handshakeTimeout,
    connectTimeoutSeconds: wholeNumber(1, 3600),
  }),
  provisioning: group({ chain: oneOf(chainModes), hooks: list(hook) }),
  certs: text(),
  policies: text(),
  state: text(),
  policySize: oneOf(policySizes),
  limits,
  authorities: list(authority),
  devices: list(device),
  thingTypes: list(thingType),
  groups: list(thingGroup),
  log: oneOf(logForms),
  logLevel: oneOf(logLevels),
  listener: formerListener,
}
