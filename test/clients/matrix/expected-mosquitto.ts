/** mosquitto_pub and mosquitto_sub in the client matrix. */

import { connects, leaves, type Row, rejects, told, toldOtherwise } from './expected.ts'

export const mosquitto: Row = {
  title: 'mosquitto_pub 2.0.11',
  users: 'mosquitto_pub and mosquitto_sub: libmosquitto on OpenSSL',
  about:
    'Its words need `-d`. A wrong host name is alert 80, internal_error. A key that does not fit is found only when TCP is open: a connection without a byte.',
  '1.2': {
    none: connects,
    'unknown-ca': rejects(
      48,
      'proof',
      'trust',
      'error:0A000086:SSL routines::certificate verify failed',
    ),
    'wrong-host': rejects(
      80,
      'likely',
      'name',
      'Error: host name verification failed.; error:0A000086:SSL routines::certificate verify failed',
    ),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      'error:0A000086:SSL routines::certificate verify failed',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'clock',
      'error:0A000086:SSL routines::certificate verify failed',
    ),
    'no-certificate': told('error:0A000412:SSL routines::sslv3 alert bad certificate'),
    'wrong-key': leaves(
      'HELLO_ABANDONED',
      'guess',
      ['nothing of TLS', 'nothing'],
      undefined,
      'error:05800074:x509 certificate routines::key values mismatch',
    ),
    'wrong-signer': told('Error: The connection was lost.'),
    'wrong-signer-in-handshake': told(
      'error:0A000416:SSL routines::sslv3 alert certificate unknown',
    ),
    'wrong-version': told('error:0A00042E:SSL routines::tlsv1 alert protocol version'),
    'wrong-suite': told('error:0A000410:SSL routines::sslv3 alert handshake failure'),
    'wrong-group': toldOtherwise(
      ['HANDSHAKE_CURVE_NOT_OFFERED', 'proof', 'Finished', 47],
      'error:0A000417:SSL routines::sslv3 alert illegal parameter',
    ),
  },
  '1.3': {
    none: connects,
    'unknown-ca': rejects(
      48,
      'proof',
      'trust',
      'error:0A000086:SSL routines::certificate verify failed',
    ),
    'wrong-host': rejects(
      80,
      'likely',
      'name',
      'Error: host name verification failed.; error:0A000086:SSL routines::certificate verify failed',
    ),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      'error:0A000086:SSL routines::certificate verify failed',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'clock',
      'error:0A000086:SSL routines::certificate verify failed',
    ),
    'no-certificate': told(
      'Error: The connection was lost.; error:0A00045C:SSL routines::tlsv13 alert certificate required',
    ),
    'wrong-key': leaves(
      'HELLO_ABANDONED',
      'guess',
      ['nothing of TLS', 'nothing'],
      undefined,
      'error:05800074:x509 certificate routines::key values mismatch',
    ),
    'wrong-signer': told('Error: The connection was lost.'),
    'wrong-signer-in-handshake': told(
      'Error: The connection was lost.; error:0A000416:SSL routines::sslv3 alert certificate unknown',
    ),
    'wrong-version': told('error:0A00042E:SSL routines::tlsv1 alert protocol version'),
    'wrong-suite': told('error:0A000410:SSL routines::sslv3 alert handshake failure'),
    'wrong-group': told('error:0A000410:SSL routines::sslv3 alert handshake failure'),
  },
}
