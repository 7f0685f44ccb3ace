import { fileURLToPath } from 'node:url'
import t from 'tap'
import { pahoPythonOrSkip } from '../skip.ts'
import { programLibrary } from './program.ts'
import { tryLibraries } from './steps.ts'

t.test('Paho Python', async t => {
  const command = await pahoPythonOrSkip(t)
  if (command === undefined) return
  const program = { command, args: [fileURLToPath(new URL('paho-python.py', import.meta.url))] }
  await tryLibraries(t, [
    programLibrary(program, 'Paho Python', '3.1.1'),
    programLibrary(program, 'Paho Python', '5', ['PUBACK', 'DISCONNECT']),
  ])
})
