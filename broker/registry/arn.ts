/** Amazon Resource Names of AWS IoT: `arn:aws:iot:<region>:<account>:<type>/<name>`. */

export type Account = { id: string; region: string }

export type ResourceType =
  | 'cacert'
  | 'cert'
  | 'client'
  | 'policy'
  | 'provisioningtemplate'
  | 'thing'
  | 'topic'
  | 'topicfilter'

export function arn(account: Account, type: ResourceType, name: string): string {
  return `arn:${partition(account.region)}:iot:${account.region}:${account.id}:${type}/${name}`
}

function partition(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}
