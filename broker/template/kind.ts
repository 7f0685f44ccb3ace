/** What a template may hold depends on who uses it: JITP, fleet provisioning, or RegisterThing. AWS: DG/provision-template */

import type { Expression } from './expression.ts'
import {
  certificateIdParameter,
  type Template,
  type TemplateFailure,
  type TemplateKind,
} from './template.ts'

/** Why a template is no good for this use, whatever the parameters. */
export function kindFailure(template: Template, kind: TemplateKind): TemplateFailure | undefined {
  if (kind === 'REGISTER_THING') return undefined
  const { certificate } = template
  const resource = certificate.name
  const id = certificate.properties.get('CertificateId')
  const use = kind === 'JITP' ? 'a JITP template' : 'a fleet provisioning template'
  // AWS: only certificate ids can be used in them, and a JITP template must write it so.
  if (!id) return { resource, why: `${use} names its certificate by \`CertificateId\`` }
  if (isOwnId(id)) return undefined
  return {
    resource,
    why: `${use} has \`{ "Ref": "${certificateIdParameter}" }\` as its \`CertificateId\``,
  }
}

function isOwnId(expression: Expression): boolean {
  return expression.kind === 'ref' && expression.name === certificateIdParameter
}
