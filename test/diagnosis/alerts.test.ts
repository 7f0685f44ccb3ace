/** What an alert says that is no verdict on our certificate, and what none of them may be taken for. */

import t from 'tap'
import { type AlertFacts, alertMeaning, alertRemedy } from '../../broker/diagnosis/alerts.ts'
import { isAboutOurCertificate } from '../../broker/diagnosis/rejection.ts'

const shown = { certificateShown: true, flightBytes: 3021 }

const meanings: [name: string, facts: AlertFacts, says: RegExp | undefined, remedy: RegExp][] = [
  [
    's2n that was set up without a certificate, at our request for one',
    { alert: 10, stack: 's2n', ...shown },
    /asked for a client certificate/,
    /mtls_from_path/,
  ],
  ['10 of others', { alert: 10, stack: 'Go', ...shown }, undefined, /update the TLS stack/],
  [
    'an early mbedTLS 3 at an extension of TLS 1.3',
    { alert: 110, stack: 'mbedTLS', tlsVersion: 'TLSv1.3', ...shown },
    /early releases of mbedTLS 3/,
    /TLS 1\.2 only/,
  ],
  [
    'a record that is too large, with the sizes',
    { alert: 22, stack: 'mbedTLS', ...shown },
    /3,021 bytes, and it asked for no smaller records/,
    /MBEDTLS_SSL_IN_CONTENT_LEN/,
  ],
  [
    'a record that is too large for the one that asked for small ones',
    { alert: 22, stack: 'BearSSL', fragmentLimit: 512, ...shown },
    /asked for records of 512/,
    /setBufferSizes/,
  ],
  ['a fault of its own', { alert: 80, stack: 'mbedTLS', ...shown }, /fault of its own/, /memory/],
  ['no certificate, as in SSLv3', { alert: 41 }, /no client certificate/, /certificate and key/],
  ['a retry that it has no key for', { alert: 47, retried: true }, /group that we asked/, /groups/],
  ['47 without a retry', { alert: 47 }, undefined, /groups/],
  ['the version', { alert: 70, stack: 'Java' }, /version that we chose/, /setEnabledProtocols/],
  ['our signature', { alert: 51, ...shown }, /verify our signature/, /other key type/],
  ['a number that nobody has given out', { alert: 200 }, undefined, /own log/],
]
for (const [name, facts, says, remedy] of meanings) {
  t.test(name, async t => {
    const meaning = alertMeaning(facts)
    if (says === undefined) t.equal(meaning, undefined)
    else t.match(meaning, says)
    t.match(alertRemedy(facts), remedy)
  })
}

t.test('80 is about our certificate only when libmosquitto sends it', async t => {
  t.equal(isAboutOurCertificate(80, 'OpenSSL'), true)
  for (const stack of ['mbedTLS', 's2n', 'wolfSSL', undefined]) {
    t.equal(isAboutOurCertificate(80, stack), false, stack ?? 'unknown')
  }
  for (const alert of [42, 43, 45, 46, 48]) t.equal(isAboutOurCertificate(alert, undefined), true)
  for (const alert of [10, 20, 40, 51, 70]) t.equal(isAboutOurCertificate(alert, 'OpenSSL'), false)
})
