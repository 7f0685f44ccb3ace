/** AWS IoT Device SDK v2 in the client matrix. */

import { cannot, connects, leaves, type Row, refusesToStart, told } from './expected.ts'

export const awsCrt: Row = {
  title: 'AWS IoT Device SDK 1.28.0 (aws-crt 1.33.1, s2n)',
  users: 'AWS IoT Device SDK v2: aws-crt on s2n',
  about:
    'It rejects a certificate by 10 to 30 s of silence and a polite close. It can not be held to one TLS version, so the broker was.',
  '1.2': {
    none: connects,
    'unknown-ca': leaves(
      'HANDSHAKE_ABANDONED',
      'guess',
      ['ClientHello', 'Certificate'],
      'trust',
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error Certificate is untrusted',
    ),
    'wrong-host': leaves(
      'HANDSHAKE_ABANDONED',
      'likely',
      ['ClientHello', 'Certificate'],
      'name',
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error Certificate is not valid for the supplied hostname',
    ),
    'server-expired': leaves(
      'HANDSHAKE_ABANDONED',
      'likely',
      ['ClientHello', 'Certificate'],
      'outdated',
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error Certificate has expired',
    ),
    'server-not-yet-valid': leaves(
      'HANDSHAKE_ABANDONED',
      'guess',
      ['ClientHello', 'Certificate'],
      'trust',
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error Certificate is not yet valid',
    ),
    'no-certificate': told(
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error TLS alert received; Alert code 42',
    ),
    'wrong-key': refusesToStart('aws-c-io: AWS_IO_TLS_CTX_ERROR, Failed to create tls context'),
    'wrong-signer': told(
      'Failed to connect: libaws-c-mqtt: AWS_ERROR_MQTT_UNEXPECTED_HANGUP, The connection was closed unexpectedly.',
    ),
    'wrong-signer-in-handshake': told(
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error TLS alert received; Alert code 46',
    ),
    'wrong-version': cannot('it offers TLS 1.0 to 1.3, whatever it is told'),
    'wrong-suite': cannot('the SDK has fixed lists of suites'),
    'wrong-group': cannot('the SDK has fixed lists of groups'),
  },
  '1.3': {
    none: connects,
    'unknown-ca': leaves(
      'HANDSHAKE_ABANDONED',
      'guess',
      ['ClientHello', 'Certificate'],
      'trust',
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error Certificate is untrusted',
    ),
    'wrong-host': leaves(
      'HANDSHAKE_ABANDONED',
      'likely',
      ['ClientHello', 'Certificate'],
      'name',
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error Certificate is not valid for the supplied hostname',
    ),
    'server-expired': leaves(
      'HANDSHAKE_ABANDONED',
      'likely',
      ['ClientHello', 'Certificate'],
      'outdated',
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error Certificate has expired',
    ),
    'server-not-yet-valid': leaves(
      'HANDSHAKE_ABANDONED',
      'guess',
      ['ClientHello', 'Certificate'],
      'trust',
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE, TLS (SSL) negotiation failed; negotiation failed with error Certificate is not yet valid',
    ),
    'no-certificate': told(
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_READ_FAILURE, Failure during TLS read.; S2N failed to read with error: TLS alert received',
      'hidden',
    ),
    'wrong-key': refusesToStart('aws-c-io: AWS_IO_TLS_CTX_ERROR, Failed to create tls context'),
    'wrong-signer': told(
      'Failed to connect: libaws-c-mqtt: AWS_ERROR_MQTT_UNEXPECTED_HANGUP, The connection was closed unexpectedly.',
    ),
    'wrong-signer-in-handshake': told(
      'Failed to connect: aws-c-io: AWS_IO_TLS_ERROR_READ_FAILURE, Failure during TLS read.; S2N failed to read with error: TLS alert received',
      'hidden',
    ),
    'wrong-version': cannot('it offers TLS 1.0 to 1.3, whatever it is told'),
    'wrong-suite': cannot('the SDK has fixed lists of suites'),
    'wrong-group': cannot('the SDK has fixed lists of groups'),
  },
}
