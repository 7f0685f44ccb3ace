/** Who asks, as a case file says it. */

import { quote } from '../diagnosis/words.ts'
import { groupOf, type Plain, type Reader, textOf } from './case-values.ts'
import type { AttachedThing, CertificateFacts, Facts } from './context.ts'

export function factsOf(principal: Plain, path: string, reader: Reader): Facts {
  const text = (key: string) => textOf(principal[key], `${path}.${key}`, reader)
  const given = principal['thing']
  const thing =
    given === undefined || given === null ? undefined : thingFrom(given, `${path}.thing`, reader)
  const clientId = text('clientId') ?? thing?.thingName
  const certificateId = text('certificateId')
  const sourceIp = text('sourceIp')
  const domainName = text('domainName')
  const certificate = principal['certificate']
  return {
    ...(clientId !== undefined && { clientId }),
    ...(certificateId !== undefined && { certificateId }),
    ...(sourceIp !== undefined && { sourceIp }),
    ...(domainName !== undefined && { domainName }),
    things: thing ? [thing] : [],
    ...(certificate !== undefined && {
      certificate: certificateFrom(certificate, `${path}.certificate`, reader),
    }),
  }
}

function thingFrom(value: unknown, path: string, reader: Reader): AttachedThing {
  if (typeof value === 'string') return { thingName: value }
  const thing = groupOf(value, path, ['name', 'type', 'attributes', 'exclusive'], reader)
  const type = textOf(thing['type'], `${path}.type`, reader)
  const attributes: Record<string, string> = {}
  for (const [name, one] of Object.entries(
    groupOf(thing['attributes'] ?? {}, `${path}.attributes`, undefined, reader),
  ))
    attributes[name] = String(one)
  return {
    thingName: textOf(thing['name'], `${path}.name`, reader) ?? '',
    ...(type !== undefined && { thingTypeName: type }),
    attributes,
    exclusive: thing['exclusive'] === true,
  }
}

/** `Subject.CommonName: sensor-1`: the names as after `iot:Certificate.`. */
function certificateFrom(value: unknown, path: string, reader: Reader): CertificateFacts {
  const facts: Required<Omit<CertificateFacts, 'serialNumber'>> = {
    subject: {},
    subjectAlternativeName: {},
    issuer: {},
    issuerAlternativeName: {},
  }
  let serialNumber: string | undefined
  for (const [name, given] of Object.entries(groupOf(value, path, undefined, reader))) {
    const values = (Array.isArray(given) ? given : [given]).map(String)
    const parts = /^(Subject|Issuer)\.(AlternativeName\.)?(\w+)$/.exec(name)
    if (name === 'SerialNumber') serialNumber = values[0]
    else if (!parts)
      reader.mistakes.push(
        `${path}: ${quote(name)} is none of \`Subject.NAME\`, \`Issuer.NAME\`, \`SerialNumber\``,
      )
    else {
      const side = parts[1] === 'Subject' ? 'subject' : 'issuer'
      const part = parts[2] === undefined ? side : (`${side}AlternativeName` as const)
      facts[part][parts[3]!] = values
    }
  }
  return { ...facts, ...(serialNumber !== undefined && { serialNumber }) }
}
