/** One thing group and one thing type, as config.yaml's `groups` and `thingTypes` declare them. */

import { type Field, group, list, refuse, text } from './fields.ts'
import { policyName, thing, thingTypeName } from './items.ts'
import type { GroupItem, ThingTypeItem } from './shape.ts'
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

const attachedPolicies: Field<string[]> = {
  read(node, spot, reading) {
    const names = list(policyName, { distinct: true }).read(node, spot, reading)
    // AWS: a quota that can't be raised.
    if (names === undefined || names.length <= 2) return names
    const hint = 'AWS attaches 2 at most to a thing group: put statements together'
    return refuse(reading, spot, `holds ${names.length} policies`, hint)
  },
}

const fields = group({
  name: groupName,
  parent: groupName,
  policies: attachedPolicies,
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

const typeFields = group({
  name: thingTypeName,
  description: text(),
  searchableAttributes: list(text(), { distinct: true }),
})

/** An item of config.yaml's `thingTypes`. */
export const thingType: Field<ThingTypeItem> = {
  read(node, spot, reading) {
    const before = reading.problems.length
    const values = typeFields.read(node, spot, reading)
    if (!values) return undefined
    const { name, searchableAttributes = [], ...others } = values
    if (name === undefined) {
      if (reading.problems.length > before) return undefined
      const place = { path: `${spot.path}.name`, line: spot.line }
      return refuse(reading, place, 'is missing', 'add `name: NAME`')
    }
    // AWS: a quota that can't be raised.
    if (searchableAttributes.length > 3) {
      const place = { path: `${spot.path}.searchableAttributes`, line: spot.line }
      const says = `holds ${searchableAttributes.length} attributes`
      return refuse(reading, place, says, 'AWS has 3 at most')
    }
    return { name, ...others, searchableAttributes, line: spot.line }
  },
}
