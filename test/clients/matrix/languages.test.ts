/** The client matrix: the TLS of Python, Node, Go and Java. */

import t from 'tap'
import { checkStacks } from './check.ts'

checkStacks(t, ['python', 'mqttjs', 'go', 'java'])
