/** The client matrix: the TLS of Python and Node. */

import t from 'tap'
import { checkStacks } from './check.ts'

checkStacks(t, ['python', 'mqttjs'])
