/** Python in the client matrix. */

import { cannot, connects, type Row, refusesToStart, rejects, told } from './expected.ts'

export const python: Row = {
  title: 'Python 3.11.7 ssl (OpenSSL 3.0.19)',
  users: 'Python: paho-mqtt',
  about: 'TLS is that of OpenSSL, in other words.',
  '1.2': {
    none: connects,
    'unknown-ca': rejects(
      48,
      'proof',
      'trust',
      'SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate',
    ),
    'wrong-host': rejects(
      42,
      'likely',
      'name',
      "SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'iot.example.com'.",
    ),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      'SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'clock',
      'SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid',
    ),
    'no-certificate': told(
      'SSLError: [SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate',
    ),
    'wrong-key': refusesToStart('SSLError: [X509: KEY_VALUES_MISMATCH] key values mismatch'),
    'wrong-signer': told("recv returned b'': the server closed the connection"),
    'wrong-signer-in-handshake': told(
      'SSLError: [SSL: SSLV3_ALERT_CERTIFICATE_UNKNOWN] sslv3 alert certificate unknown',
    ),
    'wrong-version': told(
      'SSLError: [SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version',
    ),
    'wrong-suite': told(
      'SSLError: [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure',
    ),
    'wrong-group': told(
      'SSLError: [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure',
    ),
  },
  '1.3': {
    none: connects,
    'unknown-ca': rejects(
      48,
      'proof',
      'trust',
      'SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate',
    ),
    'wrong-host': rejects(
      42,
      'likely',
      'name',
      "SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'iot.example.com'.",
    ),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      'SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired',
    ),
    'server-not-yet-valid': rejects(
      42,
      'guess',
      'clock',
      'SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid',
    ),
    'no-certificate': told(
      'SSLError: [SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required',
    ),
    'wrong-key': refusesToStart('SSLError: [X509: KEY_VALUES_MISMATCH] key values mismatch'),
    'wrong-signer': told("recv returned b'': the server closed the connection"),
    'wrong-signer-in-handshake': told(
      'SSLError: [SSL: SSLV3_ALERT_CERTIFICATE_UNKNOWN] sslv3 alert certificate unknown',
    ),
    'wrong-version': told(
      'SSLError: [SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version',
    ),
    'wrong-suite': cannot('its ssl module has no setting for the suites of TLS 1.3'),
    'wrong-group': told(
      'SSLError: [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure',
    ),
  },
}
