/** AWS's operations for programs: each answer is given when what it did is durable. */

import { type Answer, refuse } from '../answer.ts'
import type { Registry } from '../registry.ts'

type Table = { [name: string]: (input: never) => unknown }

/** The same inputs and answers as promises. A refusal is an answer: nothing rejects. */
export type Durable<T extends Table> = {
  [name in keyof T]: (input: Parameters<T[name]>[0]) => Promise<Awaited<ReturnType<T[name]>>>
}

export function durableOperations<T extends Table>(
  operations: T,
  { durable }: Pick<Registry, 'durable'>,
): Durable<T> {
  return Object.fromEntries(
    Object.entries(operations).map(([name, act]) => [
      name,
      async (input: never): Promise<Answer<unknown>> => {
        const answer = (await act(input)) as Answer<unknown>
        try {
          await durable()
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error)
          return refuse('InternalFailureException', `the store could not be written: ${why}`)
        }
        return answer
      },
    ]),
  ) as Durable<T>
}
