/**
 * Provisioning templates: CreateProvisioningTemplate, DescribeProvisioningTemplate, UpdateProvisioningTemplate,
 * DeleteProvisioningTemplate, ListProvisioningTemplates. A change acts on the next device that is provisioned.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_CreateProvisioningTemplate.html and its neighbours
 */

import { quote } from '../../diagnosis/words.ts'
import { kindFailure } from '../../template/kind.ts'
import { failureOf, readTemplate } from '../../template/read.ts'
import type { TemplateFailure } from '../../template/template.ts'
import { type Answer, answer, type Refusal, refuse } from '../answer.ts'
import { changing, type Desk, epochSeconds, ifDeclared, reading } from '../desk.ts'
import type { TemplateRecord } from '../records.ts'
import type { Rule } from './input.ts'
import { pageOf, withToken } from './page.ts'
import { flag, templateName, tokenPage } from './rules.ts'

type Hook = { payloadVersion?: string; targetArn: string }

export type CreateTemplateInput = TemplateNamed & {
  templateBody: string
  provisioningRoleArn: string
  /** AWS: a template is disabled until somebody enables it. */
  enabled?: boolean
  description?: string
  preProvisioningHook?: Hook
  type?: TemplateRecord['type']
}

export type UpdateTemplateInput = TemplateNamed & {
  description?: string
  enabled?: boolean
  defaultVersionId?: number
  provisioningRoleArn?: string
  preProvisioningHook?: Hook
  removePreProvisioningHook?: boolean
}

export type TemplateNamed = { templateName: string }

/** AWS: templates of an account. */
const MOST = 256

export const templateBody: Rule = { kind: 'string', max: 10_240, required: true }
const description: Rule = { kind: 'string', max: 500 }
const roleArn: Rule = { kind: 'string', min: 20, max: 2048 }
const preProvisioningHook: Rule = {
  kind: 'object',
  of: {
    payloadVersion: { kind: 'string', min: 10, max: 32, pattern: /[0-9-]+/ },
    targetArn: { kind: 'string', max: 2048, required: true },
  },
}

export function templateOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    /** InvalidRequestException with what is wrong in the body, ResourceAlreadyExistsException, LimitExceededException. */
    createProvisioningTemplate: changing(
      desk,
      {
        templateName,
        templateBody,
        provisioningRoleArn: { ...roleArn, required: true },
        enabled: flag,
        description,
        preProvisioningHook,
        type: { kind: 'string', oneOf: ['FLEET_PROVISIONING', 'JITP'] },
      },
      ({ templateBody: body, ...input }: CreateTemplateInput) => {
        const { templateName: name, enabled = false, type = 'FLEET_PROVISIONING' } = input
        const wrong = ifHookless(type, input.preProvisioningHook) ?? ifUnusable(type, body)
        if (wrong) return wrong
        const templateArn = desk.arn('provisioningtemplate', name)
        if (view.templates.has(name)) {
          const message = `Template with name ${name} already exists`
          return refuse('ResourceAlreadyExistsException', message, {
            resourceId: name,
            resourceArn: templateArn,
          })
        }
        if (tables.templates.size >= MOST) {
          const message = `There are ${MOST} provisioning templates already`
          return refuse('LimitExceededException', message, { hint: 'delete one of them first' })
        }
        const now = desk.now()
        tables.templates.put(name, {
          ...input,
          enabled,
          type,
          defaultVersionId: 1,
          lastVersionId: 1,
          versions: { 1: { templateBody: body, creationDate: now } },
          creationDate: now,
          lastModifiedDate: now,
          source: { kind: 'learned', how: 'CreateProvisioningTemplate' },
        })
        return answer({ templateArn, templateName: name, defaultVersionId: 1 })
      },
    ),
    /** With the body of the default version. */
    describeProvisioningTemplate: reading(
      { templateName },
      ({ templateName: name }: TemplateNamed) => {
        const template = view.templates.get(name)
        if (template === undefined) return noTemplate(name)
        const { versions, lastVersionId: _, source: __, ...rest } = template
        return answer({
          ...rest,
          templateArn: desk.arn('provisioningtemplate', name),
          templateBody: versions[template.defaultVersionId]?.templateBody ?? '',
          creationDate: epochSeconds(template.creationDate),
          lastModifiedDate: epochSeconds(template.lastModifiedDate),
        })
      },
    ),
    /** What is not named stays as it is. */
    updateProvisioningTemplate: changing(
      desk,
      {
        templateName,
        description,
        enabled: flag,
        defaultVersionId: { kind: 'integer', min: 1 },
        provisioningRoleArn: roleArn,
        preProvisioningHook,
        removePreProvisioningHook: flag,
      },
      ({ removePreProvisioningHook: unhook = false, ...input }: UpdateTemplateInput) => {
        const { templateName: name, defaultVersionId, preProvisioningHook: hook } = input
        const found = changeableTemplate(name, desk)
        if (!found.ok) return found
        const wrong = ifHookless(found.value.type, hook)
        if (wrong) return wrong
        if (unhook && hook) {
          const message =
            'preProvisioningHook and removePreProvisioningHook are given: give one of them'
          return refuse('InvalidRequestException', message)
        }
        if (defaultVersionId !== undefined && !(defaultVersionId in found.value.versions)) {
          return noTemplateVersion(name, defaultVersionId)
        }
        const { preProvisioningHook: before, ...rest } = found.value
        tables.templates.put(name, {
          ...rest,
          ...(before === undefined || unhook ? {} : { preProvisioningHook: before }),
          ...input,
          lastModifiedDate: desk.now(),
        })
        return answer({})
      },
    ),
    /** With all its versions. DeleteConflictException while a CA uses it. */
    deleteProvisioningTemplate: changing(
      desk,
      { templateName },
      ({ templateName: name }: TemplateNamed) => {
        const found = changeableTemplate(name, desk)
        if (!found.ok) return found
        const user = view.authorities
          .values()
          .find(({ registrationConfig }) => registrationConfig?.templateName === name)
        if (user) {
          const message = `Template ${name} is in use by CA certificate ${user.caCertificateId}`
          const hint = 'give that CA another template first'
          return refuse('DeleteConflictException', message, { hint })
        }
        tables.templates.remove(name)
        return answer({})
      },
    ),
    /** By name. */
    listProvisioningTemplates: reading(
      tokenPage,
      ({ maxResults, nextToken }: { maxResults?: number; nextToken?: string }) => {
        const page = pageOf(
          view.templates.keys(),
          name => {
            const template = view.templates.get(name)
            return template && summary(template, desk)
          },
          { size: maxResults, token: nextToken },
        )
        return withToken('templates', page)
      },
    ),
  }
}

/** The template, or why it can't be changed: there is none, or a file declares it. */
export function changeableTemplate(name: string, desk: Desk): Answer<TemplateRecord> {
  const template = desk.view.templates.get(name)
  if (template === undefined) return noTemplate(name)
  return ifDeclared(template, `template ${quote(name)}`) ?? answer(template)
}

export function noTemplate(name: string): { ok: false; refusal: Refusal } {
  return refuse('ResourceNotFoundException', `Template ${name} does not exist`)
}

export function noTemplateVersion(name: string, id: number): { ok: false; refusal: Refusal } {
  return refuse('ResourceNotFoundException', `Version ${id} of template ${name} does not exist`)
}

/** Why a body is no template of this type. */
export function ifUnusable(
  type: TemplateRecord['type'],
  body: string,
): { ok: false; refusal: Refusal } | undefined {
  const { template, problems } = readTemplate(body)
  const failure = template ? kindFailure(template, type) : failureOf(problems)
  if (failure === undefined) return undefined
  return refuse('InvalidRequestException', `templateBody is not valid: ${inWords(failure)}`)
}

/** AWS: hooks are for fleet provisioning. */
function ifHookless(type: TemplateRecord['type'], hook: Hook | undefined) {
  if (type !== 'JITP' || hook === undefined) return undefined
  return refuse('InvalidRequestException', 'A JITP template has no pre-provisioning hook')
}

function inWords({ parameter, resource, why }: TemplateFailure): string {
  const of = parameter === undefined ? resource : parameter
  return of === undefined || why.includes(of) ? why : `${quote(of)}: ${why}`
}

function summary(template: TemplateRecord, desk: Desk) {
  const { templateName: name, description: says, enabled, type } = template
  return {
    templateArn: desk.arn('provisioningtemplate', name),
    templateName: name,
    ...(says === undefined ? {} : { description: says }),
    creationDate: epochSeconds(template.creationDate),
    lastModifiedDate: epochSeconds(template.lastModifiedDate),
    enabled,
    type,
  }
}
