/**
 * Provisioning templates (pure): reads one, and works out what it makes for one certificate.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html
 *
 * Grammar: `Parameters` (type String, optional Default) and `Resources` of the types AWS::IoT::Thing, ::Certificate and
 * ::Policy. Values may be strings, `Ref`, `Fn::Join`, `Fn::Select`, `Fn::Split` and `Fn::Sub`.
 */

export type Parameters = Record<string, string>

/** What one provisioning makes. */
export type Plan = {
  thing?: { thingName: string; attributes: Record<string, string> }
  policies: ({ name: string } | { document: string })[]
  status: 'ACTIVE' | 'INACTIVE'
}

export type TemplateFailure = { parameter?: string; resource?: string; why: string }

export type PlanResult = { ok: true; plan: Plan } | { ok: false; failure: TemplateFailure }

/**
 * @param json the template, parsed
 * @param parameters what is known of this certificate: `AWS::IoT::Certificate::CommonName`, ...
 */
export function planFrom(json: unknown, parameters: Parameters): PlanResult {
  try {
    return { ok: true, plan: plan(json, parameters) }
  } catch (error) {
    if (error instanceof Failure) return { ok: false, failure: error.failure }
    throw error
  }
}

/** Carries a failure out of the recursion; never leaves this file. */
class Failure extends Error {
  readonly failure: TemplateFailure
  constructor(failure: TemplateFailure) {
    super(failure.why)
    this.failure = failure
  }
}

type Json = { [key: string]: unknown }

function plan(json: unknown, given: Parameters): Plan {
  const template = object(bodyOf(json), 'the template')
  const parameters = withDefaults(template['Parameters'], given)
  const resources = object(template['Resources'], '`Resources`')
  const made: Plan = { policies: [], status: 'ACTIVE' }
  let certificate = false
  for (const [resource, body] of Object.entries(resources)) {
    const { Type: type, Properties: properties = {} } = object(body, `resource \`${resource}\``)
    const value = (name: string): unknown =>
      resolve(object(properties, '`Properties`')[name], parameters, resource)
    if (type === 'AWS::IoT::Thing') made.thing = thing(value, resource)
    else if (type === 'AWS::IoT::Policy') made.policies.push(policy(value, resource))
    else if (type === 'AWS::IoT::Certificate') {
      certificate = true
      made.status = status(value, resource)
    } else throw new Failure({ resource, why: `its type ${quoted(type)} is not known` })
  }
  // AWS: a JITP template must name the certificate by `{"Ref": "AWS::IoT::Certificate::Id"}`.
  if (!certificate) throw new Failure({ why: 'it has no resource of type AWS::IoT::Certificate' })
  return made
}

/** AWS: a CA is registered with the template as text in `{"templateBody": "...", "roleArn": "..."}`; pasted so, it is taken. */
function bodyOf(json: unknown): unknown {
  const text = object(json, 'the template')['templateBody']
  if (typeof text !== 'string') return json
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure({ why: 'its `templateBody` is not JSON' })
  }
}

/** AWS: provisioning fails when the certificate lacks an attribute that `Parameters` declares without a default. */
function withDefaults(declared: unknown, given: Parameters): Parameters {
  const parameters: Parameters = { ...given }
  for (const [parameter, body] of Object.entries(object(declared ?? {}, '`Parameters`'))) {
    if (Object.hasOwn(parameters, parameter)) continue
    const fallback = object(body, `parameter \`${parameter}\``)['Default']
    if (typeof fallback !== 'string') {
      throw new Failure({
        parameter,
        why: 'the certificate does not carry it and it has no Default',
      })
    }
    parameters[parameter] = fallback
  }
  return parameters
}

/** AWS: thing names are up to 128 of these characters. */
const THING_NAME = /^[a-zA-Z0-9:_-]{1,128}$/

function thing(value: (name: string) => unknown, resource: string): NonNullable<Plan['thing']> {
  const thingName = value('ThingName')
  if (typeof thingName !== 'string' || !THING_NAME.test(thingName)) {
    throw new Failure({
      resource,
      why: `ThingName gives ${quoted(thingName)}, which is no thing name`,
    })
  }
  const attributes: Record<string, string> = {}
  for (const [name, entry] of Object.entries(
    object(value('AttributePayload') ?? {}, '`AttributePayload`'),
  )) {
    if (typeof entry !== 'string') {
      throw new Failure({ resource, why: `its attribute ${quoted(name)} is not a string` })
    }
    attributes[name] = entry
  }
  return { thingName, attributes }
}

function policy(value: (name: string) => unknown, resource: string): Plan['policies'][number] {
  const name = value('PolicyName')
  const document = value('PolicyDocument')
  if ((name === undefined) === (document === undefined)) {
    throw new Failure({ resource, why: 'give either PolicyName or PolicyDocument' })
  }
  if (document !== undefined) {
    return { document: typeof document === 'string' ? document : JSON.stringify(document) }
  }
  if (typeof name !== 'string') throw new Failure({ resource, why: 'PolicyName is not a string' })
  return { name }
}

function status(value: (name: string) => unknown, resource: string): Plan['status'] {
  // AWS's own examples write `Active` as well as `ACTIVE`.
  const given = value('Status') ?? 'ACTIVE'
  const text = typeof given === 'string' ? given.toUpperCase() : given
  if (text === 'ACTIVE' || text === 'INACTIVE') return text
  throw new Failure({ resource, why: `Status is ${quoted(text)}; AWS takes ACTIVE or INACTIVE` })
}

/** Templates are 10,240 characters at the most, so the depth is bounded; a hand-made object is cut here. */
const DEPTH = 32

function resolve(value: unknown, parameters: Parameters, resource: string, depth = 0): unknown {
  if (depth > DEPTH) throw new Failure({ resource, why: 'it is nested too deeply' })
  const inner = (part: unknown): unknown => resolve(part, parameters, resource, depth + 1)
  if (Array.isArray(value)) return value.map(inner)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only) {
    const [name, argument] = only
    const intrinsic = Object.hasOwn(intrinsics, name) ? intrinsics[name] : undefined
    if (name === 'Ref') return reference(argument, parameters, resource)
    if (intrinsic) return intrinsic(inner(argument), resource, parameters)
    if (name.startsWith('Fn::')) throw new Failure({ resource, why: `\`${name}\` is not known` })
  }
  return Object.fromEntries(entries.map(([key, part]) => [key, inner(part)]))
}

function reference(name: unknown, parameters: Parameters, resource: string): string {
  const known = typeof name === 'string' && Object.hasOwn(parameters, name)
  // The own values of a `Fn::Sub` may be anything.
  const value: unknown = known ? parameters[name] : undefined
  if (typeof value === 'string') return value
  throw new Failure({
    resource,
    ...(typeof name === 'string' ? { parameter: name } : {}),
    why: `Ref names ${quoted(name)}, which the certificate does not carry`,
  })
}

type Intrinsic = (argument: unknown, resource: string, parameters: Parameters) => unknown

const intrinsics: Record<string, Intrinsic> = {
  'Fn::Join': (argument, resource) => {
    const [separator, parts] = Array.isArray(argument) ? argument : []
    const strings = Array.isArray(parts) && parts.every(part => typeof part === 'string')
    if (typeof separator === 'string' && strings) return parts.join(separator)
    throw new Failure({ resource, why: '`Fn::Join` takes a separator and a list of strings' })
  },
  'Fn::Split': (argument, resource) => {
    const [separator, text] = Array.isArray(argument) ? argument : []
    if (typeof separator === 'string' && typeof text === 'string') return text.split(separator)
    throw new Failure({ resource, why: '`Fn::Split` takes a separator and a string' })
  },
  'Fn::Select': (argument, resource) => {
    const [index, list] = Array.isArray(argument) ? argument : []
    const isIndex = typeof index === 'number' || typeof index === 'string'
    const value = Array.isArray(list) && isIndex ? list[Number(index)] : undefined
    if (value !== undefined && value !== null) return value
    throw new Failure({ resource, why: '`Fn::Select` finds nothing at this index' })
  },
  'Fn::Sub': (argument, resource, parameters) => {
    const [text, own] = Array.isArray(argument) ? argument : [argument, {}]
    if (typeof text !== 'string') {
      throw new Failure({ resource, why: '`Fn::Sub` takes a string' })
    }
    const values = { ...parameters, ...(own as Parameters) }
    return text.replace(/\$\{([^}!]+)\}/g, (_whole, name: string) =>
      reference(name, values, resource),
    )
  },
}

function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new Failure({ why: `${what} is not a JSON object` })
}

/** Never throws: in a template even `toString` may be a key. */
function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === undefined ? 'nothing' : `\`${text}\``
}
