/** A healthy pair, whose messages are timed, and next to it a client that is stuck while it is sent more than sockets hold. */

import { arrive, type Scene } from './actors.ts'
import { chanceOf } from './chance.ts'

/** Round trips of the pair in ms, with and without somebody stuck. */
export type Lags = { calm: number[]; stuck: number[] }

const PAYLOAD = 'x'.repeat(100_000)
/** More than the socket buffers of both ends take on Linux. */
const FLOOD_BYTES = 15_000_000

export async function pair(scene: Scene, lags: Lags, isStuck: () => boolean): Promise<void> {
  const to = await arrive(scene, 'pair-to', {
    version: 5,
    clean: true,
    message({ payload }) {
      lags[isStuck() ? 'stuck' : 'calm'].push(performance.now() - Number(payload))
      return true
    },
  })
  const from = await arrive(scene, 'pair-from', { version: 4, clean: true })
  await to?.subscribe(['pair'], 1)
  while (scene.goesOn() && to?.alive() && from?.alive()) {
    void from.publish('pair', String(performance.now()))
    await scene.pause(25)
  }
  if (!to?.alive() || !from?.alive()) scene.problem('the healthy pair lost its connection')
  from?.leave()
  to?.leave()
}

/** @param tell told when somebody is stuck, and when no more */
export async function flood(scene: Scene, tell: (stuck: boolean) => void): Promise<void> {
  const chance = chanceOf(scene.seed, 'flood')
  const from = await arrive(scene, 'flood-from', { version: 5, clean: true })
  while (scene.goesOn() && from?.alive()) {
    const stuck = await arrive(scene, 'flood-to', { version: chance.is(0.5) ? 5 : 4, clean: true })
    if (!stuck) return
    await stuck.subscribe(['flood'], chance.is(0.5) ? 0 : 1)
    stuck.stall()
    tell(true)
    scene.count('stuck')
    for (let bytes = 0; bytes < FLOOD_BYTES && scene.goesOn(); bytes += PAYLOAD.length) {
      // The one who publishes must not be held up either.
      if (!(await from.publish('flood', PAYLOAD)))
        scene.problem('a flooded publisher got no PUBACK')
      await scene.pause(10)
    }
    await scene.pause(1000)
    tell(false)
    stuck.reset()
    await scene.pause(chance.between(1000, 4000))
  }
  from?.leave()
}
