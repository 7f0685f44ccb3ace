/** GnuTLS, with alerts as gnutls-cli sends them in the client matrix. */

import { connects, type Row, refusesToStart, rejects, told, toldOtherwise } from './expected.ts'

export const gnutls: Row = {
  title: 'GnuTLS 3.7.9',
  users: 'GnuTLS, with alerts as gnutls-cli sends them',
  about:
    '42 for whatever is wrong with a certificate; a program that calls nothing after a failed handshake sends none at all. The number of an alert comes from `gnutls_alert_get`.',
  '1.2': {
    none: connects,
    'unknown-ca': rejects(
      42,
      'guess',
      'trust',
      '-348: The certificate is NOT trusted. The certificate issuer is unknown.',
      'shows',
    ),
    'wrong-host': rejects(
      42,
      'likely',
      'name',
      '-348: The certificate is NOT trusted. The name in the certificate does not match the expected.',
      'shows',
    ),
    'server-expired': rejects(
      42,
      'likely',
      'outdated',
      '-348: The certificate is NOT trusted. The certificate chain uses expired certificate.',
      'shows',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'trust',
      '-348: The certificate is NOT trusted. The certificate chain uses not yet valid certificate.',
      'shows',
    ),
    'no-certificate': told('-12: A TLS fatal alert has been received.'),
    'wrong-key': refusesToStart('-60: The certificate and the given key do not match.'),
    'wrong-signer': told('0: end of file'),
    'wrong-signer-in-handshake': told('-12: A TLS fatal alert has been received.'),
    'wrong-version': told('-12: A TLS fatal alert has been received.'),
    'wrong-suite': told('-12: A TLS fatal alert has been received.'),
    'wrong-group': toldOtherwise(
      ['HANDSHAKE_CURVE_NOT_OFFERED', 'proof', 'Finished', 47],
      '-12: A TLS fatal alert has been received.',
    ),
  },
  '1.3': {
    none: connects,
    'unknown-ca': rejects(
      42,
      'guess',
      'trust',
      '-348: The certificate is NOT trusted. The certificate issuer is unknown.',
      'shows',
    ),
    'wrong-host': rejects(
      42,
      'likely',
      'name',
      '-348: The certificate is NOT trusted. The name in the certificate does not match the expected.',
      'shows',
    ),
    'server-expired': rejects(
      42,
      'likely',
      'outdated',
      '-348: The certificate is NOT trusted. The certificate chain uses expired certificate.',
      'shows',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'trust',
      '-348: The certificate is NOT trusted. The certificate chain uses not yet valid certificate.',
      'shows',
    ),
    'no-certificate': told('-12: A TLS fatal alert has been received.'),
    'wrong-key': refusesToStart('-60: The certificate and the given key do not match.'),
    'wrong-signer': told('0: end of file'),
    'wrong-signer-in-handshake': told('-12: A TLS fatal alert has been received.'),
    'wrong-version': told('-12: A TLS fatal alert has been received.'),
    'wrong-suite': told('-12: A TLS fatal alert has been received.'),
    'wrong-group': told('-12: A TLS fatal alert has been received.'),
  },
}
