/**
 * How to do a thing in the words of the client's own TLS stack, so that a remedy names the function or option to look for.
 * Names of functions and options only; what a stack does on the wire is in rejection.ts.
 */

/** What a remedy may ask for. */
export type Act = 'certificate' | 'groups' | 'name' | 'signatures' | 'suites' | 'trust' | 'version'

/**
 * @param stack as recognised from the ClientHello; a guess, so the sentence says `with`, not `in your`
 * @returns `; with mbedTLS: ...`, or an empty string where the stack is not known
 */
export function inWordsOf(stack: string | undefined, act: Act): string {
  const words = stack === undefined ? undefined : WORDS[stack]?.[act]
  return words === undefined ? '' : `; with ${stack}: ${words}`
}

const WORDS: Record<string, Partial<Record<Act, string>>> = {
  mbedTLS: {
    certificate:
      '`mbedtls_ssl_conf_own_cert` before `mbedtls_ssl_setup` (ESP-IDF: `credentials.authentication.certificate` and `.key`)',
    groups:
      'build with `MBEDTLS_ECP_DP_SECP256R1_ENABLED`, and look at `mbedtls_ssl_conf_curves` (2.x) or `mbedtls_ssl_conf_groups` (3.x)',
    name: '`mbedtls_ssl_set_hostname` with the name that is dialled',
    signatures:
      'build with `MBEDTLS_SHA256_C`, and look at `mbedtls_ssl_conf_sig_hashes` (2.x) or `mbedtls_ssl_conf_sig_algs` (3.x)',
    suites: '`mbedtls_ssl_conf_ciphersuites`, or the key exchanges in `mbedtls_config.h`',
    trust: '`mbedtls_ssl_conf_ca_chain` (ESP-IDF: `broker.verification.certificate`)',
    version: '`mbedtls_ssl_conf_min_version` and `mbedtls_ssl_conf_max_version`',
  },
  wolfSSL: {
    certificate:
      'load certificate and key into the `WOLFSSL_CTX` before `wolfSSL_new`: a session that exists already does not get them',
    groups: '`wolfSSL_CTX_UseSupportedCurve` with `WOLFSSL_ECC_SECP256R1`',
    name: '`wolfSSL_check_domain_name` and `wolfSSL_UseSNI` with the name that is dialled',
    signatures: '`wolfSSL_CTX_set1_sigalgs_list`',
    suites: '`wolfSSL_CTX_set_cipher_list`',
    trust: '`wolfSSL_CTX_load_verify_buffer` or `wolfSSL_CTX_load_verify_locations`',
    version: 'the method given to `wolfSSL_CTX_new`: `wolfTLSv1_2_client_method` or newer',
  },
  BearSSL: {
    certificate: '`setClientRSACert` or `setClientECCert` before `connect`',
    name: 'connect by a name that the certificate carries, not by address',
    suites: '`setCiphers`, or leave its default',
    trust: '`setTrustAnchors`',
    version: '`setSSLVersion`',
  },
  OpenSSL: {
    certificate:
      '`--cert` and `--key` (mosquitto_pub), `tls_set(certfile=, keyfile=)` (paho), `cert` and `key` (MQTT.js), `-cert` and `-key` (s_client)',
    groups: '`SSL_CTX_set1_groups_list`, or `-groups P-256` (s_client)',
    name: 'connect by a name that the certificate carries, not by address',
    signatures: '`SSL_CTX_set1_sigalgs_list`, or `-sigalgs` (s_client)',
    suites: '`SSL_CTX_set_cipher_list`, or `--ciphers` (mosquitto_pub)',
    trust:
      '`--cafile` (mosquitto_pub), `tls_set(ca_certs=)` (paho), `ca` (MQTT.js), `-CAfile` (s_client)',
    version: '`SSL_CTX_set_min_proto_version`, or `--tls-version` (mosquitto_pub)',
  },
  s2n: {
    certificate:
      'the `mtls_from_path` or `new_mtls_builder_from_path` builder of the AWS IoT Device SDK',
    name: 'the `endpoint` of the connection builder',
    trust:
      '`ca_filepath` (Python) or `with_certificate_authority_from_path` (JavaScript) of the AWS IoT Device SDK',
  },
  Go: {
    certificate: '`tls.Config.Certificates`',
    groups: '`tls.Config.CurvePreferences` with `tls.CurveP256`',
    name: '`tls.Config.ServerName`',
    suites: '`tls.Config.CipherSuites`',
    trust: '`tls.Config.RootCAs`',
    version: '`tls.Config.MinVersion` and `MaxVersion`',
  },
  Java: {
    certificate: 'a key entry in the key store behind the `KeyManager` of `SSLContext.init`',
    groups: '`jdk.tls.namedGroups`',
    name: 'connect by a name that the certificate carries, not by address',
    suites: '`setEnabledCipherSuites`',
    trust: 'a trust store behind the `TrustManager` of `SSLContext.init`',
    version: '`setEnabledProtocols`',
  },
  GnuTLS: {
    certificate: '`gnutls_certificate_set_x509_key_file`',
    groups: '`+GROUP-SECP256R1` in the priority string',
    name: '`gnutls_session_set_verify_cert` with the name that is dialled',
    signatures: '`+SIGN-...` in the priority string',
    suites: 'the priority string',
    trust: '`gnutls_certificate_set_x509_trust_file`',
    version: '`+VERS-TLS1.2` in the priority string',
  },
}
