/** Go in the client matrix. */

import {
  cannot,
  connects,
  type Row,
  refusesToStart,
  rejects,
  told,
  toldOtherwise,
} from './expected.ts'

export const go: Row = {
  title: 'Go 1.19.8 crypto/tls',
  users: 'Go: paho.mqtt.golang, paho.golang',
  about: '42 for whatever is wrong with a certificate.',
  '1.2': {
    none: connects,
    'unknown-ca': rejects(42, 'guess', 'trust', 'x509: certificate signed by unknown authority'),
    'wrong-host': rejects(
      42,
      'likely',
      'name',
      'x509: certificate is valid for localhost, not iot.example.com',
    ),
    'server-expired': rejects(
      42,
      'likely',
      'outdated',
      'x509: certificate has expired or is not yet valid: current time ... is after ...',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'trust',
      'x509: certificate has expired or is not yet valid: current time ... is before ...',
    ),
    'no-certificate': told('remote error: tls: bad certificate'),
    'wrong-key': refusesToStart('tls: private key does not match public key'),
    'wrong-signer': told('read: EOF'),
    'wrong-signer-in-handshake': told('remote error: tls: unknown certificate'),
    'wrong-version': told('remote error: tls: protocol version not supported'),
    'wrong-suite': told('remote error: tls: handshake failure'),
    'wrong-group': toldOtherwise(
      ['HANDSHAKE_CURVE_NOT_OFFERED', 'proof', 'Finished', 47],
      'remote error: tls: illegal parameter',
    ),
  },
  '1.3': {
    none: connects,
    'unknown-ca': rejects(42, 'guess', 'trust', 'x509: certificate signed by unknown authority'),
    'wrong-host': rejects(
      42,
      'likely',
      'name',
      'x509: certificate is valid for localhost, not iot.example.com',
    ),
    'server-expired': rejects(
      42,
      'likely',
      'outdated',
      'x509: certificate has expired or is not yet valid: current time ... is after ...',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'trust',
      'x509: certificate has expired or is not yet valid: current time ... is before ...',
    ),
    'no-certificate': told('read: remote error: tls: certificate required'),
    'wrong-key': refusesToStart('tls: private key does not match public key'),
    'wrong-signer': told('read: EOF'),
    'wrong-signer-in-handshake': told('read: remote error: tls: unknown certificate'),
    'wrong-version': told('remote error: tls: protocol version not supported'),
    'wrong-suite': cannot('crypto/tls has no setting for the suites of TLS 1.3'),
    'wrong-group': told('remote error: tls: handshake failure'),
  },
}
