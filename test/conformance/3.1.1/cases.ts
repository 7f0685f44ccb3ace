/** All cases of MQTT 3.1.1. Each shows at least one statement of ../mqtt-3.1.1.ts. */

import { ping } from './ping.ts'

export const cases = { ...ping }

export type CaseName = keyof typeof cases
