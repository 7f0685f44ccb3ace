/** Java in the client matrix. */

import { cannot, connects, type Row, rejects, told, toldOtherwise } from './expected.ts'

export const java: Row = {
  title: 'Java 17.0.15 JSSE',
  users: 'Java: paho-java, the HiveMQ client',
  about: '46 for nearly all that is wrong with a certificate.',
  '1.2': {
    none: connects,
    'unknown-ca': rejects(
      46,
      'guess',
      'trust',
      'javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
    ),
    'wrong-host': rejects(
      46,
      'likely',
      'name',
      'javax.net.ssl.SSLHandshakeException: No subject alternative DNS name matching iot.example.com found.',
    ),
    'server-expired': rejects(
      45,
      'likely',
      'outdated',
      'javax.net.ssl.SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed',
    ),
    'server-not-yet-valid': rejects(
      42,
      'likely',
      'clock',
      'javax.net.ssl.SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed',
    ),
    'no-certificate': told(
      'javax.net.ssl.SSLHandshakeException: Received fatal alert: bad_certificate',
    ),
    'wrong-key': told('javax.net.ssl.SSLHandshakeException: Received fatal alert: decrypt_error'),
    'wrong-signer': told('read returned -1: the server closed the connection'),
    'wrong-signer-in-handshake': told(
      'javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_unknown',
    ),
    'wrong-version': told(
      'javax.net.ssl.SSLHandshakeException: Received fatal alert: protocol_version',
    ),
    'wrong-suite': told(
      'javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure',
    ),
    'wrong-group': toldOtherwise(
      ['HANDSHAKE_CURVE_NOT_OFFERED', 'proof', 'Finished', 47],
      'javax.net.ssl.SSLHandshakeException: Received fatal alert: illegal_parameter',
    ),
  },
  '1.3': {
    none: connects,
    'unknown-ca': rejects(
      46,
      'guess',
      'trust',
      'javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
    ),
    'wrong-host': rejects(
      46,
      'likely',
      'name',
      'javax.net.ssl.SSLHandshakeException: No subject alternative DNS name matching iot.example.com found.',
    ),
    'server-expired': rejects(
      46,
      'likely',
      'outdated',
      'javax.net.ssl.SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed',
    ),
    'server-not-yet-valid': rejects(
      46,
      'guess',
      'trust',
      'javax.net.ssl.SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed',
    ),
    'no-certificate': told(
      'javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_required',
    ),
    'wrong-key': told('javax.net.ssl.SSLHandshakeException: Received fatal alert: decrypt_error'),
    'wrong-signer': told('read returned -1: the server closed the connection'),
    'wrong-signer-in-handshake': told(
      'javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_unknown',
    ),
    'wrong-version': told(
      'javax.net.ssl.SSLHandshakeException: Received fatal alert: protocol_version',
    ),
    'wrong-suite': cannot('JSSE has no CCM suites'),
    'wrong-group': told(
      'javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure',
    ),
  },
}
