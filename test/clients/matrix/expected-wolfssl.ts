/** wolfSSL in the client matrix. */

import { connects, type Row, rejects, told } from './expected.ts'

export const wolfssl: Row = {
  title: 'wolfSSL 5.5.4',
  users: 'wolfSSL: wolfMQTT, many RTOS',
  about:
    'A CA whose own dates have not begun is refused when it is loaded, and then nothing is dialled. The number of an alert comes from `wolfSSL_get_alert_history`.',
  '1.2': {
    none: connects,
    'unknown-ca': rejects(48, 'proof', 'trust', '-188: certificate verify failed', 'shows'),
    'wrong-host': rejects(42, 'likely', 'name', '-322: peer subject name mismatch', 'shows'),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      '-151: ASN date error, current date after',
      'shows',
    ),
    'server-not-yet-valid': rejects(
      45,
      'likely',
      'clock',
      '-150: ASN date error, current date before',
      'shows',
    ),
    'no-certificate': told('-313: received alert fatal error'),
    'wrong-key': told('-313: received alert fatal error'),
    'wrong-signer': told('6: unknown error number'),
    'wrong-signer-in-handshake': told('-313: received alert fatal error'),
    'wrong-version': told('-313: received alert fatal error'),
    'wrong-suite': told('-313: received alert fatal error'),
    'wrong-group': told('-313: received alert fatal error'),
  },
  '1.3': {
    none: connects,
    'unknown-ca': rejects(48, 'proof', 'trust', '-188: certificate verify failed', 'shows'),
    'wrong-host': rejects(42, 'likely', 'name', '-322: peer subject name mismatch', 'shows'),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      '-151: ASN date error, current date after',
      'shows',
    ),
    'server-not-yet-valid': rejects(
      45,
      'likely',
      'clock',
      '-150: ASN date error, current date before',
      'shows',
    ),
    'no-certificate': told('-313: received alert fatal error'),
    'wrong-key': told('-313: received alert fatal error'),
    'wrong-signer': told('6: unknown error number'),
    'wrong-signer-in-handshake': told('-313: received alert fatal error'),
    'wrong-version': told('-313: received alert fatal error'),
    'wrong-suite': told('-313: received alert fatal error'),
    'wrong-group': told('-313: received alert fatal error'),
  },
}
