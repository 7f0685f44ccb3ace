/** The client matrix: the TLS of Go and Java, whose programs are compiled first. */

import t from 'tap'
import { checkStacks } from './check.ts'

checkStacks(t, ['go', 'java'])
