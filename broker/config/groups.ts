/** One thing group, as config.yaml's `groups` declares it. */

import { type Field, group, list, refuse, text } from './fields.ts'
import { policyName, thing } from './items.ts'
import type { GroupItem } from './shape.ts'
import { shown } from './words.ts'

// AWS: CreateThingGroup, thingGroupName: [a-zA-Z0-9:_-]+, 1 to 128.
const groupName = text(value =>
  /^[a-zA-Z0-9:_-]{1,128}$/.test(value)
    ? undefined
    : {
        says: `${shown(value)} is no name of a thing group that AWS takes`,
        hint: 'use 1 to 128 of the characters a-z A-Z 0-9 : _ -',
      },
)

const fields = group({
  name: groupName,
  parent: groupName,
  policies: list(policyName, { distinct: true }),
  things: list(thing, { distinct: true }),
})

/** An item of config.yaml's `groups`. */
export const thingGroup: Field<GroupItem> = {
  read(node, spot, reading) {
    const before = reading.problems.length
    const values = fields.read(node, spot, reading)
    if (!values) return undefined
    const { name, parent, policies = [], things = [] } = values
    if (name === undefined) {
      // Where the name was wrong, that has been told.
      if (reading.problems.length > before) return undefined
      const place = { path: `${spot.path}.name`, line: spot.line }
      return refuse(reading, place, 'is missing', 'add `name: NAME`')
    }
    return { name, ...(parent === undefined ? {} : { parent }), policies, things, line: spot.line }
  },
}
