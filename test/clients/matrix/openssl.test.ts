/** The client matrix: programs on OpenSSL. */

import t from 'tap'
import { checkStacks } from './check.ts'

checkStacks(t, ['openssl', 'mosquitto'])
