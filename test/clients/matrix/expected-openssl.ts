/** openssl s_client in the client matrix. */

import { connects, type Row, refusesToStart, rejects, told, toldOtherwise } from './expected.ts'

export const openssl: Row = {
  title: 'openssl s_client 3.0.19',
  users: 'openssl s_client: the tool that everybody tries first',
  about: 'It says nothing of the alert that it sends itself (`-state` shows it).',
  '1.2': {
    none: connects,
    'unknown-ca': rejects(
      48,
      'proof',
      'trust',
      'verify error:num=20:unable to get local issuer certificate',
    ),
    'wrong-host': rejects(42, 'likely', 'name', 'verify error:num=62:hostname mismatch'),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      'verify error:num=10:certificate has expired',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'clock',
      'verify error:num=9:certificate is not yet valid',
    ),
    'no-certificate': told(
      'error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate',
    ),
    'wrong-key': refusesToStart(
      'error:05800074:x509 certificate routines:X509_check_private_key:key values mismatch',
    ),
    'wrong-signer': told(''),
    'wrong-signer-in-handshake': told(
      'error:0A000416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown',
    ),
    'wrong-version': told(
      'error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version',
    ),
    'wrong-suite': told(
      'error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure',
    ),
    'wrong-group': toldOtherwise(
      ['HANDSHAKE_CURVE_NOT_OFFERED', 'proof', 'Finished', 47],
      'error:0A000417:SSL routines:ssl3_read_bytes:sslv3 alert illegal parameter',
    ),
  },
  '1.3': {
    none: connects,
    'unknown-ca': rejects(
      48,
      'proof',
      'trust',
      'verify error:num=20:unable to get local issuer certificate',
    ),
    'wrong-host': rejects(42, 'likely', 'name', 'verify error:num=62:hostname mismatch'),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      'verify error:num=10:certificate has expired',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'clock',
      'verify error:num=9:certificate is not yet valid',
    ),
    'no-certificate': told(
      'error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required',
    ),
    'wrong-key': refusesToStart(
      'error:05800074:x509 certificate routines:X509_check_private_key:key values mismatch',
    ),
    'wrong-signer': told(''),
    'wrong-signer-in-handshake': told(
      'error:0A000416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown',
    ),
    'wrong-version': told(
      'error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version',
    ),
    'wrong-suite': told(
      'error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure',
    ),
    'wrong-group': told(
      'error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure',
    ),
  },
}
