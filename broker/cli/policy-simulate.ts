/** `candid policy simulate`: one request of a declared device, decided by the project's policies, with the trace. */

import { shown } from '../config/words.ts'
import { connectContext, contextOf, type Facts, thingOf, timeContext } from '../policy/context.ts'
import { narrate, narrateMiss, pointerLines } from '../policy/narrate.ts'
import {
  type AuthorizationRequest,
  type Decision,
  decide,
  matchedOf,
  type Policy,
} from '../policy/policy.ts'
import { arn, parseOptionsOf, type ResourceType } from '../registry/arn.ts'
import { readDeclared } from '../registry/declared/declared.ts'
import { attachedThings, certificateFacts } from '../registry/policy-facts.ts'
import { createRegistry } from '../registry/registry.ts'
import type { Command, Given } from './flags.ts'
import { inProject } from './in-project.ts'
import { exits, type Io } from './io.ts'
import { problemSpoken, readPolicyFile } from './policy-files.ts'
import type { Project } from './project.ts'
import { complain, print, printJson, reject, type Spoken, spokenLines, talk } from './say.ts'

export const command: Command = {
  usage: [
    'candid policy simulate --thing THING --action ACTION --resource RESOURCE [--policy FILE]...',
  ],
  says: [
    'decides one request as the broker would, and says why; exit code 2 if it is denied',
    'RESOURCE: an ARN, or what stands after its fifth colon, as topic/a or client/sensor-1',
  ],
  flags: {
    thing: { value: 'THING', says: 'a device of the project' },
    'client-id': { value: 'ID', says: 'its client id (default: the name of the thing)' },
    action: { value: 'ACTION', says: 'such as iot:Publish' },
    resource: { value: 'RESOURCE', says: 'such as topic/a/b' },
    policy: {
      value: 'FILE',
      many: true,
      says: 'these policies instead of those of the device; THING need not be declared then',
    },
    will: { value: 'TOPIC', says: 'at iot:Connect: the will of the client' },
    persistent: { says: 'at iot:Connect: with a persistent session' },
    'source-ip': { value: 'ADDRESS', says: 'aws:SourceIp (default: 127.0.0.1)' },
    'domain-name': { value: 'NAME', says: 'iot:DomainName (default: localhost)' },
    clock: { value: 'ISO', says: 'the time of the request (default: now)' },
    config: { value: 'FILE', says: 'the project (default: ./config.yaml)' },
  },
  takes: [],
}

export function run(args: string[], io: Io): Promise<number> {
  return inProject(args, command, io, (given, project) => simulate(given, project, io))
}

async function simulate(given: Given, project: Project, io: Io): Promise<number> {
  const json = given.has('json')
  for (const flag of ['thing', 'action', 'resource']) {
    if (given.value(flag) === undefined)
      return reject({ says: `\`--${flag}\` is missing`, hint: command.usage[0] ?? '' }, io, json)
  }
  const clock = given.value('clock')
  const now = clock === undefined ? io.world.clock.now() : Date.parse(clock)
  if (Number.isNaN(now))
    return reject(
      { says: `${shown(clock ?? '')} is no time`, hint: 'such as 2026-01-01T00:00:00Z' },
      io,
      json,
    )
  const found = await principalOf(given, project, io)
  if ('problems' in found) return complain(found.problems, exits.invalid, io, json)
  const { facts, policies } = found
  const { account } = project.config
  const action = given.value('action') ?? ''
  const will = given.value('will')
  const willTopic = will === undefined ? undefined : arn(account, 'topic', will)
  const { context, reasons } = contextOf(facts)
  const request: AuthorizationRequest = {
    action,
    resource: resourceOf(given.value('resource') ?? '', project),
    context: {
      ...context,
      ...timeContext(now),
      ...(action === 'iot:Connect' ? connectContext(given.has('persistent'), willTopic) : {}),
    },
    reasons,
  }
  const decision = decide(policies, request)
  const matched = matchedOf(policies, request, decision)
  if (json)
    printJson(
      {
        ...decision,
        ...(matched && { matched }),
        says: narrate(decision),
        policies: policies.map(({ name }) => name),
      },
      io,
    )
  else print(linesOf(decision, matched), io)
  return decision.outcome === 'ALLOWED' ? exits.fine : exits.refused
}

async function principalOf(
  given: Given,
  project: Project,
  io: Io,
): Promise<{ facts: Facts; policies: Policy[] } | { problems: Spoken[] }> {
  const thingName = given.value('thing') ?? ''
  const { declared, problems } = await readDeclared(project.config, project.baseDir)
  const { account } = project.config
  const registry = createRegistry({ world: io.world, account: () => account })
  registry.declare(declared)
  const device = declared.devices.find(one => one.thingName === thingName)
  const files = given.values('policy')
  if (!device && files.length === 0) {
    const known = declared.devices.flatMap(one => one.thingName ?? [])
    const hint =
      known.length > 0 && known.length <= 8
        ? `there is \`${known.join('`, `')}\``
        : `candid device create ${thingName}, or give the policies with --policy FILE`
    return { problems: [{ says: `no device ${shown(thingName)} in this project`, hint }] }
  }
  const facts: Facts = {
    clientId: given.value('client-id') ?? thingName,
    sourceIp: given.value('source-ip') ?? '127.0.0.1',
    domainName: given.value('domain-name') ?? 'localhost',
    things: device ? attachedThings(device.certificateId, registry) : [{ thingName }],
    ...(device && {
      certificateId: device.certificateId,
      certificate: certificateFacts(device.certificate),
    }),
  }
  if (files.length === 0 && device) {
    // A policy that is broken is missing here: that must be seen beside the decision.
    talk(
      problems.flatMap(({ file, says, hint }) =>
        spokenLines({ says: `${file}: ${says}`, ...(hint !== undefined && { hint }) }),
      ),
      io,
    )
    const { policies } = registry.policiesOf(device.certificateId, thingOf(facts)?.thingName)
    return { facts, policies }
  }
  const policies: Policy[] = []
  for (const file of files) {
    const read = await readPolicyFile(file, parseOptionsOf(project.config), io)
    if ('problem' in read) return { problems: [read.problem] }
    const told = read.problems.map(problem => problemSpoken(file, problem))
    if (!read.policy) return { problems: told }
    talk(told.flatMap(spokenLines), io)
    policies.push(read.policy)
  }
  return { facts, policies }
}

function resourceOf(written: string, project: Project): string {
  if (written.startsWith('arn:') || written === '*') return written
  const [type = '', ...name] = written.split('/')
  // Whatever the type: the engine says what is wrong with one that doesn't fit the action.
  return arn(project.config.account, type as ResourceType, name.join('/'))
}

function linesOf(decision: Decision, matched: ReturnType<typeof matchedOf>): string[] {
  const { missingContextValues, nearMisses, outcome } = decision
  const [near, ...others] = nearMisses
  const seen = matched?.resolved === undefined ? '' : `, here ${matched.resolved}`
  return [
    outcome,
    narrate(decision),
    ...(matched && outcome === 'ALLOWED'
      ? [`its ${matched.element.toLowerCase()} is ${matched.pattern}${seen}`]
      : []),
    ...(near ? pointerLines(near).map(line => `  ${line}`) : []),
    ...others.map(miss => `then ${narrateMiss(miss)}`),
    ...(missingContextValues.length > 0
      ? [`without a value: ${missingContextValues.join(', ')}`]
      : []),
  ]
}
