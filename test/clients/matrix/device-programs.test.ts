/** The client matrix: the device programs. */

import t from 'tap'
import { checkStacks } from './check.ts'

checkStacks(t, ['mbedtls', 'wolfssl', 'bearssl', 'gnutls'])
