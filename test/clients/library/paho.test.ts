/** Eclipse Paho, in C and in Python. */

import { fileURLToPath } from 'node:url'
import t from 'tap'
import { deviceOrSkip, pahoPythonOrSkip } from '../skip.ts'
import { programLibrary } from './program.ts'
import { tryLibraries } from './steps.ts'

t.test('Paho C', async t => {
  const command = await deviceOrSkip(t, 'paho')
  if (command === undefined) return
  const name = 'Paho C'
  await tryLibraries(t, [
    programLibrary(
      { command, args: [] },
      { name: `${name}, MQTT 3.1.1`, protocol: '3.1.1', showsPuback: true },
    ),
  ])
})

t.test('Paho Python', async t => {
  const command = await pahoPythonOrSkip(t)
  if (command === undefined) return
  const program = { command, args: [fileURLToPath(new URL('paho-python.py', import.meta.url))] }
  const name = 'Paho Python 1.6'
  await tryLibraries(t, [
    programLibrary(program, { name: `${name}, MQTT 3.1.1`, protocol: '3.1.1', showsPuback: false }),
  ])
})
