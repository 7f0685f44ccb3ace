import t from 'tap'
import { awsSdkV1 } from './aws-sdk-v1.ts'
import { tryLibraries } from './steps.ts'

t.test('AWS IoT Device SDK v1', t => tryLibraries(t, [awsSdkV1]))
