/** The client matrix: the AWS IoT Device SDK. It rejects in up to 30 s of silence, so its cells run side by side. */

import t from 'tap'
import { checkStacks } from './check.ts'

checkStacks(t, ['aws-crt'], { atOnce: 8 })
