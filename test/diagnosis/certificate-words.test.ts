/** What the evidence of a certificate adds to its sentence: clocks, and what stands in the place of a certificate. */

import t from 'tap'
import { diagnose } from '../../broker/diagnosis/diagnosis.ts'

const dates = {
  subject: 'CN=dev',
  notAfter: '2025-12-31T00:00:00.000Z',
  now: '2026-01-12T00:00:00.000Z',
}

t.test('the clock of the device is named, and neither clock is called wrong', async t => {
  const plain = diagnose('CERTIFICATE_EXPIRED', dates)
  t.equal(plain.says, 'the certificate `CN=dev` ran out on 2025-12-31T00:00:00.000Z, 12 days ago')
  const deviceClock = '2025-06-01T00:00:00.000Z'
  const differs = diagnose('CERTIFICATE_EXPIRED', {
    ...dates,
    deviceClock,
    validByDeviceClock: true,
  })
  t.match(
    differs.says,
    `; the device's own clock says ${deviceClock}, and the certificate is valid`,
  )
  t.match(differs.remedy, /^one of two clocks is wrong: compare the broker's/)
  const agrees = diagnose('CERTIFICATE_EXPIRED', {
    ...dates,
    deviceClock: dates.now,
    validByDeviceClock: false,
  })
  t.match(agrees.says, new RegExp(`; the device's own clock says ${dates.now}$`))
  t.match(agrees.remedy, /^give the device a new certificate/)
})

t.test('a certificate that can never be valid is not called too old', async t => {
  const never = diagnose('CERTIFICATE_EXPIRED', { ...dates, never: '2026-06-01T00:00:00.000Z' })
  t.match(never.says, /can never be valid: it ends on 2025.*, before it begins on 2026-06/)
})

t.test('a private key that was sent is out of use', async t => {
  const sent = { position: 0, says: 'it is a private key, not a certificate', stack: 'mbedTLS' }
  const { remedy } = diagnose('CERTIFICATE_UNREADABLE', sent)
  t.match(remedy, /^take that key out of use.*; with mbedTLS: `mbedtls_ssl_conf_own_cert`/)
})
