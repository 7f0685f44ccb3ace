/** The verbs on the registry: each against a running broker and against its state folder, with the same answers. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { minted } from '../helpers/pki.ts'
import { connected, FLEET, liveProject, runningBroker } from './running.ts'
import type { Ran, Sandbox } from './sandbox.ts'

type Step = [args: string, code: number, says: RegExp]

/** `$NAME` stands for what an earlier step has made. */
const steps: { [what: string]: Step[] } = {
  things: [
    ['thing list', 0, /^there are no things\n$/],
    ['type create pump --searchable site --description water', 0, /^thing type `pump` is there$/m],
    ['type list', 0, /^pump +- +2\d\d\d-\d\d-\d\d +water +learned$/m],
    [
      'thing create p1 --type pump --attribute site=a --attribute level=2',
      0,
      /^thing `p1` is there$/m,
    ],
    ['thing create p1 --type none', 2, /^Resource\w+Exception: /],
    [
      'thing create p3 --attribute site',
      3,
      /^`--attribute`: `site` has no `=`\nhint: --attribute NAME=VALUE$/m,
    ],
    ['thing update p1 --attribute site=b --remove level', 0, /^thing `p1` is changed$/m],
    ['thing describe p1', 0, /^attributes\.site +b\nversion +2$/m],
    ['thing describe p1', 0, /^from +learned$/m],
    ['thing list --type pump', 0, /^p1 +pump +site=b +learned$/m],
    ['thing describe none', 2, /^ResourceNotFoundException: .*\nhint: candid thing list shows/],
    ['type describe mine', 0, /^from +config\.yaml$/m],
    ['type list', 0, /^mine .* config\.yaml$/m],
    ['type describe none', 2, /\nhint: candid type list shows/],
    ['device activate none', 2, /\nhint: candid thing list shows/],
    ['thing update p1 --no-type', 0, /changed/],
    ['type deprecate pump', 0, /is deprecated/],
    ['type describe pump', 0, /deprecated +true/],
    ['type restore pump', 0, /is not deprecated/],
    ['type delete pump', 2, /^InvalidRequestException: /],
    ['thing delete p1', 0, /^thing `p1` is gone$/m],
    ['thing delete p1', 0, /gone/],
  ],
  groups: [
    ['group create site', 0, /^group `site` is there$/m],
    ['group create hall --parent site --description big', 0, /there/],
    ['thing create t1', 0, /there/],
    ['group add hall t1', 0, /^thing `t1` is in group `hall`$/m],
    [
      'policy create policies/other/narrow.txt --name narrow',
      0,
      /^policy `narrow` is there, version 1$/m,
    ],
    ['group attach hall narrow', 0, /^policy `narrow` is on group `hall`$/m],
    ['group describe hall', 0, /^things +t1\npolicies +narrow$/m],
    ['group describe none', 2, /\nhint: candid group list shows/],
    ['group attach hall none', 2, /\nhint: candid policy list shows/],
    ['group list', 0, /^hall +learned\nsite +learned$/m],
    ['group delete site', 2, /^InvalidRequestException: /],
    ['group detach hall narrow', 0, /not on/],
    ['group remove hall t1', 0, /not in/],
    ['group delete hall', 0, /gone/],
  ],
  policies: [
    ['policy list', 0, /^device +policies\/device\.json$/m],
    [
      'policy create policies/device.json',
      2,
      /^policy `device` is declared in `policies\/device\.json`\nhint: edit that file/,
    ],
    ['policy create policies/other/bad.txt', 2, /^MalformedPolicyException: /],
    ['policy create no.json', 3, /`no\.json`: there is no such file/],
    ['policy create policies/other/narrow.txt --name n2', 0, /version 1/],
    ['policy update policies/other/narrow.txt --name n2', 0, /version 2/],
    ['policy versions n2', 0, /^2 +default .*\n1 +- /m],
    ['policy set-default n2 1', 0, /^version 1 of policy `n2` holds now$/m],
    ['policy delete n2', 2, /^DeleteConflictException: /],
    ['policy delete n2 --version 2', 0, /gone/],
    ['policy describe n2', 0, /"Action": "iot:Connect"/],
    ['policy delete n2', 0, /^policy `n2` is gone$/m],
    ['policy delete device', 2, /is declared in/],
  ],
  certificates: [
    ['cert list', 0, /^there are no certificates\n$/],
    [
      'cert create --active --out made',
      0,
      /^certificate [0-9a-f]{64} is made, ACTIVE\n {2}made\/[0-9a-f]{64}-certificate\.pem\.crt$/m,
    ],
    ['cert list', 0, /^$CERT +ACTIVE +DEFAULT +2\d\d\d-\d\d-\d\d +learned$/m],
    ['cert deactivate $SHORT', 0, /^certificate $CERT is INACTIVE$/m],
    ['cert activate $FILE', 0, /is ACTIVE/],
    ['cert describe $ARN', 0, /^status +ACTIVE$/m],
    ['cert activate 0000000', 3, /^no certificate begins with `0000000`$/m],
    ['cert activate abc', 3, /^`abc` names no certificate\nhint: give its id/m],
    ['cert activate fleet.json', 3, /^the file `fleet\.json` holds no certificate\nhint: give/m],
    [
      'cert activate 0000000000000000000000000000000000000000000000000000000000000000',
      2,
      /^ResourceNotFoundException: /,
    ],
    ['thing create c1', 0, /there/],
    ['thing attach c1 $SHORT', 0, /^certificate $CERT is attached to thing `c1`$/m],
    ['policy create policies/other/narrow.txt --name n3', 0, /there/],
    ['cert attach $SHORT', 3, /POLICY or `--thing` is missing/],
    ['cert attach $SHORT n3', 0, /^policy `n3` is on certificate $CERT$/m],
    ['cert describe $SHORT', 0, /^things +c1\npolicies +n3$/m],
    ['policy describe n3', 0, /^on +arn:aws:iot:.*:cert\/$CERT$/m],
    ['device list', 0, /^c1 +[0-9a-f]{16} +ACTIVE +learned$/m],
    ['device describe c1', 0, /^policies +n3$/m],
    ['device deactivate c1', 0, /^device `c1` is INACTIVE$/m],
    ['device attach c1 device', 0, /^policy `device` is on device `c1`$/m],
    ['device detach c1 device', 0, /not on/],
    ['cert delete $SHORT', 2, /^DeleteConflictException: /],
    ['policy detach n3 $SHORT', 0, /^policy `n3` is not on certificate/m],
    ['cert detach $SHORT --thing c1', 0, /is not attached to thing `c1`/],
    ['cert delete $SHORT', 0, /^certificate $CERT is gone$/m],
    ['device activate c1', 2, /^thing `c1` has no certificate$/m],
    ['cert create --csr no.csr', 3, /there is no such file/],
    ['cert register $OWN', 2, /Exception: /],
    ['cert register $OWN --no-ca --active', 0, /^certificate [0-9a-f]{64} is registered, ACTIVE$/m],
    ['cert revoke $OWN', 0, /is REVOKED/],
    [
      'cert create --out config.yaml/in-a-file',
      1,
      /^certificate ([0-9a-f]{64}) is registered all the same, and its private key is lost\nhint: candid cert revoke \1$/m,
    ],
  ],
  'device delete': [
    ['thing create d1', 0, /there/],
    ['cert create --active --out made', 0, /ACTIVE/],
    ['thing attach d1 $SHORT', 0, /attached/],
    ['device delete d1', 2, /^device `d1` and 1 certificate would go\nhint: add --yes/m],
    ['device delete d1 --yes', 0, /^device `d1` is gone, with 1 certificate$/m],
    ['cert list', 0, /no certificates/],
  ],
  CAs: [
    ['ca list', 0, /^there are no CAs\n$/],
    ['ca registration-code', 0, /^[0-9a-f]{64}\n$/],
    ['ca verify $CA', 3, /`--verification FILE` or `--sni-only` is missing/],
    ['ca verify $CA --sni-only', 0, /^CA [0-9a-f]{64} is registered$/m],
    ['ca describe none', 3, /^`none` names no CA\nhint: .* the name of its folder/m],
    ['ca describe $CA', 0, /^status +ACTIVE$/m],
    ['ca disable-registration $CA', 0, /registers no devices/],
    ['ca enable-registration $CA', 0, /registers devices/],
    ['ca delete $CA', 2, /^CertificateStateException: /],
    ['ca deactivate $CA', 0, /is INACTIVE/],
    ['ca activate $CA', 0, /is ACTIVE/],
    ['ca deactivate $CA', 0, /is INACTIVE/],
    ['ca delete $CA', 0, /gone/],
  ],
  templates: [
    ['template list', 0, /^mine .* policies\/templates\/mine\.json$/m],
    ['template create fleet fleet.json --description x', 0, /^template `fleet` is there$/m],
    ['template describe fleet', 0, /^ *"Resources"/m],
    ['template update fleet --disable', 0, /is changed/],
    ['template update fleet fleet.json', 0, /is changed/],
    ['template update fleet', 3, /nothing to change/],
    ['template list', 0, /^fleet +FLEET_PROVISIONING +disabled /m],
    ['template delete fleet', 0, /gone/],
    ['template delete mine', 2, /is declared in `policies\/templates\/mine\.json`/],
  ],
}

const NARROW = JSON.stringify(
  { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: '*' }] },
  null,
  1,
)

function filled(t: Test): Sandbox {
  const box = liveProject(t)
  box.write('config.yaml', `${box.read('config.yaml')}thingTypes: [{ name: mine }]\n`)
  box.write('policies/other/narrow.txt', NARROW)
  box.write('policies/other/bad.txt', '{}')
  box.write('fleet.json', FLEET)
  box.write('policies/templates/mine.json', FLEET)
  box.write('own.pem', minted({ subject: [['CN', 'own']] }).pem)
  box.write('ca.pem', minted({ subject: [['CN', 'mine']], isCa: true }).pem)
  return box
}

async function walk(t: Test, box: Sandbox, what: string): Promise<void> {
  const names = new Map([
    ['OWN', 'own.pem'],
    ['CA', 'ca.pem'],
  ])
  const fill = (text: string) =>
    text.replace(/\$([A-Z]+)/g, (whole, name) => names.get(name) ?? whole)
  for (const [line, code, says] of steps[what] ?? []) {
    const ran = await box.run(...fill(line).split(' '))
    t.equal(ran.code, code, `${line}: ${ran.err}`)
    t.match(code === 0 ? ran.out : ran.err, new RegExp(fill(says.source), says.flags), line)
    const made = /^certificate ([0-9a-f]{64}) is made/.exec(ran.out)?.[1]
    if (made === undefined) continue
    names.set('CERT', made)
    names.set('SHORT', made.slice(0, 8))
    names.set('ARN', `arn:aws:iot:us-east-1:123456789012:cert/${made}`)
    names.set('FILE', `made/${made}-certificate.pem.crt`)
    t.equal(box.mode(`made/${made}-private.pem.key`), 0o600)
  }
}

for (const what of Object.keys(steps)) {
  t.test(`${what}, in the state folder`, t => walk(t, filled(t), what))
}

t.test('with a running broker: the same', async t => {
  for (const what of Object.keys(steps)) {
    await t.test(what, async t => {
      const box = filled(t)
      await runningBroker(t, box)
      await walk(t, box, what)
      t.ok(readdirSync(join(box.dir, 'state')).includes('door.json'))
    })
  }
})

t.test('--json gives what AWS gives, and which way it went', async t => {
  const box = filled(t)
  const json = async (...args: string[]): Promise<Ran['json']> =>
    (await box.run(...args, '--json')).json
  t.match((await json('thing', 'create', 'a'))(), { thingName: 'a', thingId: String, via: 'store' })
  t.match((await json('thing', 'list'))(), {
    things: [{ thingName: 'a', version: 1 }],
    via: 'store',
  })
  t.match((await json('cert', 'create'))(), {
    certificateId: /^[0-9a-f]{64}$/,
    keyPair: { PrivateKey: /-----BEGIN/ },
  })
  t.match((await json('thing', 'describe', 'b'))(), {
    exception: 'ResourceNotFoundException',
    message: String,
    via: 'store',
  })
})

t.test('lists are whole, however many there are', async t => {
  const box = filled(t)
  await runningBroker(t, box)
  const { reach } = await import('../../broker/control/reach.ts')
  const { defaultConfig } = await import('../../broker/config/shape.ts')
  const folder = join(box.dir, 'state')
  const way = await reach({
    folder,
    config: defaultConfig(),
    baseDir: box.dir,
    world: box.io.world,
    by: 'test',
    reads: false,
  })
  if ('problem' in way) throw new Error(way.problem.says)
  for (let n = 0; n < 300; n++) await way.call('CreateThing', { thingName: `t${n}` })
  t.match((await box.run('thing', 'list', '--json')).json(), { things: { length: 300 } })
})

t.test('what the verbs change acts at once on a connected device', async t => {
  const box = filled(t)
  const broker = await runningBroker(t, box)
  const made = (await box.run('cert', 'create', '--active', '--json')).json()
  const keyPair = made['keyPair'] as { PrivateKey: string }
  const id = `${made['certificateId']}`
  const keys = {
    ca: box.read('certs/server/ca.pem'),
    cert: `${made['certificatePem']}`,
    key: keyPair.PrivateKey,
  }
  t.equal(await connected(t, broker, keys, 'live-1'), undefined, 'it has no policy')
  await box.run('thing', 'create', 'live-1')
  await box.run('thing', 'attach', 'live-1', id)
  t.equal((await box.run('device', 'attach', 'live-1', 'device')).code, 0)
  const client = await connected(t, broker, keys, 'live-1')
  if (!client) throw new Error('it is kept out')
  await client.publishAsync('a', '1', { qos: 1 })
  const closed = new Promise<void>(done => client.once('close', () => done()))
  t.equal((await box.run('cert', 'deactivate', id.slice(0, 10))).code, 0)
  await closed
  t.match(await broker.line(line => line['code'] === 'REGISTRATION_INACTIVE'), {
    event: 'connection.closed',
    thingName: 'live-1',
    evidence: { change: { operation: 'UpdateCertificate', by: 'candid cert deactivate' } },
    says: /by `UpdateCertificate` \(asked for by `candid cert deactivate`\) while/,
  })
  t.equal(await connected(t, broker, keys, 'live-1'), undefined, 'it is INACTIVE')
  const { remedy } = await broker.line(line => line['code'] === 'REGISTRATION_INACTIVE')
  const typed = /`candid (cert activate [0-9a-f]+)`/.exec(`${remedy}`)?.[1] ?? ''
  t.equal((await box.run(...typed.split(' '))).code, 0, 'the remedy is the next command')
  const again = await connected(t, broker, keys, 'live-1')
  if (!again) throw new Error('it is kept out')
  t.equal((await box.run('device', 'detach', 'live-1', 'device')).code, 0)
  const gone = new Promise<void>(done => again.once('close', () => done()))
  again.publish('a', '2', { qos: 1 })
  await gone
  t.match(await broker.line(line => line['code'] === 'TRAFFIC_PUBLISH_DENIED'), {
    thingName: 'live-1',
  })
})
