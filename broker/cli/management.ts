/** The management door of a broker that runs from files: it stands in the state folder, where there is one. */

import { type DoorParts, openDoor } from '../control/door.ts'

type Problem = { says: string; hint: string }

/**
 * @param warn told what is in the way; the broker runs without a door then
 */
export async function openManagement(
  place: { folder: string } | 'memory',
  parts: Omit<DoorParts, 'folder'>,
  warn: (problem: Problem) => void,
): Promise<{ close(): Promise<void> }> {
  const none = { close: () => Promise.resolve() }
  if (place === 'memory') return none
  const door = await openDoor({ ...parts, folder: place.folder })
  if (!('problem' in door)) return door
  warn({ ...door.problem, says: `no management door: ${door.problem.says}` })
  return none
}
