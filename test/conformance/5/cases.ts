/** All cases of MQTT 5. Each shows at least one statement of ../mqtt-5.ts. */

import { connect } from './connect.ts'
import { flow } from './flow.ts'
import { malformed } from './malformed.ts'
import { messageProperties } from './properties.ts'
import { publish } from './publish.ts'
import { retained } from './retained.ts'
import { sessions } from './sessions.ts'
import { shared } from './shared.ts'
import { subscribe } from './subscribe.ts'
import { wills } from './wills.ts'

export const cases = {
  ...connect,
  ...sessions,
  ...wills,
  ...messageProperties,
  ...retained,
  ...publish,
  ...subscribe,
  ...shared,
  ...flow,
  ...malformed,
}

export type CaseName = keyof typeof cases
