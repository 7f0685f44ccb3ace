import t from 'tap'
import { awsSdkV2 } from './aws-sdk-v2.ts'
import { tryLibraries } from './steps.ts'

t.test('AWS IoT Device SDK v2', t => tryLibraries(t, [awsSdkV2]))
