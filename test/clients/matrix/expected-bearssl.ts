/** BearSSL in the client matrix. */

import { connects, leaves, type Row, told, toldOtherwise } from './expected.ts'

export const bearssl: Row = {
  title: 'BearSSL 0.6',
  users: 'BearSSL: ESP8266 Arduino, Tasmota',
  about:
    'It rejects a certificate without an alert, and gives its user a number: 256 and more is an alert that came in.',
  '1.2': {
    none: connects,
    'unknown-ca': leaves(
      'HANDSHAKE_ABANDONED',
      'guess',
      ['ClientHello', 'Certificate'],
      'trust',
      '62: BR_ERR_X509_NOT_TRUSTED',
    ),
    'wrong-host': leaves(
      'HANDSHAKE_ABANDONED',
      'likely',
      ['ClientHello', 'Certificate'],
      'name',
      '56: BR_ERR_X509_BAD_SERVER_NAME',
    ),
    'server-expired': leaves(
      'HANDSHAKE_ABANDONED',
      'likely',
      ['ClientHello', 'Certificate'],
      'outdated',
      '54: BR_ERR_X509_EXPIRED',
    ),
    'server-not-yet-valid': leaves(
      'HANDSHAKE_ABANDONED',
      'guess',
      ['ClientHello', 'Certificate'],
      'trust',
      '54: BR_ERR_X509_EXPIRED',
    ),
    'no-certificate': told('298: BR_ERR_RECV_FATAL_ALERT + 42'),
    'wrong-key': told('307: BR_ERR_RECV_FATAL_ALERT + 51'),
    'wrong-signer': told('0: BR_ERR_OK'),
    'wrong-signer-in-handshake': told('302: BR_ERR_RECV_FATAL_ALERT + 46'),
    'wrong-version': told('326: BR_ERR_RECV_FATAL_ALERT + 70'),
    'wrong-suite': told('296: BR_ERR_RECV_FATAL_ALERT + 40'),
    'wrong-group': toldOtherwise(
      ['HANDSHAKE_CURVE_NOT_OFFERED', 'proof', 'Finished', 47],
      '303: BR_ERR_RECV_FATAL_ALERT + 47',
    ),
  },
}
