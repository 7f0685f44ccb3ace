/** mbedTLS in the client matrix. */

import { connects, type Row, rejects, told, toldOtherwise } from './expected.ts'

export const mbedtls: Row = {
  title: 'mbedTLS 2.28.3',
  users: 'mbedTLS: ESP-IDF, FreeRTOS coreMQTT, Zephyr, Pico',
  about:
    'It has one error for every fault of a certificate; the flags of the verification tell which. The number of an alert stands in its debug log only: `is a fatal alert message (msg 42)`.',
  '1.2': {
    none: connects,
    'unknown-ca': rejects(
      48,
      'proof',
      'trust',
      '-0x2700: X509 - Certificate verification failed, e.g. CRL, CA or signature check failed (flags 0x8)',
      'shows',
    ),
    'wrong-host': rejects(
      42,
      'likely',
      'name',
      '-0x2700: X509 - Certificate verification failed, e.g. CRL, CA or signature check failed (flags 0x4)',
      'shows',
    ),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      '-0x2700: X509 - Certificate verification failed, e.g. CRL, CA or signature check failed (flags 0x1)',
      'shows',
    ),
    'server-not-yet-valid': rejects(
      46,
      'likely',
      'clock',
      '-0x2700: X509 - Certificate verification failed, e.g. CRL, CA or signature check failed (flags 0x200)',
      'shows',
    ),
    'no-certificate': told('-0x7780: SSL - A fatal alert message was received from our peer'),
    'wrong-key': told('-0x7780: SSL - A fatal alert message was received from our peer'),
    'wrong-signer': told(
      '-0x7880: SSL - The peer notified us that the connection is going to be closed',
    ),
    'wrong-signer-in-handshake': told(
      '-0x7780: SSL - A fatal alert message was received from our peer',
    ),
    'wrong-version': told('-0x7780: SSL - A fatal alert message was received from our peer'),
    'wrong-suite': told('-0x7780: SSL - A fatal alert message was received from our peer'),
    'wrong-group': toldOtherwise(
      ['HANDSHAKE_CURVE_NOT_OFFERED', 'proof', 'Finished', 47],
      '-0x7780: SSL - A fatal alert message was received from our peer',
    ),
  },
}
