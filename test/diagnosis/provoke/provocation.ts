/** How one code of the catalogue is provoked from outside, and what both sides must then say of it. */

import type { Test } from 'tap'
import type { Broker, StartOptions } from '../../../broker/main.ts'
import { directly } from '../../helpers/directly.ts'
import type { Minted } from '../../helpers/pki.ts'

/** What a client can see of its end. */
export type Saw = { alert?: number; connack?: number; reasonCode?: number }

export type Provocation = {
  /** Without options, the broker is one that all such cases share. */
  options?: StartOptions
  /** Comes as a client, over a real socket; gives what it saw when it was over. */
  act(broker: Broker, t: Test): Promise<Saw>
  verdict: 'refused' | 'closed'
  side: 'we' | 'client'
  /** Seen by the client, and in the record. */
  sent?: Saw
  /** The code is a finding of a connection that ended so. */
  findingOf?: string
  evidence?: object
}

/** Why a code can't be provoked by any client. */
export type Unprovoked = { unprovoked: string }

/** One for each code of a room: the compiler misses none. */
export type Provocations<Evidence> = { [Code in keyof Evidence]: Provocation | Unprovoked }

/** Registers a certificate as `devices` in config.yaml would, with the policies of these things. */
export function register(broker: Broker, { certificate }: Minted, ...policies: string[]): void {
  const certificateId = certificate.sha256
  for (const name of policies) directly(broker.registry).attachPolicy(certificateId, name)
  const source = { kind: 'declared', file: 'config.yaml' } as const
  directly(broker.registry).registerCertificate({ certificate, status: 'ACTIVE', source })
}
