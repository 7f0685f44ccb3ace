import t from 'tap'
import { mqttJs } from './mqtt-js.ts'
import { tryLibraries } from './steps.ts'

t.test('MQTT.js', t => tryLibraries(t, [mqttJs('3.1.1'), mqttJs('5')]))
