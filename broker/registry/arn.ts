/** Amazon Resource Names of AWS IoT: `arn:aws:iot:<region>:<account>:<type>/<name>`. */

import type { Config } from '../config/shape.ts'
import type { ParseOptions } from '../policy/document.ts'

export type Account = { id: string; region: string }

export type ResourceType =
  | 'cacert'
  | 'cert'
  | 'billinggroup'
  | 'client'
  | 'policy'
  | 'provisioningtemplate'
  | 'thing'
  | 'thinggroup'
  | 'thingtype'
  | 'topic'
  | 'topicfilter'

export function arn(account: Account, type: ResourceType, name: string): string {
  return `arn:${partition(account.region)}:iot:${account.region}:${account.id}:${type}/${name}`
}

/** The name in an ARN of this account, this region and this type; undefined for any other text. */
export function nameInArn(account: Account, type: ResourceType, text: string): string | undefined {
  const head = arn(account, type, '')
  return text.startsWith(head) && text.length > head.length ? text.slice(head.length) : undefined
}

/** `aws`, but for China and for the government of the United States. */
export function partition(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

/** How policies are to be read for a broker with this configuration. */
export function parseOptionsOf({
  account,
  policySize,
}: Pick<Config, 'account' | 'policySize'>): ParseOptions {
  return {
    size: policySize === 'warn' ? 'warning' : 'error',
    account: { ...account, partition: partition(account.region) },
  }
}
