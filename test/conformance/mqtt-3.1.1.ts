/**
 * Every normative statement of MQTT 3.1.1 (OASIS, appendix B), in our words, and the cases that show it.
 * https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
 */

import type { CaseName } from './3.1.1/cases.ts'
import type { Statements } from './statements.ts'

export const statements: Statements<CaseName> = {
  'MQTT-3.12.4-1': {
    says: 'a PINGREQ gets a PINGRESP',
    tests: ['a PINGREQ is answered with a PINGRESP'],
  },
  'MQTT-3.1.2-24': {
    says: 'silence for one and a half keep-alives ends the connection as if it had been lost',
    tests: [
      'silence for one and a half keep-alives ends the connection, and the will is published',
    ],
  },
}
