import t from 'tap'
import { awsSdkV2, awsSdkV2Five } from './aws-sdk-v2.ts'
import { tryLibraries } from './steps.ts'

await t.test('AWS IoT Device SDK v2', t => tryLibraries(t, [awsSdkV2, awsSdkV2Five]))

// Its MQTT 5 client keeps the process alive, closed or not.
t.teardown(() => process.exit())
t.end()
