import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { liveProject, runningBroker } from './running.ts'
import { openssl, project, withoutOpenssl } from './sandbox.ts'

const folder = 'certs/devices/sensor-1'
const files = ['AmazonRootCA1.pem', 'certificate.pem.crt', 'private.pem.key', 'public.pem.key']

t.test("a device as AWS's, under AWS's file names", async t => {
  const box = project(t)
  const { code, out, err } = await box.run('device', 'create', 'sensor-1')
  t.equal(code, 0, err)
  t.same(readdirSync(join(box.dir, folder)).sort(), [...files, 'device.yaml'].sort())
  t.equal(box.mode(`${folder}/private.pem.key`), 0o600)
  t.equal(box.mode('certs/server/ca.key'), 0o600)
  t.equal(box.mode('certs/devices-ca/ca.key'), 0o600)

  const certificate = new X509Certificate(box.read(`${folder}/certificate.pem.crt`))
  const key = createPrivateKey(box.read(`${folder}/private.pem.key`))
  t.ok(certificate.checkPrivateKey(key))
  t.equal(key.asymmetricKeyDetails?.modulusLength, 2048)
  t.match(
    box.read(`${folder}/private.pem.key`),
    /BEGIN RSA PRIVATE KEY/,
    'PKCS #1, as AWS gives it',
  )
  t.equal(
    certificate.issuer,
    'OU=Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US',
  )
  t.equal(certificate.subject, 'CN=AWS IoT Certificate')
  t.equal(certificate.validTo, 'Dec 31 23:59:59 2049 GMT')
  t.ok(certificate.verify(new X509Certificate(box.read('certs/devices-ca/ca.pem')).publicKey))
  t.equal(box.read(`${folder}/AmazonRootCA1.pem`), box.read('certs/server/ca.pem'))

  const id = createHash('sha256').update(certificate.raw).digest('hex')
  t.match(out, new RegExp(`^certificateId ${id}$`, 'm'))
  t.same(parse(box.read(`${folder}/device.yaml`)), {
    thing: 'sensor-1',
    certificate: 'certificate.pem.crt',
    status: 'ACTIVE',
    policies: ['device'],
  })
  t.ok(
    out.includes(
      `  mosquitto_pub -h localhost -p 8883 --cafile ${folder}/AmazonRootCA1.pem --cert ${folder}/certificate.pem.crt --key ${folder}/private.pem.key -i sensor-1 -t sensor-1/hello -m hi -q 1\n`,
    ),
    'the line that connects it',
  )
  t.notOk(
    readdirSync(join(box.dir, 'certs')).some(name => name.startsWith('.')),
    'nothing half-made is left',
  )
})

t.test('openssl agrees', { skip: withoutOpenssl }, async t => {
  const box = project(t)
  await box.run('device', 'create', 'sensor-1', '--key', 'ec')
  const certificate = `${folder}/certificate.pem.crt`
  t.match(
    openssl(box.dir, 'verify', '-x509_strict', '-CAfile', 'certs/devices-ca/ca.pem', certificate),
    /: OK/,
  )
  const text = openssl(box.dir, 'x509', '-in', certificate, '-noout', '-text') ?? ''
  t.match(text, /Signature Algorithm: sha256WithRSAEncryption/)
  t.match(text, /X509v3 Basic Constraints: critical\s+CA:FALSE/)
  t.match(text, /X509v3 Key Usage: critical\s+Digital Signature\n/)
  t.notMatch(text, /Extended Key Usage/)
  t.match(text, /ASN1 OID: prime256v1/)
  const key = ['pkey', '-in', `${folder}/private.pem.key`, '-pubout']
  t.equal(openssl(box.dir, ...key), box.read(`${folder}/public.pem.key`))
})

t.test('names that YAML would take for something else stay names', async t => {
  const box = project(t)
  for (const name of ['true', '12', 'null', '1:20', '-dash']) {
    const { code, err } = await box.run('device', 'create', '--key', 'ec', '--', name)
    t.equal(code, 0, err)
    t.equal(parse(box.read(`certs/devices/${name}/device.yaml`)).thing, name)
  }
})

t.test('one server CA and one devices CA for all', async t => {
  const box = project(t)
  await Promise.all([
    box.run('device', 'create', 'a', '--key', 'ec'),
    box.run('device', 'create', 'b', '--key', 'ec'),
  ])
  await box.run('device', 'create', 'c', '--key', 'ec')
  const issuer = new X509Certificate(box.read('certs/devices-ca/ca.pem')).publicKey
  for (const name of ['a', 'b', 'c']) {
    const of = (file: string) => box.read(`certs/devices/${name}/${file}`)
    t.ok(new X509Certificate(of('certificate.pem.crt')).verify(issuer))
    t.equal(of('AmazonRootCA1.pem'), box.read('certs/server/ca.pem'))
  }
})

t.test('an existing device is never overwritten', async t => {
  const box = project(t)
  await box.run('device', 'create', 'sensor-1', '--key', 'ec')
  const before = box.read(`${folder}/private.pem.key`)
  const { code, out, err } = await box.run('device', 'create', 'sensor-1', '--key', 'ec')
  t.equal(code, 1)
  t.equal(out, '')
  t.equal(
    err,
    'the device `sensor-1` is there already, in `certs/devices/sensor-1`\n' +
      'hint: choose another name, or remove that folder to make its key anew\n',
  )
  t.equal(box.read(`${folder}/private.pem.key`), before)
})

t.test('--out gives the four files, and overwrites nothing', async t => {
  const box = project(t)
  const made = await box.run('device', 'create', 'sensor-1', '--key', 'ec', '--out', 'usb stick')
  t.equal(made.code, 0, made.err)
  t.same(readdirSync(join(box.dir, 'usb stick')).sort(), files)
  t.equal(box.mode('usb stick/private.pem.key'), 0o600)
  t.match(made.out, "--cafile 'usb stick/AmazonRootCA1.pem'")
  const again = await box.run('device', 'create', 'other', '--key', 'ec', '--out', 'usb stick')
  t.equal(again.code, 1)
  t.match(again.err, /^`usb stick\/certificate\.pem\.crt` is there already$/m)
  t.notOk(existsSync(join(box.dir, 'certs/devices/other')), 'and no device is registered')
})

const refused: [args: string[], says: RegExp, hint: RegExp][] = [
  [['--policy', 'sensor'], /no policy `sensor` in `policies`/, /did you mean `sensors`\?/],
  [['--policy', 'zzz'], /no policy `zzz`/, /there is `device` or `sensors`/],
  [['--policy', '../x'], /no policy `\.\.\/x`/, /hint/],
  [['--key', 'dsa'], /unknown kind `dsa`/, /--key rsa or --key ec/],
]
for (const [args, says, hint] of refused) {
  t.test(`${args.join(' ')} is refused`, async t => {
    const box = project(t)
    const { code, err } = await box.run('device', 'create', 'sensor-1', ...args)
    t.equal(code, 3)
    t.match(err, says)
    t.match(err, hint)
    t.notOk(existsSync(join(box.dir, 'certs')), 'and nothing was made')
  })
}

for (const name of ['a/b', '..', 'a b', 'ä', 'x'.repeat(129), '']) {
  t.test(`the thing name ${JSON.stringify(name.slice(0, 9))} is refused`, async t => {
    const { code, err } = await project(t).run('device', 'create', name)
    t.equal(code, 3)
    t.match(err, /can't be a thing's name/)
  })
}

t.test('--json is the same as data, and the config counts', async t => {
  const box = project(t)
  box.write('config.yaml', 'listeners: [{ port: 18883 }]\ncerts: pki\n')
  const { code, json } = await box.run(
    ...['device', 'create', 's', '--key', 'ec', '--json'],
    ...['--policy', 'sensors', '--policy', 'device'],
  )
  t.equal(code, 0)
  t.match(json(), {
    thingName: 's',
    certificateId: /^[0-9a-f]{64}$/,
    policies: ['sensors', 'device'],
    files: {
      privateKey: 'pki/devices/s/private.pem.key',
      declaration: 'pki/devices/s/device.yaml',
    },
    command: / -p 18883 /,
  })
})

t.test('without policies the starter files are pointed at', async t => {
  const box = project(t)
  box.write('config.yaml', 'policies: elsewhere\n')
  const { code, err } = await box.run('device', 'create', 's')
  t.equal(code, 3)
  t.match(err, /no policy `device` in `elsewhere`\nhint: candid init/)
})

t.test('a file where the folder should be is told', async t => {
  const box = project(t)
  box.write('certs', 'a file')
  const { code, err } = await box.run('device', 'create', 's', '--key', 'ec')
  t.equal(code, 1)
  t.match(err, /is a file, not a folder|there already/)
  t.match(err, /^hint: /m)
})

t.test('a damaged devices CA is told, not replaced', async t => {
  const box = project(t)
  await box.run('device', 'create', 'a', '--key', 'ec')
  box.write('certs/devices-ca/ca.key', 'rubbish')
  const { code, err } = await box.run('device', 'create', 'b', '--key', 'ec')
  t.equal(code, 1)
  t.match(err, /devices-ca\/ca\.key` is not the private key of ca\.pem beside it/)
})

t.test('the line that connects it has the port of the broker that runs', async t => {
  const box = liveProject(t)
  const before = (await box.run('device', 'create', 'a', '--key', 'ec', '--json')).json()
  t.match(before['command'], / -p PORT /, 'the config says 0, and no broker runs')
  const broker = await runningBroker(t, box)
  const during = (await box.run('device', 'create', 'b', '--key', 'ec', '--json')).json()
  t.match(during['command'], new RegExp(` -p ${broker.port} `))
  await broker.stop()
  const after = (await box.run('device', 'create', 'c', '--key', 'ec', '--json')).json()
  t.match(after['command'], / -p PORT /)
})
