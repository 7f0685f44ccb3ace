/**
 * How to do a thing in the words of the client's own TLS stack, so that a remedy names the function or option to look for.
 * What a stack does on the wire is in rejection.ts. Each name of a function, option or flag stands in the stack's own headers,
 * source or manual, and was looked up there. What a call does beyond its name is the manual's word; nothing here was run.
 */

/** What a remedy may ask for. `log` is where the device's own program says why it left, `timer` what bounds its handshake. */
export type Act =
  | 'alpn'
  | 'certificate'
  | 'clock'
  | 'groups'
  | 'key'
  | 'log'
  | 'memory'
  | 'name'
  | 'signatures'
  | 'suites'
  | 'timer'
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

/** @returns every stack with what it calls each thing, for a page that people read; acts in the order of the alphabet */
export function vocabulary(): { stack: string; words: [act: string, words: string][] }[] {
  return Object.entries(WORDS).map(([stack, words]) => ({
    stack,
    words: Object.entries(words).sort(([a], [b]) => (a < b ? -1 : 1)),
  }))
}

/**
 * Keys are stacks, and the variants of stack-marks.ts that have words of their own. The hello of `TI SimpleLink` was never seen,
 * so nothing recognises it: its words are for the page only.
 */
const WORDS: Record<string, Partial<Record<Act, string>>> = {
  mbedTLS: {
    alpn: '`mbedtls_ssl_conf_alpn_protocols` (esp_mqtt: `broker.verification.alpn_protos`; Arduino on ESP32: `setAlpnProtocols`)',
    certificate:
      '`mbedtls_ssl_conf_own_cert` before `mbedtls_ssl_setup`, and the final NUL of PEM counted in both lengths (esp_mqtt: `credentials.authentication.certificate` and `.key`; Arduino on ESP32: `setCertificate` and `setPrivateKey`)',
    clock:
      'set the system time (ESP-IDF: SNTP) before the connect; dates are checked only in a build with `MBEDTLS_HAVE_TIME_DATE` (ESP-IDF: `CONFIG_MBEDTLS_HAVE_TIME_DATE`)',
    groups:
      'build with `MBEDTLS_ECP_DP_SECP256R1_ENABLED`, and look at `mbedtls_ssl_conf_curves` (2.x) or `mbedtls_ssl_conf_groups` (3.x)',
    key: '`mbedtls_pk_check_pair` tells whether both fit; with a secure element, the slot of `atca_mbedtls_pk_init` holds the key (esp_mqtt: `credentials.authentication.use_secure_element`)',
    log: "`mbedtls_ssl_get_verify_result` after the failed `mbedtls_ssl_handshake` (esp_mqtt: `esp_tls_cert_verify_flags` of the event's `error_handle`; Arduino on ESP32: `lastError`)",
    memory:
      '`MBEDTLS_SSL_IN_CONTENT_LEN` (ESP-IDF: `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN`), or `mbedtls_ssl_conf_max_frag_len`',
    name: '`mbedtls_ssl_set_hostname` with the name that is dialled (esp_mqtt: `broker.address.hostname` or `.uri`, or `broker.verification.common_name` for another name)',
    signatures:
      'build with `MBEDTLS_SHA256_C`, and look at `mbedtls_ssl_conf_sig_hashes` (2.x) or `mbedtls_ssl_conf_sig_algs` (3.x)',
    suites: '`mbedtls_ssl_conf_ciphersuites`, or the key exchanges in `mbedtls_config.h`',
    timer:
      '`network.timeout_ms` of esp_mqtt (10 s unless set), or `setHandshakeTimeout` (Arduino on ESP32)',
    trust:
      '`mbedtls_ssl_conf_ca_chain`; `mbedtls_x509_crt_parse` wants the final NUL of PEM counted in the length (esp_mqtt: `broker.verification.certificate`, with `certificate_len` 0 for PEM; Arduino on ESP32: `setCACert`)',
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
      'load both into the `WOLFSSL_CTX` (`wolfSSL_CTX_use_certificate_buffer`, `wolfSSL_CTX_use_PrivateKey_buffer`) before `wolfSSL_new`: a session that exists already does not get them',
    clock: 'set the system time before the connect, or give it one by `wc_SetTimeCb`',
    groups: '`wolfSSL_CTX_UseSupportedCurve` with `WOLFSSL_ECC_SECP256R1`',
    key: '`wolfSSL_CTX_use_PrivateKey_buffer` with `WOLFSSL_FILETYPE_PEM` for PEM and `WOLFSSL_FILETYPE_ASN1` for DER, then `wolfSSL_CTX_check_private_key`; with a secure element, the id of `wolfSSL_CTX_use_PrivateKey_Id`',
    log: '`wolfSSL_get_error` after the failed `wolfSSL_connect`, and `wolfSSL_Debugging_ON` in a build with `DEBUG_WOLFSSL`',
    memory: '`wolfSSL_CTX_UseMaxFragment`, in a build with `HAVE_MAX_FRAGMENT`',
    name: '`wolfSSL_check_domain_name` and `wolfSSL_UseSNI` with the name that is dialled',
    signatures: '`wolfSSL_CTX_set1_sigalgs_list`',
    suites: '`wolfSSL_CTX_set_cipher_list`',
    trust:
      '`wolfSSL_CTX_load_verify_buffer` or `wolfSSL_CTX_load_verify_locations`, with the file type that it has (PEM or DER)',
    version: 'the method given to `wolfSSL_CTX_new`: `wolfTLSv1_2_client_method` or newer',
  },
  BearSSL: {
    alpn: '`br_ssl_engine_set_protocol_names`; `WiFiClientSecure` of the ESP8266 has no call for it: use a port that demands none',
    certificate:
      '`setClientRSACert` or `setClientECCert` before `connect`, with objects that stay: they are not copied (ESP8266), or `br_ssl_client_set_single_rsa` and `br_ssl_client_set_single_ec`',
    clock:
      'SNTP before the connect, or `setX509Time` (ESP8266); elsewhere `br_x509_minimal_set_time`',
    key: '`setClientRSACert` takes an RSA key and `setClientECCert` an EC key: both must be of this certificate',
    log: '`getLastSSLError` (ESP8266) or `br_ssl_engine_last_error`; `state()` of PubSubClient is only -2 for any connection that was not made',
    memory:
      '`setBufferSizes` before `connect`, after `probeMaxFragmentLength` has said that it is taken',
    name: 'connect by a name that the certificate carries, not by address (PubSubClient: `setServer`)',
    suites: '`setCiphers`, or leave its default',
    timer:
      'the ESP8266 gives a handshake 15 s in most releases, whatever `setTimeout` says: run it at 160 MHz; `setSocketTimeout` of PubSubClient begins after TLS',
    trust:
      '`setTrustAnchors`, with an `X509List` that stays, as it is not copied (ESP8266); `getLastSSLError` says what was wrong',
    version: '`setSSLVersion`',
  },
  OpenSSL: {
    alpn: '`--tls-alpn` (mosquitto_pub), `-alpn` (s_client), `SSL_CTX_set_alpn_protos`',
    certificate:
      '`--cert` and `--key` (mosquitto_pub), `tls_set(certfile=, keyfile=)` (paho), `cert` and `key` (MQTT.js), `-cert` and `-key` (s_client)',
    clock: 'compare `date -u` on the device with the dates above',
    groups: '`SSL_CTX_set1_groups_list`, or `-groups P-256` (s_client)',
    key: '`SSL_CTX_check_private_key` tells whether both fit; `openssl pkey -in KEY -out NEW` writes any key as PKCS#8',
    log: 'try the same with `openssl s_client -connect`, `-CAfile`, `-cert`, `-key` and `-verify_return_error`',
    name: '`SSL_set_tlsext_host_name` and `SSL_set1_host`, or `-servername` (s_client)',
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
    log: 'the `error` event, and `enableTrace: true` for the messages',
    name: '`servername`, or dial a name that the certificate carries',
    signatures: '`sigalgs`',
    suites: '`ciphers`',
    timer: '`connectTimeout` of `mqtt.connect`',
    trust: '`ca` of `tls.connect` or `mqtt.connect`: the text or bytes, not the file name',
    version: '`minVersion` and `maxVersion`',
  },
  Python: {
    alpn: '`tls_set(alpn_protocols=)` (paho 2), or `SSLContext.set_alpn_protocols`',
    certificate: '`tls_set(certfile=, keyfile=)` (paho), or `SSLContext.load_cert_chain`',
    key: '`tls_set(keyfile=)` (paho), or `SSLContext.load_cert_chain`',
    log: 'the `ssl.SSLError` that `connect` raises',
    name: '`server_hostname` of `wrap_socket`, or dial a name that the certificate carries',
    suites: '`tls_set(ciphers=)` (paho), or `SSLContext.set_ciphers`',
    timer: '`connect_timeout` of the client (paho 2)',
    trust: '`tls_set(ca_certs=)` (paho), or `SSLContext.load_verify_locations`',
    version: '`SSLContext.minimum_version` and `maximum_version`',
  },
  s2n: {
    alpn: 'port 443 sets it in the AWS IoT Device SDKs; by hand it is `alpn_list` of `TlsContextOptions` (Java: `withAlpnList`)',
    certificate:
      'the `mtls_from_path` (Python), `new_mtls_builder_from_path` (JavaScript) or `newMtlsBuilderFromPath` (Java) builder of the AWS IoT Device SDK; for MQTT 5 `newDirectMqttBuilderWithMtlsFromPath`',
    key: '`pri_key_filepath` (Python), or the second path of `new_mtls_builder_from_path` (JavaScript); with PKCS#11 `slot_id`, and `private_key_label` (Python) or `private_key_object_label` (JavaScript)',
    log: '`io.enable_logging` (JavaScript), `io.init_logging` (Python) or the property `aws.crt.log.level` (Java)',
    name: 'the `endpoint` of the connection builder (`with_endpoint`, `withEndpoint`; MQTT 5: `hostName`)',
    suites:
      '`tls_cipher_preference` (Python: `cipher_pref`) of `TlsContextOptions`, or leave its default',
    trust:
      '`ca_filepath` (Python) or `with_certificate_authority_from_path` (JavaScript; Java: `withCertificateAuthorityFromPath`) of the AWS IoT Device SDK',
    version:
      '`min_tls_version` (Python: `min_tls_ver`, Java: `minTlsVersion`) of `TlsContextOptions`',
  },
  Go: {
    alpn: '`tls.Config.NextProtos`',
    certificate: '`tls.Config.Certificates`',
    groups: '`tls.Config.CurvePreferences` with `tls.CurveP256`',
    key: '`tls.LoadX509KeyPair` refuses a pair that does not fit',
    log: 'the error that `tls.Dial` returns',
    name: '`tls.Config.ServerName`',
    suites: '`tls.Config.CipherSuites`',
    timer: '`net.Dialer.Timeout` with `tls.DialWithDialer`',
    trust: '`tls.Config.RootCAs`',
    version: '`tls.Config.MinVersion` and `MaxVersion`',
  },
  Java: {
    alpn: '`SSLParameters.setApplicationProtocols`',
    certificate: 'a key entry in the key store behind the `KeyManager` of `SSLContext.init`',
    groups: '`jdk.tls.namedGroups`',
    key: 'import certificate and key as one PKCS#12 file (`openssl pkcs12 -export`), so that they stay a pair',
    log: '`-Djavax.net.debug=ssl:handshake`',
    name: 'connect by a name that the certificate carries, not by address',
    signatures: '`jdk.tls.client.SignatureSchemes`',
    suites: '`setEnabledCipherSuites`',
    trust: 'a trust store behind the `TrustManager` of `SSLContext.init`',
    version: '`setEnabledProtocols`',
  },
  GnuTLS: {
    alpn: '`gnutls_alpn_set_protocols`',
    certificate: '`gnutls_certificate_set_x509_key_file`',
    groups: '`+GROUP-SECP256R1` in the priority string',
    key: '`gnutls_certificate_set_x509_key_file` takes both files: the key must be of this certificate',
    log: '`gnutls_session_get_verify_cert_status`, or `GNUTLS_DEBUG_LEVEL` in the environment',
    memory: '`gnutls_record_set_max_size`',
    name: '`gnutls_server_name_set` and `gnutls_session_set_verify_cert` with the name that is dialled',
    signatures: '`+SIGN-...` in the priority string',
    suites: 'the priority string',
    timer: '`gnutls_handshake_set_timeout`',
    trust: '`gnutls_certificate_set_x509_trust_file`',
    version: '`+VERS-TLS1.2` in the priority string',
  },
  rustls: {
    alpn: '`ClientConfig.alpn_protocols` (Deno: `alpnProtocols`)',
    certificate: '`with_client_auth_cert` of the `ClientConfig` builder (Deno: `cert` and `key`)',
    key: '`with_client_auth_cert` takes PKCS#8, PKCS#1 and SEC1 keys (Deno: `key`)',
    name: 'the `ServerName` of the connection (Deno: `hostname`)',
    trust: '`with_root_certificates` of the `ClientConfig` builder (Deno: `caCerts`)',
    version:
      '`builder_with_protocol_versions` of `ClientConfig` (0.23), or `with_protocol_versions` of its builder',
  },
  BoringSSL: {
    certificate: '`cert` and `key` of `tls.connect` (Bun)',
    key: '`key` of `tls.connect` (Bun)',
    name: '`servername` of `tls.connect` (Bun), or dial a name that the certificate carries',
    trust: '`ca` of `tls.connect` (Bun)',
  },
  SChannel: {
    alpn: '`SslClientAuthenticationOptions.ApplicationProtocols`',
    certificate:
      'a certificate with its private key (PFX, not `X509ContentType.Cert`) in `ClientCertificates`; to send the chain too, `SslStreamCertificateContext.Create` in `ClientCertificateContext` (.NET 8)',
    key: 'export certificate and key as one PFX file: `X509ContentType.Cert` leaves the key out',
    name: '`SslClientAuthenticationOptions.TargetHost`',
    suites: '`Enable-TlsCipherSuite` in PowerShell',
    trust: 'the root in the store `Cert:\\LocalMachine\\Root`',
    version: '`SslClientAuthenticationOptions.EnabledSslProtocols`',
  },
  'TI SimpleLink': {
    alpn: '`SL_SO_SECURE_ALPN` knows names of HTTP only: use a port that demands none',
    certificate:
      '`secureFiles` of `MQTTClient_ConnParams`: private key, certificate, CA, DH key, in this order; on a socket `SL_SO_SECURE_FILES_CERTIFICATE_FILE_NAME` and `SL_SO_SECURE_FILES_PRIVATE_KEY_FILE_NAME`',
    clock:
      '`sl_DeviceSet` with `SL_DEVICE_GENERAL` and `SL_DEVICE_GENERAL_DATE_TIME` (`sl_DevSet` in old SDKs) after each start: a reset loses the date',
    log: 'the negative result of `sl_Connect`: -456 is `SL_ERROR_BSD_ESECBADCAFILE`, -688 is `SL_ERROR_BSD_ESEC_ASN_NO_SIGNER_E` (no CA for the chain)',
    name: '`SL_SO_SECURE_DOMAIN_NAME_VERIFICATION` with a name that the certificate carries',
    suites: '`SL_SO_SECURE_MASK` with `SL_SEC_MASK_SECURE_DEFAULT`',
    trust:
      'the third of `secureFiles`, or `SL_SO_SECURE_FILES_CA_FILE_NAME`: a self-signed root; one that is not in the certificate catalog of TI needs `SL_SO_SECURE_DISABLE_CERTIFICATE_STORE`',
    version: '`SL_SO_SECMETHOD` with `SL_SO_SEC_METHOD_TLSV1_2`',
  },
}
