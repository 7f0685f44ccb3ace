/** One pre-provisioning hook, as config.yaml's `provisioning.hooks` declares it. */

import { type Field, group, list, refuse, text } from './fields.ts'
import type { HookItem } from './shape.ts'
import { shown } from './words.ts'

// AWS: CreateProvisioningTemplate, templateName: [0-9A-Za-z_-]+, 1 to 36.
const templateName = text(value =>
  /^[0-9A-Za-z_-]{1,36}$/.test(value)
    ? undefined
    : {
        says: `${shown(value)} is no name of a template that AWS takes`,
        hint: 'use 1 to 36 of the characters a-z A-Z 0-9 _ -',
      },
)

const fields = group({
  template: templateName,
  command: list(text(), { atLeastOne: true }),
  module: text(),
})

/** An item of config.yaml's `provisioning.hooks`. */
export const hook: Field<HookItem> = {
  read(node, spot, reading) {
    const before = reading.problems.length
    const values = fields.read(node, spot, reading)
    if (!values || reading.problems.length > before) return undefined
    const { template, command, module } = values
    const { line } = spot
    if (template === undefined) {
      return refuse(reading, { path: `${spot.path}.template`, line }, 'is missing', NAME_IT)
    }
    if (command !== undefined && module === undefined) return { template, command, line }
    if (module !== undefined && command === undefined) return { template, module, line }
    return refuse(reading, spot, 'has `command` or `module`, one of the two', ONE_OF_TWO)
  },
}

const NAME_IT = 'add `template: NAME`, the name of a file in policies/templates/'
const ONE_OF_TWO = 'such as `command: [node, hook.mjs]`, or `module: hook.mjs`'
