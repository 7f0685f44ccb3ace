/**
 * How to do a thing in the words of the client's own TLS stack, so that a remedy names the function or option to look for.
 * Names of functions and options only; what a stack does on the wire is in rejection.ts. Each name was looked up in
 * the headers, the manual or the source of its stack before it came in here.
 */

/** What a remedy may ask for. */
export type Act =
  | 'alpn'
  | 'certificate'
  | 'clock'
  | 'groups'
  | 'key'
  | 'memory'
  | 'name'
  | 'signatures'
  | 'suites'
  | 'trust'
  | 'version'

/**
 * @param stack as recognised from the ClientHello; a guess, so the sentence says `with`, not `in your`
 * @param variant the program or the release, where that is known too
 * @returns `; with mbedTLS: ...`, or an empty string where the stack is not known
 */
export function inWordsOf(stack: string | undefined, act: Act, variant?: string): string {
  for (const name of [variant, stack]) {
    const words = name === undefined ? undefined : WORDS[name]?.[act]
    if (words !== undefined) return `; with ${name}: ${words}`
  }
  return ''
}

/** Keys are stacks, and the variants of stack-marks.ts that have words of their own. */
const WORDS: Record<string, Partial<Record<Act, string>>> = {
  mbedTLS: {
    alpn: '`mbedtls_ssl_conf_alpn_protocols` (ESP-IDF: `broker.verification.alpn_protos`)',
    certificate:
      '`mbedtls_ssl_conf_own_cert` before `mbedtls_ssl_setup`, and count the final NUL of PEM in the length (ESP-IDF: `credentials.authentication.certificate` and `.key`)',
    clock:
      'set the system time before the connect (ESP-IDF: SNTP); without a clock build without `MBEDTLS_HAVE_TIME_DATE`, and no dates are checked',
    groups:
      'build with `MBEDTLS_ECP_DP_SECP256R1_ENABLED`, and look at `mbedtls_ssl_conf_curves` (2.x) or `mbedtls_ssl_conf_groups` (3.x)',
    key: '`mbedtls_pk_check_pair` tells whether both fit; PEM needs its final NUL counted in the length, and a secure element the slot that the certificate was made for',
    memory:
      '`MBEDTLS_SSL_IN_CONTENT_LEN` (ESP-IDF: `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN`), or `mbedtls_ssl_conf_max_frag_len`',
    name: '`mbedtls_ssl_set_hostname` with the name that is dialled',
    signatures:
      'build with `MBEDTLS_SHA256_C`, and look at `mbedtls_ssl_conf_sig_hashes` (2.x) or `mbedtls_ssl_conf_sig_algs` (3.x)',
    suites: '`mbedtls_ssl_conf_ciphersuites`, or the key exchanges in `mbedtls_config.h`',
    trust:
      '`mbedtls_ssl_conf_ca_chain`; `mbedtls_x509_crt_parse` wants the final NUL of PEM counted in the length (ESP-IDF: `broker.verification.certificate`)',
    version: '`mbedtls_ssl_conf_min_version` and `mbedtls_ssl_conf_max_version`',
  },
  'mbedTLS 3': {
    groups: 'build with `MBEDTLS_ECP_DP_SECP256R1_ENABLED`, and look at `mbedtls_ssl_conf_groups`',
    signatures: 'build with `MBEDTLS_SHA256_C`, and look at `mbedtls_ssl_conf_sig_algs`',
    version:
      '`mbedtls_ssl_conf_min_tls_version` and `mbedtls_ssl_conf_max_tls_version`; TLS 1.3 needs `psa_crypto_init` first',
  },
  wolfSSL: {
    alpn: '`wolfSSL_UseALPN`, in a build with `HAVE_ALPN`',
    certificate:
      'load certificate and key into the `WOLFSSL_CTX` before `wolfSSL_new`: a session that exists already does not get them',
    clock: 'set the system time before the connect, or give it one by `wc_SetTimeCb`',
    groups: '`wolfSSL_CTX_UseSupportedCurve` with `WOLFSSL_ECC_SECP256R1`',
    key: '`wolfSSL_CTX_use_PrivateKey_buffer` with `WOLFSSL_FILETYPE_PEM` for PEM and `WOLFSSL_FILETYPE_ASN1` for DER, then `wolfSSL_CTX_check_private_key`',
    memory: '`wolfSSL_UseMaxFragment`, in a build with `HAVE_MAX_FRAGMENT`',
    name: '`wolfSSL_check_domain_name` and `wolfSSL_UseSNI` with the name that is dialled',
    signatures: '`wolfSSL_CTX_set1_sigalgs_list`',
    suites: '`wolfSSL_CTX_set_cipher_list`',
    trust:
      '`wolfSSL_CTX_load_verify_buffer` or `wolfSSL_CTX_load_verify_locations`, with the file type that it has (PEM or DER)',
    version: 'the method given to `wolfSSL_CTX_new`: `wolfTLSv1_2_client_method` or newer',
  },
  BearSSL: {
    alpn: '`br_ssl_engine_set_protocol_names`',
    certificate: '`setClientRSACert` or `setClientECCert` before `connect`',
    clock: '`setX509Time` with the time from NTP (Arduino), or `br_x509_minimal_set_time`',
    key: '`setClientRSACert` takes an RSA key and `setClientECCert` an EC key: both must be of this certificate',
    memory: '`setBufferSizes`, after `probeMaxFragmentLength` has said that it is taken',
    name: 'connect by a name that the certificate carries, not by address',
    suites: '`setCiphers`, or leave its default',
    trust: '`setTrustAnchors`',
    version: '`setSSLVersion`',
  },
  OpenSSL: {
    alpn: '`--tls-alpn` (mosquitto_pub), `-alpn` (s_client), `SSL_CTX_set_alpn_protos`',
    certificate:
      '`--cert` and `--key` (mosquitto_pub), `tls_set(certfile=, keyfile=)` (paho), `cert` and `key` (MQTT.js), `-cert` and `-key` (s_client)',
    clock: 'compare `date -u` on the device with the dates above',
    groups: '`SSL_CTX_set1_groups_list`, or `-groups P-256` (s_client)',
    key: '`SSL_CTX_check_private_key` tells whether both fit; `openssl pkey -in KEY -out NEW` writes any key as PKCS#8',
    name: 'connect by a name that the certificate carries, not by address',
    signatures: '`SSL_CTX_set1_sigalgs_list`, or `-sigalgs` (s_client)',
    suites: '`SSL_CTX_set_cipher_list`, or `--ciphers` (mosquitto_pub)',
    trust:
      '`--cafile` (mosquitto_pub), `tls_set(ca_certs=)` (paho), `ca` (MQTT.js), `-CAfile` (s_client)',
    version: '`SSL_CTX_set_min_proto_version`, or `--tls-version` (mosquitto_pub)',
  },
  Node: {
    alpn: '`ALPNProtocols`',
    certificate:
      '`cert` and `key` of `tls.connect` or `mqtt.connect`: the text or bytes, not the file name',
    groups: '`ecdhCurve`',
    key: '`key` of `tls.connect` or `mqtt.connect`',
    name: '`servername`, or dial a name that the certificate carries',
    signatures: '`sigalgs`',
    suites: '`ciphers`',
    trust: '`ca` of `tls.connect` or `mqtt.connect`: the text or bytes, not the file name',
    version: '`minVersion` and `maxVersion`',
  },
  Python: {
    alpn: '`SSLContext.set_alpn_protocols`',
    certificate: '`tls_set(certfile=, keyfile=)` (paho), or `SSLContext.load_cert_chain`',
    key: '`tls_set(keyfile=)` (paho), or `SSLContext.load_cert_chain`',
    name: '`server_hostname` of `wrap_socket`, or dial a name that the certificate carries',
    suites: '`tls_set(ciphers=)` (paho), or `SSLContext.set_ciphers`',
    trust: '`tls_set(ca_certs=)` (paho), or `SSLContext.load_verify_locations`',
    version: '`SSLContext.minimum_version` and `maximum_version`',
  },
  s2n: {
    alpn: 'port 443 sets it in the AWS IoT Device SDKs; by hand it is `alpn_list` of `TlsContextOptions`',
    certificate:
      'the `mtls_from_path` (Python), `new_mtls_builder_from_path` (JavaScript) or `newMtlsBuilderFromPath` (Java) builder of the AWS IoT Device SDK',
    key: '`pri_key_filepath` (Python), or the second path of `new_mtls_builder_from_path` (JavaScript)',
    name: 'the `endpoint` of the connection builder',
    suites: '`tls_cipher_preference` of `TlsContextOptions`, or leave its default',
    trust:
      '`ca_filepath` (Python) or `with_certificate_authority_from_path` (JavaScript) of the AWS IoT Device SDK',
    version: '`min_tls_version` of `TlsContextOptions`',
  },
  Go: {
    alpn: '`tls.Config.NextProtos`',
    certificate: '`tls.Config.Certificates`',
    groups: '`tls.Config.CurvePreferences` with `tls.CurveP256`',
    key: '`tls.LoadX509KeyPair` refuses a pair that does not fit',
    name: '`tls.Config.ServerName`',
    suites: '`tls.Config.CipherSuites`',
    trust: '`tls.Config.RootCAs`',
    version: '`tls.Config.MinVersion` and `MaxVersion`',
  },
  Java: {
    alpn: '`SSLParameters.setApplicationProtocols`',
    certificate: 'a key entry in the key store behind the `KeyManager` of `SSLContext.init`',
    groups: '`jdk.tls.namedGroups`',
    key: 'import certificate and key as one PKCS#12 file (`openssl pkcs12 -export`), so that they stay a pair',
    name: 'connect by a name that the certificate carries, not by address',
    suites: '`setEnabledCipherSuites`',
    trust: 'a trust store behind the `TrustManager` of `SSLContext.init`',
    version: '`setEnabledProtocols`',
  },
  GnuTLS: {
    alpn: '`gnutls_alpn_set_protocols`',
    certificate: '`gnutls_certificate_set_x509_key_file`',
    groups: '`+GROUP-SECP256R1` in the priority string',
    key: '`gnutls_certificate_set_x509_key_file` takes both files: the key must be of this certificate',
    memory: '`gnutls_record_set_max_size`',
    name: '`gnutls_session_set_verify_cert` with the name that is dialled',
    signatures: '`+SIGN-...` in the priority string',
    suites: 'the priority string',
    trust: '`gnutls_certificate_set_x509_trust_file`',
    version: '`+VERS-TLS1.2` in the priority string',
  },
  rustls: {
    alpn: '`ClientConfig.alpn_protocols`',
    certificate: '`with_client_auth_cert` of the `ClientConfig` builder (Deno: `cert` and `key`)',
    key: '`with_client_auth_cert` takes PKCS#8, PKCS#1 and SEC1 keys (Deno: `key`)',
    name: 'the `ServerName` of the connection (Deno: `hostname`)',
    trust: '`with_root_certificates` of the `ClientConfig` builder (Deno: `caCerts`)',
    version: '`with_protocol_versions` of the `ClientConfig` builder',
  },
  BoringSSL: {
    certificate: '`cert` and `key` of `tls.connect` (Bun)',
    name: '`servername` of `tls.connect` (Bun), or dial a name that the certificate carries',
    trust: '`ca` of `tls.connect` (Bun)',
  },
  SChannel: {
    certificate:
      'a certificate with its private key (PFX, not `X509ContentType.Cert`), and `SslStreamCertificateContext.Create` to send the chain',
    key: 'export certificate and key as one PFX file: `X509ContentType.Cert` leaves the key out',
    suites: '`Enable-TlsCipherSuite` in PowerShell',
    trust: 'the root in the store `Cert:\\LocalMachine\\Root`',
    version: '`SslClientAuthenticationOptions.EnabledSslProtocols`',
  },
}
