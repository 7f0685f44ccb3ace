/**
 * The data plane of AWS IoT Core: its actions, and which type of resource each is checked against.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html
 */

export type ResourceType = 'client' | 'topic' | 'topicfilter' | 'thing' | 'rolealias' | '*'

/** Action to the type that stands before the first `/` of its resource; `*` where it takes no resource. */
export const resourceTypes: ReadonlyMap<string, ResourceType> = new Map<string, ResourceType>([
  ['iot:Connect', 'client'],
  ['iot:Publish', 'topic'],
  ['iot:RetainPublish', 'topic'],
  ['iot:Subscribe', 'topicfilter'],
  ['iot:Receive', 'topic'],
  ['iot:GetRetainedMessage', 'topic'],
  ['iot:ListRetainedMessages', '*'],
  ['iot:GetThingShadow', 'thing'],
  ['iot:UpdateThingShadow', 'thing'],
  ['iot:DeleteThingShadow', 'thing'],
  ['iot:ListNamedShadowsForThing', '*'],
  ['iotjobsdata:DescribeJobExecution', 'thing'],
  ['iotjobsdata:GetPendingJobExecutions', 'thing'],
  ['iotjobsdata:StartNextPendingJobExecution', 'thing'],
  ['iotjobsdata:UpdateJobExecution', 'thing'],
  ['iot:DeleteConnection', 'client'],
  ['iot:GetConnection', 'client'],
  ['iot:ListSubscriptions', 'client'],
  ['iot:SendDirectMessage', 'client'],
  ['iot:AssumeRoleWithCertificate', 'rolealias'],
])

/** The spellings under which a policy may name an action. AWS's guide of 2022 wrote `iot:` for the jobs actions. */
export function spellings(action: string): string[] {
  const prefix = 'iotjobsdata:'
  return action.startsWith(prefix) ? [action, `iot:${action.slice(prefix.length)}`] : [action]
}
