import t from 'tap'
import { deviceOrSkip } from '../skip.ts'
import { programLibrary } from './program.ts'
import { tryLibraries } from './steps.ts'

t.test('Paho C', async t => {
  const command = await deviceOrSkip(t, 'paho')
  if (command === undefined) return
  await tryLibraries(t, [
    programLibrary({ command, args: [] }, 'Paho C', '3.1.1'),
    programLibrary({ command, args: [] }, 'Paho C', '5', ['session present']),
  ])
})
