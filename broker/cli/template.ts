/** `candid template`: provisioning templates: checks, and those of the registry. One that a file holds is changed in its file. */

import { textOf } from './cert-new.ts'
import { type Family, runFamily } from './family.ts'
import { need, type Registry, type RegistryVerb, stopped } from './in-registry.ts'
import { exits, type Io } from './io.ts'
import { cell, day, describeLines, listLines, sourcesOf } from './tell.ts'
import { run as check, command as checkCommand } from './template-check.ts'

const create: RegistryVerb = {
  command: {
    usage: ['candid template create NAME FILE [--type FLEET_PROVISIONING|JITP] [--disabled]'],
    says: ['puts a provisioning template into the registry (CreateProvisioningTemplate)'],
    flags: {
      type: { value: 'FLEET_PROVISIONING|JITP', says: 'default: FLEET_PROVISIONING' },
      disabled: { says: 'it provisions nothing yet' },
      description: { value: 'TEXT', says: 'what it is for' },
    },
    takes: ['NAME', 'FILE'],
  },
  async act({ given, call, io, project }) {
    const [templateName = '', file = ''] = given.plain
    const body = await textOf(file, io)
    if ('stopped' in body) return body
    const made = await need(
      call('CreateProvisioningTemplate', {
        templateName,
        templateBody: body.text,
        description: given.value('description'),
        enabled: !given.has('disabled'),
        // AWS demands the role that acts for the template; here nobody asks what it may do.
        provisioningRoleArn: `arn:aws:iam::${project.config.account.id}:role/provisioning`,
        type: given.value('type'),
      }),
    )
    if ('stopped' in made) return made
    return { lines: [`template \`${templateName}\` is there`], output: made.value }
  },
}

const list: RegistryVerb = {
  command: {
    usage: ['candid template list'],
    says: ['all templates, and where each comes from (ListProvisioningTemplates)'],
    flags: {},
    takes: [],
  },
  reads: true,
  async act({ all, declared }) {
    const found = await need(all('ListProvisioningTemplates', 'templates'))
    if ('stopped' in found) return found
    const sources = sourcesOf(await declared())
    const rows = (found.value['templates'] as { [key: string]: unknown }[]).map(one => [
      cell(one['templateName']),
      cell(one['type']),
      one['enabled'] === true ? 'enabled' : 'disabled',
      day(one['lastModifiedDate']),
      sources.of('template', one['templateName']),
    ])
    const head = ['TEMPLATE', 'TYPE', 'STATE', 'CHANGED', 'FROM']
    return { lines: listLines(head, rows, 'there are no templates'), output: found.value }
  },
}

const describe: RegistryVerb = {
  command: {
    usage: ['candid template describe NAME'],
    says: ['one template and its body (DescribeProvisioningTemplate)'],
    flags: {},
    takes: ['NAME'],
  },
  reads: true,
  async act({ given, call, declared }) {
    const [templateName = ''] = given.plain
    const found = await need(call('DescribeProvisioningTemplate', { templateName }))
    if ('stopped' in found) return found
    const { templateBody, ...rest } = found.value
    const from = sourcesOf(await declared()).of('template', templateName)
    const body = String(templateBody).trimEnd().split('\n')
    return { lines: [...describeLines(rest, from), '', ...body], output: found.value }
  },
}

const update: RegistryVerb = {
  command: {
    usage: ['candid template update NAME [FILE] [--enable] [--disable]'],
    says: [
      'a new body, which holds at once, or on and off (CreateProvisioningTemplateVersion, UpdateProvisioningTemplate)',
    ],
    flags: {
      enable: { says: 'it provisions' },
      disable: { says: 'it provisions nothing' },
    },
    takes: ['NAME', 'FILE?'],
  },
  async act(registry) {
    const { given, call, io } = registry
    const [templateName = '', file] = given.plain
    const inFile = await ifInFile(templateName, registry)
    if (inFile) return inFile
    const enabled = given.has('enable') ? true : given.has('disable') ? false : undefined
    if (file === undefined && enabled === undefined) {
      const hint = `candid template update ${templateName} FILE, or --disable`
      return stopped([{ says: 'there is nothing to change', hint }])
    }
    let output = {}
    if (file !== undefined) {
      const body = await textOf(file, io)
      if ('stopped' in body) return body
      const input = { templateName, templateBody: body.text, setAsDefault: true }
      const made = await need(call('CreateProvisioningTemplateVersion', input))
      if ('stopped' in made) return made
      output = made.value
    }
    if (enabled !== undefined) {
      const done = await need(call('UpdateProvisioningTemplate', { templateName, enabled }))
      if ('stopped' in done) return done
    }
    return { lines: [`template \`${templateName}\` is changed`], output }
  },
}

const remove: RegistryVerb = {
  command: {
    usage: ['candid template delete NAME'],
    says: ['deletes a template (DeleteProvisioningTemplate)'],
    flags: {},
    takes: ['NAME'],
  },
  async act(registry) {
    const [templateName = ''] = registry.given.plain
    const inFile = await ifInFile(templateName, registry)
    if (inFile) return inFile
    const done = await need(registry.call('DeleteProvisioningTemplate', { templateName }))
    if ('stopped' in done) return done
    return { lines: [`template \`${templateName}\` is gone`], output: done.value }
  },
}

async function ifInFile(name: string, { declared }: Registry) {
  const there = (await declared()).templates.find(one => one.name === name)
  if (!there) return undefined
  const says = `template \`${name}\` is declared in \`${there.file}\``
  return stopped([{ says, hint: 'edit that file: a running broker takes it over' }], exits.refused)
}

const verbs: Family = {
  check: { command: checkCommand, run: check },
  create,
  list,
  describe,
  update,
  delete: remove,
}

export function run(args: string[], io: Io): Promise<number> {
  return runFamily('template', verbs, args, io)
}
