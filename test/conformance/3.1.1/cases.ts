/** All cases of MQTT 3.1.1. Each shows at least one statement of ../mqtt-3.1.1.ts. */

import { connect } from './connect.ts'
import { errors } from './errors.ts'
import { header } from './header.ts'
import { ping } from './ping.ts'
import { publish } from './publish.ts'
import { retained } from './retained.ts'
import { session } from './session.ts'
import { strings } from './strings.ts'
import { subscribe } from './subscribe.ts'
import { topics } from './topics.ts'
import { will } from './will.ts'

export const cases = {
  ...strings,
  ...header,
  ...connect,
  ...will,
  ...session,
  ...publish,
  ...retained,
  ...subscribe,
  ...ping,
  ...topics,
  ...errors,
}

export type CaseName = keyof typeof cases
