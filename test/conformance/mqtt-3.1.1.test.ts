import t from 'tap'
import { cases } from './3.1.1/cases.ts'
import { statements } from './mqtt-3.1.1.ts'
import { conformance } from './statements.ts'

await conformance(t, 4, statements, cases)
