/** AWS's operations for programs: each answer is given when what it did is durable. */

import { type Answer, refuse } from './answer.ts'
import type { Operations } from './operations.ts'
import type { Registry } from './registry.ts'

/** The same inputs and answers as promises. A refusal is an answer: nothing rejects. */
export type DurableOperations = {
  [name in keyof Operations]: (
    input: Parameters<Operations[name]>[0],
  ) => Promise<Awaited<ReturnType<Operations[name]>>>
}

export function durableOperations({
  operations,
  durable,
}: Pick<Registry, 'operations' | 'durable'>): DurableOperations {
  return Object.fromEntries(
    Object.entries(operations).map(([name, act]) => [
      name,
      async (input: never): Promise<Answer<unknown>> => {
        const answer = await act(input)
        try {
          await durable()
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error)
          return refuse('InternalFailureException', `the store could not be written: ${why}`)
        }
        return answer
      },
    ]),
  ) as DurableOperations
}
