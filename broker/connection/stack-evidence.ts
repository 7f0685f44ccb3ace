/** The client's TLS stack as evidence: only where it was recognised, so that no sentence names a stack that is not known. */

import type { Stack } from '../tls/stack.ts'

export type StackEvidence = {
  stack?: string
  /** The program or the release on top of it. */
  variant?: string
}

export function stackEvidence({ name, variant }: Stack): StackEvidence {
  if (name === 'unknown') return {}
  return variant === undefined ? { stack: name } : { stack: name, variant }
}
