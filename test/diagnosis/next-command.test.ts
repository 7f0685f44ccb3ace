/** Where the registry is the matter, the remedy is the command to type, and none that would be refused. */

import t from 'tap'
import { catalogue } from '../../broker/diagnosis/catalogue.ts'
import { diagnose } from '../../broker/diagnosis/diagnosis.ts'

t.test('a CA that registers no devices', t => {
  const { REGISTRATION_CA_INACTIVE: inactive, REGISTRATION_AUTO_DISABLED: off } = catalogue
  t.match(
    diagnose('REGISTRATION_CA_INACTIVE', inactive.example).remedy,
    /`candid ca activate 11aa11aa11aa11aa`/,
  )
  t.match(
    diagnose('REGISTRATION_AUTO_DISABLED', off.example).remedy,
    /`candid ca enable-registration 11aa11aa11aa11aa`/,
  )
  t.end()
})

t.test('a revoked certificate: only a file can take it back', t => {
  const { file, ...learned } = catalogue.REGISTRATION_REVOKED.example
  t.match(diagnose('REGISTRATION_REVOKED', learned).remedy, /this one stays revoked$/)
  const declared = diagnose('REGISTRATION_REVOKED', { ...learned, ...(file && { file }) })
  t.match(declared.remedy, /change the status in `config\.yaml`$/)
  t.end()
})

t.test('no policy, and no thing', t => {
  const { thingName: _, ...example } = catalogue.PERMISSION_CONNECT_DENIED.example
  const remedy = (more: object) =>
    diagnose('PERMISSION_CONNECT_DENIED', { ...example, ...more }).remedy
  t.match(remedy({ policies: [] }), /`candid cert attach CERT POLICY`/)
  const narration = '`iot:Connection.Thing.ThingName` has no value'
  t.match(remedy({ narration }), /`candid thing attach sensor-2 CERT`; or allow/)
  t.notMatch(remedy({ narration, clientId: 'a b; rm' }), /candid thing/, 'no thing can have it')
  t.notMatch(remedy({ narration, thingName: 'sensor-1' }), /candid thing/, 'it has a thing')
  t.notMatch(remedy({}), /candid thing/, 'the policy does not ask for one')
  t.end()
})
