/** AWS's six security policies: exactly these suites and versions, and OpenSSL takes each list as it is. */

import { createSecureContext } from 'node:tls'
import t from 'tap'
import { securityPolicies } from '../../broker/config/shape.ts'
import { suiteName } from '../../broker/tls/names.ts'
import { cipherList, securityPolicy } from '../../broker/tls/security-policy.ts'

/**
 * AWS: the table "Security policies" under "Transport security" in the AWS IoT Core developer guide, port 8883. By IANA's
 * names, so that nothing of the code's own table is used twice.
 */
const gcm = ['AES_128_GCM_SHA256', 'AES_128_CBC_SHA256', 'AES_128_CBC_SHA']
const cbc = ['AES_256_GCM_SHA384', 'AES_256_CBC_SHA384', 'AES_256_CBC_SHA']
const ecdheRsa = [...gcm, ...cbc].map(cipher => `TLS_ECDHE_RSA_WITH_${cipher}`)
const ecdheEcdsa = [...gcm, ...cbc].map(cipher => `TLS_ECDHE_ECDSA_WITH_${cipher}`)
const rsa = [...gcm, 'AES_256_GCM_SHA384', 'AES_256_CBC_SHA256', 'AES_256_CBC_SHA'].map(
  cipher => `TLS_RSA_WITH_${cipher}`,
)
const tls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
const tls12 = [...ecdheRsa, ...rsa, ...ecdheEcdsa]

const policies: Record<string, [min: string, max: string, suites: string[]]> = {
  IoTSecurityPolicy_TLS13_1_3_2022_10: ['TLSv1.3', 'TLSv1.3', tls13],
  IoTSecurityPolicy_TLS13_1_2_2022_10: ['TLSv1.2', 'TLSv1.3', [...tls13, ...tls12]],
  IoTSecurityPolicy_TLS12_1_2_2022_10: ['TLSv1.2', 'TLSv1.2', tls12],
  IoTSecurityPolicy_TLS12_1_0_2016_01: [
    'TLSv1.2',
    'TLSv1.2',
    tls12.filter(name => name !== 'TLS_RSA_WITH_AES_128_CBC_SHA256'),
  ],
  // Less TLS_DHE_RSA_WITH_AES_256_CBC_SHA, as docs/differences-from-aws.md says.
  IoTSecurityPolicy_TLS12_1_0_2015_01: ['TLSv1.2', 'TLSv1.2', tls12],
  IoTSecurityPolicy_TLS13_1_2_2022_01: [
    'TLSv1.2',
    'TLSv1.3',
    [
      ...tls13.slice(0, 2),
      ...ecdheRsa,
      ...ecdheEcdsa,
      'TLS_RSA_WITH_AES_128_CBC_SHA',
      'TLS_RSA_WITH_AES_256_CBC_SHA',
    ],
  ],
}

t.strictSame(
  Object.keys(policies).sort(),
  [...securityPolicies].sort(),
  'config.yaml takes all six',
)

for (const [name, [minVersion, maxVersion, suites]] of Object.entries(policies)) {
  t.test(name, async t => {
    const policy = securityPolicy(name)
    t.match(policy, { name, minVersion, maxVersion })
    t.strictSame(policy?.suites.map(suiteName).sort(), [...suites].sort())
    t.doesNotThrow(() => policy && createSecureContext({ ciphers: cipherList(policy) }))
    t.equal(policy && cipherList(policy).split(':').length, suites.length, 'each has a name')
  })
}

t.test('no other name is a policy', async t => {
  for (const name of ['', 'IoTSecurityPolicy', 'constructor', '__proto__']) {
    t.equal(securityPolicy(name), undefined)
  }
})
