/** Section 1.5.3: UTF-8 strings, wherever a packet has one. */

import { flag, ILL_FORMED, packet, rawConnect, string, uint16 } from '../bytes.ts'
import type { Case, Scene } from '../scene.ts'

/** Each string that a client sends, in a packet that is right but for it. */
const connects: { [where: string]: (text: number[]) => Buffer } = {
  'the client id': text => rawConnect({ payload: [string(text)] }),
  'the will topic': text =>
    rawConnect({
      flags: flag.clean | flag.will,
      payload: [string('raw'), string(text), string('message')],
    }),
  'the user name': text =>
    rawConnect({ flags: flag.clean | flag.username, payload: [string('raw'), string(text)] }),
}

const others: { [where: string]: (text: number[]) => Buffer } = {
  'the topic of a PUBLISH': text => packet(0x30, string(text), [0x78]),
  'a filter of a SUBSCRIBE': text => packet(0x82, uint16(1), string(text), [0]),
  'a filter of an UNSUBSCRIBE': text => packet(0xa2, uint16(1), string(text)),
}

async function allClose({ t, dial, client }: Scene, texts: { [what: string]: number[] }) {
  for (const [what, text] of Object.entries(texts)) {
    for (const [where, bytes] of Object.entries(connects)) {
      t.comment(`${what}, in ${where}`)
      const stranger = await dial()
      stranger.send(bytes(text))
      await stranger.closed()
    }
    for (const [where, bytes] of Object.entries(others)) {
      t.comment(`${what}, in ${where}`)
      const known = await client()
      known.send(bytes(text))
      await known.closed()
    }
  }
}

export const strings = {
  'ill-formed UTF-8 closes the connection, in each string of each packet': scene =>
    allClose(scene, ILL_FORMED),
  'U+0000 closes the connection, in each string of each packet': scene =>
    allClose(scene, { 'U+0000': [0x61, 0, 0x62] }),
  'U+FEFF stays in a topic, also in front': async ({ t, client, id }) => {
    const a = await client()
    await a.subscribe([`\uFEFF${id}`, `${id}/\uFEFFx`], { qos: 0 })
    a.publish(id, { payload: 'without' })
    a.publish(`\uFEFF${id}`, { payload: 'in front' })
    a.publish(`${id}/x`, { payload: 'without' })
    a.publish(`${id}/\uFEFFx`, { payload: 'inside' })
    const [first, second] = await a.gets('in front', 'inside')
    t.equal(first?.topic, `\uFEFF${id}`)
    t.equal(second?.topic, `${id}/\uFEFFx`)
  },
} satisfies { [name: string]: Case }
