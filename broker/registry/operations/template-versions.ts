/**
 * Versions of provisioning templates: CreateProvisioningTemplateVersion, DescribeProvisioningTemplateVersion,
 * DeleteProvisioningTemplateVersion, ListProvisioningTemplateVersions. UpdateProvisioningTemplate chooses the default one.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_CreateProvisioningTemplateVersion.html and its neighbours
 */

import { answer, refuse } from '../answer.ts'
import { changing, type Desk, epochSeconds, reading } from '../desk.ts'
import type { Rule } from './input.ts'
import { pageOf, withToken } from './page.ts'
import { flag, templateName, tokenPage } from './rules.ts'
import {
  changeableTemplate,
  ifUnusable,
  noTemplate,
  noTemplateVersion,
  type TemplateNamed,
  templateBody,
} from './templates.ts'

export type CreateTemplateVersionInput = TemplateNamed & {
  templateBody: string
  setAsDefault?: boolean
}

export type TemplateVersionNamed = TemplateNamed & { versionId: number }

/** AWS: versions of a template. */
const MOST = 5

const versionId: Rule = { kind: 'integer', min: 1, required: true }

export function templateVersionOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    /** VersionsLimitExceededException where there are five. With `setAsDefault` the next device is provisioned by it. */
    createProvisioningTemplateVersion: changing(
      desk,
      { templateName, templateBody, setAsDefault: flag },
      (input: CreateTemplateVersionInput) => {
        const { templateName: name, setAsDefault: isDefaultVersion = false } = input
        const found = changeableTemplate(name, desk)
        if (!found.ok) return found
        const template = found.value
        const wrong = ifUnusable(template.type, input.templateBody)
        if (wrong) return wrong
        if (Object.keys(template.versions).length >= MOST) {
          const message = `Template ${name} already has the maximum number of versions (${MOST})`
          const hint = 'delete a version that is not the default one first'
          return refuse('VersionsLimitExceededException', message, { hint })
        }
        const now = desk.now()
        const made = template.lastVersionId + 1
        const version = { templateBody: input.templateBody, creationDate: now }
        tables.templates.put(name, {
          ...template,
          lastVersionId: made,
          versions: { ...template.versions, [made]: version },
          ...(isDefaultVersion ? { defaultVersionId: made } : {}),
          lastModifiedDate: now,
        })
        return answer({
          templateArn: desk.arn('provisioningtemplate', name),
          templateName: name,
          versionId: made,
          isDefaultVersion,
        })
      },
    ),
    describeProvisioningTemplateVersion: reading(
      { templateName, versionId },
      ({ templateName: name, versionId: id }: TemplateVersionNamed) => {
        const template = view.templates.get(name)
        if (template === undefined) return noTemplate(name)
        const version = template.versions[id]
        if (version === undefined) return noTemplateVersion(name, id)
        return answer({
          versionId: id,
          creationDate: epochSeconds(version.creationDate),
          templateBody: version.templateBody,
          isDefaultVersion: template.defaultVersionId === id,
        })
      },
    ),
    /** Not the default one. DIFFERS: AWS's exception for that is not documented; of those it declares, one says conflict. */
    deleteProvisioningTemplateVersion: changing(
      desk,
      { templateName, versionId },
      ({ templateName: name, versionId: id }: TemplateVersionNamed) => {
        const found = changeableTemplate(name, desk)
        if (!found.ok) return found
        const { [id]: version, ...versions } = found.value.versions
        if (version === undefined) return noTemplateVersion(name, id)
        if (found.value.defaultVersionId === id) {
          const message = `Cannot delete the default version of template ${name}`
          const hint = 'make another version the default one first, or delete the template'
          return refuse('DeleteConflictException', message, { hint })
        }
        tables.templates.put(name, { ...found.value, versions, lastModifiedDate: desk.now() })
        return answer({})
      },
    ),
    /** The oldest first. */
    listProvisioningTemplateVersions: reading(
      { ...tokenPage, templateName },
      (input: TemplateNamed & { maxResults?: number; nextToken?: string }) => {
        const template = view.templates.get(input.templateName)
        if (template === undefined) return noTemplate(input.templateName)
        const { versions, defaultVersionId } = template
        const order = (a: string, b: string) => Number(a) - Number(b)
        const page = pageOf(
          Object.keys(versions).sort(order),
          id => ({
            versionId: Number(id),
            creationDate: epochSeconds(versions[id]?.creationDate ?? 0),
            isDefaultVersion: defaultVersionId === Number(id),
          }),
          { size: input.maxResults, token: input.nextToken },
          order,
        )
        return withToken('versions', page)
      },
    ),
  }
}
