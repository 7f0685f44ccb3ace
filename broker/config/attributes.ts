/** Attributes of a thing: a group of keys that a user chooses. */

import { isMap, isScalar } from 'yaml'
import { type Field, kindOf, lineOf, refuse, resolved, textOf } from './fields.ts'
import { shown } from './words.ts'

// AWS: AttributePayload.
const KEY = /^[a-zA-Z0-9_.,@/:#-]{1,128}$/
const VALUE = /^[a-zA-Z0-9_.,@/:#=[\]-]{1,800}$/

export const attributes: Field<Record<string, string>> = {
  read(node, spot, reading) {
    const map = resolved(node, reading)
    if (!isMap(map)) {
      const hint = 'such as `attributes: { site: berlin, floor: 1 }`'
      return refuse(reading, spot, `must be a group of keys, not ${kindOf(map)}`, hint)
    }
    const values = new Map<string, string>()
    for (const pair of map.items) {
      const keyNode = resolved(pair.key, reading)
      const key = isScalar(keyNode) ? textOf(keyNode) : ''
      const place = { path: spot.path, line: lineOf(keyNode, reading) ?? spot.line }
      const valueNode = resolved(pair.value, reading)
      const value = isScalar(valueNode) && valueNode.value !== null ? textOf(valueNode) : ''
      if (!KEY.test(key)) {
        const hint = 'use 1 to 128 of the characters a-z A-Z 0-9 _ . , @ / : # -'
        refuse(reading, place, `${shown(key)} is no attribute name that AWS takes`, hint)
      } else if (values.has(key)) {
        refuse(reading, place, `${shown(key)} is written twice`, 'keep one of the two')
      } else if (!VALUE.test(value)) {
        const hint = 'use 1 to 800 of the characters a-z A-Z 0-9 _ . , @ / : # = [ ] -'
        refuse(reading, place, `${shown(value)} is no attribute value that AWS takes`, hint)
      } else values.set(key, value)
    }
    return Object.fromEntries(values)
  },
}
