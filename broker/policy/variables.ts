/**
 * Policy variables: their names, and what they stand for in one request. The context carries raw values; AWS's rules
 * for values from certificates are applied here.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-variables.html and its sub-pages
 */

import { quote } from '../diagnosis/words.ts'

/** What is known of a request, by AWS's names; a key that is missing can't be resolved. */
export type Context = { [key: string]: string | string[] | undefined }

/** One variable or condition key, its name taken apart once. */
export type Variable = {
  /** As written between the braces. */
  written: string
  /** AWS's name: aliases replaced, case put right, without `.1` or `.List`. */
  name: string
  /** Whether AWS documents it for IoT policies. */
  known: boolean
  /** Which of several values, counted from 0. `.1` is the second value: AWS counts after the bare name. */
  index?: number
  /** `.List`: all values, for conditions with ForAllValues and ForAnyValue. */
  list: boolean
}

/** Takes the name of a variable or condition key apart. Case doesn't matter but in attribute names, as in IAM. */
export function parseVariable(written: string): Variable {
  const attribute = /^iot:(?:Connection\.)?Thing\.Attributes\[([^\]]+)\]$/i.exec(written)
  if (attribute)
    return { written, name: `${attributePrefix}${attribute[1]}]`, known: true, list: false }
  const parts = /^(iot:Certificate\..+?)\.(\d{1,3}|List)$/i.exec(written)
  const bare = parts?.[1] ?? written
  // AWS: older examples write iot:Thing.ThingName. DIFFERS: whether AWS still resolves it is not known; we do.
  const lower = bare.toLowerCase().replace(/^iot:thing\./, 'iot:connection.thing.')
  const name = spelling.get(lower)
  const variable = { written, name: name ?? bare, known: name !== undefined }
  if (parts?.[2] === undefined) return { ...variable, list: false }
  if (parts[2].toLowerCase() === 'list') return { ...variable, list: true }
  return { ...variable, index: Number(parts[2]), list: false }
}

/** The text that a variable stands for, or undefined: then the pattern that holds it matches nothing. */
export function resolve(variable: Variable, context: Context): string | undefined {
  if (variable.list) return undefined
  const value = pick(variable, context)
  if (value === undefined || value === '') return undefined
  if (!variable.name.startsWith(certificatePrefix)) return value
  if (value.length > longest || unsafe.test(value)) return undefined
  return certificateText(value)
}

/** All values of a condition key: none when it is missing from the request. */
export function valuesOf(key: Variable, context: Context): string[] {
  const held = own(context, key.name)
  if (held === undefined) return []
  const whole = !key.name.startsWith(certificatePrefix) || key.name === availableKeys
  if (whole) return typeof held === 'string' ? [held] : held
  if (!key.list) {
    const value = pick(key, context)
    return value === undefined ? [] : [certificateText(value)]
  }
  const values = typeof held === 'string' ? [held] : held
  return values.slice(0, mostValues).map(certificateText)
}

/** Why `resolve` answered undefined, in a few words. `reasons` is what the caller knows, by AWS's name. */
export function whyUnresolved(
  variable: Variable,
  context: Context,
  reasons: Record<string, string> = {},
): string {
  const reason = Object.hasOwn(reasons, variable.name) ? reasons[variable.name] : undefined
  if (reason !== undefined) return reason
  if (variable.list) return '`.List` works only in a condition'
  const held = own(context, variable.name)
  if (held === undefined) return whyMissing(variable, context, reasons)
  const value = pick(variable, context)
  if (value === undefined) return 'there are fewer values'
  if (value === '') return 'its value is empty'
  if (value.length > longest) return `its value is longer than ${longest} characters`
  return `its value ${quote(value)} holds one of \`* $ + ? #\`, and aws replaces no certificate variable by such a value`
}

function whyMissing(
  { known, name }: Variable,
  context: Context,
  reasons: Record<string, string>,
): string {
  if (name.startsWith(thingPrefix)) {
    const thing = own(context, `${thingPrefix}ThingName`)
    // Whatever keeps the thing's name away keeps all of the thing away.
    const noThing = reasons[`${thingPrefix}ThingName`]
    if (thing === undefined && noThing !== undefined) return noThing
    if (thing !== undefined)
      return `the thing ${quote(String(thing))} has no such ${name.startsWith(attributePrefix) ? 'attribute' : 'value'}`
  }
  if (name.startsWith(certificatePrefix) && known && own(context, availableKeys))
    return 'the certificate has no such value'
  if (name === 'iot:LastWillTopic' && context['iot:ConnectAttributes'])
    return 'the client sets no will'
  if (name === 'iot:LastWillTopic' || name === 'iot:ConnectAttributes')
    return 'it has a value at `iot:Connect` only'
  if (name === 'iot:DomainName' && context['aws:SecureTransport'])
    return 'the client sent no server name (sni)'
  return known ? 'nothing in this request sets it' : 'aws iot knows no such variable'
}

/** Every name that AWS documents for IoT policies, without thing attributes, `.1` and `.List`. */
export function knownVariables(): Iterable<string> {
  return spelling.values()
}

function pick(variable: Variable, context: Context): string | undefined {
  const held = own(context, variable.name)
  const index = variable.index ?? 0
  const value = typeof held === 'object' ? held[index] : index === 0 ? held : undefined
  // AWS: at most five values per certificate attribute; the rest is ignored.
  return index < mostValues && typeof value === 'string' ? value : undefined
}

// A variable may be called `constructor`: what objects inherit is no value.
function own(context: Context, name: string): string | string[] | undefined {
  return Object.hasOwn(context, name) ? context[name] : undefined
}

function certificateText(value: string): string {
  return special.test(value) ? value.replace(/[,"\\+=<>;]/g, '\\$&') : value
}

const thingPrefix = 'iot:Connection.Thing.'
const attributePrefix = 'iot:Connection.Thing.Attributes['
const certificatePrefix = 'iot:Certificate.'
const availableKeys = 'iot:Certificate.AvailableKeys'
const longest = 1024
const mostValues = 5
const special = /[,"\\+=<>;]/
const unsafe = /[*$+?#]/

const nameAttributes =
  'DistinguishedNameQualifier Country Organization OrganizationalUnit State CommonName SerialNumber Title Surname GivenName Initials Pseudonym GenerationQualifier'.split(
    ' ',
  )
const alternativeNames =
  'RFC822Name DNSName DirectoryName UniformResourceIdentifier IPAddress'.split(' ')

const spelling: ReadonlyMap<string, string> = new Map(
  [
    'iot:ClientId',
    'iot:CertificateId',
    'iot:DomainName',
    'iot:ConnectAttributes',
    'iot:LastWillTopic',
    'iot:IncludeSocketInformation',
    'iot:Connection.Thing.ThingName',
    'iot:Connection.Thing.ThingTypeName',
    'iot:Connection.Thing.IsAttached',
    'iot:Certificate.SerialNumber',
    'iot:Certificate.AvailableKeys',
    ...['Subject', 'Issuer'].flatMap(side => [
      ...nameAttributes.map(name => `iot:Certificate.${side}.${name}`),
      ...alternativeNames.map(name => `iot:Certificate.${side}.AlternativeName.${name}`),
    ]),
    'aws:SourceIp',
    'aws:CurrentTime',
    'aws:EpochTime',
    'aws:SecureTransport',
  ].map(name => [name.toLowerCase(), name]),
)
