/**
 * What a CA does with devices that nobody registered: nothing said means just-in-time registration, a template means
 * just-in-time provisioning.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_RegistrationConfig.html
 */

import { kindFailure } from '../../template/kind.ts'
import { failureOf, readTemplate } from '../../template/read.ts'
import { type Answer, answer, refuse } from '../answer.ts'
import type { Desk } from '../desk.ts'
import type { Rule } from './input.ts'
import { givenTemplateName } from './rules.ts'

export type RegistrationConfig = { templateBody?: string; roleArn?: string; templateName?: string }

export const registrationConfig: Rule = {
  kind: 'object',
  of: {
    templateBody: { kind: 'string', max: 10_240 },
    roleArn: { kind: 'string', min: 20, max: 2048 },
    templateName: givenTemplateName,
  },
}

/**
 * A template by body or by name: it must be there, and be one for just-in-time provisioning.
 * DIFFERS: AWS wants a role beside a body; here nobody assumes roles, so it may be missing.
 */
export function checkRegistrationConfig(
  desk: Desk,
  config: RegistrationConfig,
): Answer<RegistrationConfig> {
  const { templateBody, templateName } = config
  const invalid = (message: string, hint?: string) =>
    refuse('InvalidRequestException', message, hint === undefined ? {} : { hint })
  if (templateBody !== undefined && templateName !== undefined) {
    return invalid('registrationConfig has templateBody and templateName: give one of them')
  }
  if (templateName !== undefined) {
    const template = desk.view.templates.get(templateName)
    if (template === undefined) {
      return refuse('ResourceNotFoundException', `Template ${templateName} does not exist`)
    }
    if (template.type !== 'JITP') {
      return invalid(
        `The template ${templateName} is of the type ${template.type}`,
        'a CA needs a template of the type JITP',
      )
    }
    return answer(config)
  }
  if (templateBody === undefined) return answer(config)
  const { template, problems } = readTemplate(templateBody)
  const failure = template ? kindFailure(template, 'JITP') : failureOf(problems)
  return failure ? invalid(`templateBody is not valid: ${failure.why}`) : answer(config)
}
