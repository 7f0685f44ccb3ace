import t from 'tap'
import { catalogue } from '../../broker/diagnosis/catalogue.ts'
import { pki } from '../helpers/pki.ts'
import { openssl, project, sandbox, withoutOpenssl } from './sandbox.ts'

t.test('a code is explained', async t => {
  const box = sandbox(t)
  const { code, out } = await box.run('explain', 'HELLO_NOT_TLS')
  t.equal(code, 0)
  t.match(out, /HELLO_NOT_TLS/)
  t.match(out, catalogue.HELLO_NOT_TLS.title)
})

t.test('each code is explained as data', async t => {
  const box = sandbox(t)
  for (const known of Object.keys(catalogue)) {
    const { code, json } = await box.run('explain', known, '--json')
    t.equal(code, 0, known)
    t.match(json(), { code: known, title: String, example: { says: String, remedy: String } })
  }
})

t.test('--markdown is the whole catalogue', async t => {
  const { code, out } = await sandbox(t).run('explain', '--markdown')
  t.equal(code, 0)
  for (const known of Object.keys(catalogue)) t.ok(out.includes(known), known)
})

t.test('a registered device is accepted', async t => {
  const box = project(t)
  await box.run('device', 'create', 'sensor-1', '--key', 'ec')
  const { code, out } = await box.run('explain', 'certs/devices/sensor-1/certificate.pem.crt')
  t.equal(code, 0, out)
  t.match(
    out,
    /registered in certs\/devices\/sensor-1\/device\.yaml: thing `sensor-1`, ACTIVE, `device`/,
  )
  t.match(out, /nothing is wrong with it/)
})

t.test('an inactive one is refused, with exit code 2', async t => {
  const box = project(t)
  await box.run('device', 'create', 'sensor-1', '--key', 'ec')
  const yaml = 'certs/devices/sensor-1/device.yaml'
  box.write(yaml, box.read(yaml).replace('status: ACTIVE', 'status: INACTIVE'))
  const file = 'certs/devices/sensor-1/certificate.pem.crt'
  const { code, out } = await box.run('explain', file)
  t.equal(code, 2)
  t.match(out, /^refused: REGISTRATION_INACTIVE: .*\nhint: /m)
  const data = await box.run('explain', file, '--json')
  t.equal(data.code, 2)
  t.match(data.json(), { verdict: 'refused', problems: [{ code: 'REGISTRATION_INACTIVE' }] })
})

t.test('a stranger is refused; the same one under a registered CA is not', async t => {
  const [mine, other] = [project(t), project(t)]
  await other.run('device', 'create', 'x', '--key', 'ec')
  mine.write('x.pem', other.read('certs/devices/x/certificate.pem.crt'))
  const stranger = await mine.run('explain', 'x.pem')
  t.equal(stranger.code, 2)
  t.match(stranger.out, /^refused: CERTIFICATE_ISSUER_UNKNOWN: /m)
  mine.write('aws.pem', other.read('certs/devices-ca/ca.pem'))
  await mine.run('ca', 'register', 'aws.pem')
  const known = await mine.run('explain', 'x.pem', '--chain', 'aws.pem')
  t.equal(known.code, 0, known.out)
  t.match(known.out, /signed by a registered CA: OU=Amazon Web Services/)
})

t.test('an expired one is refused by the clock', { skip: withoutOpenssl }, async t => {
  const box = project(t, Date.UTC(2060, 0, 1))
  const make = 'req -x509 -newkey rsa:2048 -nodes -keyout k -out c.pem -days 1 -subj /CN=old'
  openssl(box.dir, ...make.split(' '))
  const { code, out } = await box.run('explain', 'c.pem')
  t.equal(code, 2)
  t.match(out, /^refused: CERTIFICATE_EXPIRED: /m)
  const key = await box.run('explain', 'k')
  t.equal(key.code, 3)
  t.match(key.err, /private key/)
})

t.test('a file that is not there, and one that is no certificate', async t => {
  const box = project(t)
  t.equal((await box.run('explain', 'gone.pem')).code, 3)
  box.write('text.pem', 'hello')
  const { code, err } = await box.run('explain', 'text.pem')
  t.equal(code, 3)
  t.match(err, /^`text\.pem`: .*\nhint: /m)
})

t.test('--ca stands for a registered CA', async t => {
  const box = project(t)
  const { device, signer, root, stranger } = pki()
  box.write('dev.pem', device.pem)
  box.write('signer.pem', signer.pem)
  box.write('root.pem', root.pem)
  box.write('other.pem', stranger.ca.pem)
  const known = await box.run('explain', 'dev.pem', '--ca', 'signer.pem')
  t.equal(known.code, 0, known.out)
  t.match(known.out, /signed by a registered CA: CN=Acme signer/)
  const root2 = await box.run('explain', 'dev.pem', '--chain', 'signer.pem', '--ca', 'root.pem')
  t.equal(root2.code, 2)
  t.match(
    root2.out,
    /CERTIFICATE_ISSUER_UNKNOWN: .* is not registered: only `CN=Acme root, O=Acme` above/,
  )
  const unknown = await box.run('explain', 'dev.pem', '--ca', 'other.pem', '--json')
  t.equal(unknown.code, 2)
  t.match(unknown.json(), { problems: [{ code: 'CERTIFICATE_ISSUER_UNKNOWN' }], notes: [] })
})

t.test('a private key beside the certificate is told of and never shown', async t => {
  const box = project(t)
  const { device, signer } = pki()
  box.write('both.pem', device.keyPem + device.pem)
  box.write('signer.pem', signer.pem)
  for (const how of [[], ['--json']]) {
    const { code, out, err } = await box.run('explain', 'both.pem', '--ca', 'signer.pem', ...how)
    t.equal(code, 0)
    t.match(out, /it holds a private key too, which is not shown/)
    for (const line of device.keyPem.split('\n').slice(1, -2)) t.notOk((out + err).includes(line))
  }
})

t.test('a block that is broken is told of beside the good one', async t => {
  const box = project(t)
  const { device, signer } = pki()
  box.write('half.pem', device.pem + signer.pem.slice(0, 300))
  box.write('signer.pem', signer.pem)
  const { code, out } = await box.run('explain', 'half.pem', '--ca', 'signer.pem')
  t.equal(code, 0)
  t.match(out, /^note: `half\.pem`: a `CERTIFICATE` block is cut off/m)
})

t.test('a wrong kind of file gets its next command', async t => {
  const box = project(t)
  box.write('dev.p12', Buffer.from('3010020103300b06092a864886f70d010701', 'hex'))
  const { code, err } = await box.run('explain', 'dev.p12')
  t.equal(code, 3)
  t.match(
    err,
    /^`dev\.p12`: this is a PKCS#12 file, not a certificate\nhint: .*openssl pkcs12 -in dev\.p12/,
  )
})
