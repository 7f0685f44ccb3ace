/** MQTT.js on Node in the client matrix. */

import { connects, leaves, type Row, refusesToStart, told, toldOtherwise } from './expected.ts'

export const mqttjs: Row = {
  title: 'MQTT.js 5.16.0 (Node 20.20.2, OpenSSL 3.0.19)',
  users: 'MQTT.js on Node: MQTTX, Node-RED',
  about: 'It rejects a certificate without an alert; on TLS 1.2 only after the handshake.',
  '1.2': {
    none: connects,
    'unknown-ca': leaves(
      'CONNECT_ABANDONED',
      'guess',
      ['Finished', 'Finished'],
      'trust',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
    ),
    'wrong-host': leaves(
      'CONNECT_ABANDONED',
      'likely',
      ['Finished', 'Finished'],
      'name',
      "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames: Host: iot.example.com. is not in the cert's altnames: DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    ),
    'server-expired': leaves(
      'CONNECT_ABANDONED',
      'likely',
      ['Finished', 'Finished'],
      'outdated',
      'CERT_HAS_EXPIRED: certificate has expired',
    ),
    'server-not-yet-valid': leaves(
      'CONNECT_ABANDONED',
      'guess',
      ['Finished', 'Finished'],
      'trust',
      'CERT_NOT_YET_VALID: certificate is not yet valid',
    ),
    'no-certificate': told(
      'EPROTO: write EPROTO error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:SSL alert number 42',
    ),
    'wrong-key': refusesToStart(
      'ERR_OSSL_X509_KEY_VALUES_MISMATCH: error:05800074:x509 certificate routines::key values mismatch',
    ),
    'wrong-signer': told('event `close`, no error'),
    'wrong-signer-in-handshake': told(
      'EPROTO: write EPROTO error:0A000416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown:SSL alert number 46',
    ),
    'wrong-version': told(
      'EPROTO: write EPROTO error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:SSL alert number 70',
    ),
    'wrong-suite': told(
      'EPROTO: write EPROTO error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40',
    ),
    'wrong-group': toldOtherwise(
      ['HANDSHAKE_CURVE_NOT_OFFERED', 'proof', 'Finished', 47],
      'EPROTO: write EPROTO error:0A000417:SSL routines:ssl3_read_bytes:sslv3 alert illegal parameter:SSL alert number 47',
    ),
  },
  '1.3': {
    none: connects,
    'unknown-ca': leaves(
      'HANDSHAKE_ABANDONED',
      'guess',
      ['ClientHello', 'Certificate'],
      'trust',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
    ),
    'wrong-host': leaves(
      'HANDSHAKE_ABANDONED',
      'likely',
      ['ClientHello', 'Certificate'],
      'name',
      "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames: Host: iot.example.com. is not in the cert's altnames: DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    ),
    'server-expired': leaves(
      'HANDSHAKE_ABANDONED',
      'likely',
      ['ClientHello', 'Certificate'],
      'outdated',
      'CERT_HAS_EXPIRED: certificate has expired',
    ),
    'server-not-yet-valid': leaves(
      'HANDSHAKE_ABANDONED',
      'guess',
      ['ClientHello', 'Certificate'],
      'trust',
      'CERT_NOT_YET_VALID: certificate is not yet valid',
    ),
    'no-certificate': told(
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:SSL alert number 116',
    ),
    'wrong-key': refusesToStart(
      'ERR_OSSL_X509_KEY_VALUES_MISMATCH: error:05800074:x509 certificate routines::key values mismatch',
    ),
    'wrong-signer': told('event `close`, no error'),
    'wrong-signer-in-handshake': told(
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: error:0A000416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown:SSL alert number 46',
    ),
    'wrong-version': told(
      'EPROTO: write EPROTO error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:SSL alert number 70',
    ),
    'wrong-suite': told(
      'EPROTO: write EPROTO error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40',
    ),
    'wrong-group': told(
      'EPROTO: write EPROTO error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40',
    ),
  },
}
