/*
 * A device on mbedTLS, as its examples and most firmware set it up. Flags and output: device.c. Made for 2.28 (Debian 12),
 * which has no TLS 1.3; reads 3.x's names too.
 */

#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "device.h"

#include <mbedtls/version.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V3 (MBEDTLS_VERSION_MAJOR >= 3)
#if V3
#include <psa/crypto.h>
#endif

static mbedtls_ssl_context ssl;
static mbedtls_ssl_config config;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context random_bytes;
static mbedtls_x509_crt trusted, own;
static mbedtls_pk_context own_key;
static int suites[MANY]; /* IANA numbers; the library reads these lists in place, up to a 0 */
#if V3
static uint16_t groups[MANY];
#else
static mbedtls_ecp_group_id groups[MANY];
#endif

static int on_receive(void *wire, unsigned char *bytes, size_t length) {
  int got = wire_receive(wire, bytes, length);
  return got == WIRE_TIMEOUT ? MBEDTLS_ERR_SSL_WANT_READ : got == WIRE_RESET ? -0x0050 : got == WIRE_FAILED ? -0x004c : got;
}

static int on_send(void *wire, const unsigned char *bytes, size_t length) {
  int sent = wire_send(wire, bytes, length);
  return sent == WIRE_RESET ? -0x0050 : sent < 0 ? -0x004e : sent;
}

/* mbedTLS tells PEM from DER by itself, and wants the NUL counted for PEM only. */
static int take_certificates(mbedtls_x509_crt *into, const char *path, int format) {
  size_t length;
  unsigned char *bytes = read_file(path, &length);
  if (!bytes) return MBEDTLS_ERR_PK_FILE_IO_ERROR;
  int result = is_pem(bytes, format) ? mbedtls_x509_crt_parse(into, bytes, length + 1)
                                     : mbedtls_x509_crt_parse_der(into, bytes, length);
  free(bytes);
  return result;
}

static int take_key(const char *path, int format) {
  size_t length;
  unsigned char *bytes = read_file(path, &length);
  if (!bytes) return MBEDTLS_ERR_PK_FILE_IO_ERROR;
  if (is_pem(bytes, format)) length++;
#if V3
  int result = mbedtls_pk_parse_key(&own_key, bytes, length, NULL, 0, mbedtls_ctr_drbg_random, &random_bytes);
#else
  int result = mbedtls_pk_parse_key(&own_key, bytes, length, NULL, 0);
#endif
  free(bytes);
  return result;
}

static int set_versions(const options *options) {
#if V3
  int newest = options->max == TLS12 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;
  mbedtls_ssl_conf_min_tls_version(
      &config, options->min == TLS13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
  mbedtls_ssl_conf_max_tls_version(&config, newest);
#else
  if (options->max == TLS13 || options->min == TLS13) return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
#endif
#else
  if (options->max == TLS13 || options->min == TLS13) return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
  mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
  return 0;
}

static int set_suites(const options *options) {
  for (int i = 0; options->suites[i]; i++)
    if ((suites[i] = mbedtls_ssl_get_ciphersuite_id(options->suites[i])) == 0)
      return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  if (suites[0]) mbedtls_ssl_conf_ciphersuites(&config, suites);
  return 0;
}

static int set_curves(const options *options) {
  for (int i = 0; options->curves[i]; i++) {
    const mbedtls_ecp_curve_info *curve = mbedtls_ecp_curve_info_from_name(options->curves[i]);
    if (!curve) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
#if V3
    groups[i] = curve->tls_id;
  }
  if (groups[0]) mbedtls_ssl_conf_groups(&config, groups);
#else
    groups[i] = curve->grp_id;
  }
  if (groups[0]) mbedtls_ssl_conf_curves(&config, groups);
#endif
  return 0;
}

static int load(const options *options, wire *wire, const char **what) {
  int result;
  mbedtls_ssl_init(&ssl);
  mbedtls_ssl_config_init(&config);
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random_bytes);
  mbedtls_x509_crt_init(&trusted);
  mbedtls_x509_crt_init(&own);
  mbedtls_pk_init(&own_key);
#if V3
  *what = "psa";
  if ((result = psa_crypto_init()) != 0) return result;
#endif
  *what = "seed";
  if ((result = mbedtls_ctr_drbg_seed(&random_bytes, mbedtls_entropy_func, &entropy, NULL, 0)) != 0) return result;
  *what = "defaults";
  if ((result = mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                            MBEDTLS_SSL_PRESET_DEFAULT)) != 0) return result;
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random_bytes);
  mbedtls_ssl_conf_authmode(&config, options->no_verify ? MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_REQUIRED);
  *what = "ca";
  if (options->ca && (result = take_certificates(&trusted, options->ca, options->format)) != 0) return result;
  mbedtls_ssl_conf_ca_chain(&config, &trusted, NULL);
  *what = "cert";
  if (options->cert && (result = take_certificates(&own, options->cert, options->format)) != 0) return result;
  *what = "key";
  if (options->key && (result = take_key(options->key, options->format)) != 0) return result;
  if (options->cert && (result = mbedtls_ssl_conf_own_cert(&config, &own, &own_key)) != 0) return result;
  *what = "min, max";
  if ((result = set_versions(options)) != 0) return result;
  *what = "suites";
  if ((result = set_suites(options)) != 0) return result;
  *what = "curves";
  if ((result = set_curves(options)) != 0) return result;
  *what = "certificate-after-session";
  if (options->certificate_after_session) return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
  *what = "setup";
  if ((result = mbedtls_ssl_setup(&ssl, &config)) != 0) return result;
  *what = "sni";
  if ((result = mbedtls_ssl_set_hostname(&ssl, options->sni)) != 0) return result;
  mbedtls_ssl_set_bio(&ssl, wire, on_send, on_receive, NULL);
  return 0;
}

/* Stepwise, so that it can stop when the server's Certificate has been judged and nothing was answered yet. */
static int handshake(int until_certificate) {
  for (;;) {
    int before = ssl.state;
    if (before == MBEDTLS_SSL_HANDSHAKE_OVER) return 0;
    int result = mbedtls_ssl_handshake_step(&ssl);
    if (result != 0) return result;
    if (until_certificate && before == MBEDTLS_SSL_SERVER_CERTIFICATE && ssl.state != before) return 0;
  }
}

static int read_bytes(unsigned char *bytes, int length) { return mbedtls_ssl_read(&ssl, bytes, (size_t)length); }

static int write_bytes(const unsigned char *bytes, int length) {
  int done = 0;
  while (done < length) {
    int result = mbedtls_ssl_write(&ssl, bytes + done, (size_t)(length - done));
    if (result <= 0) return result;
    done += result;
  }
  return done;
}

/* 3.x on TLS 1.3 also interrupts a read to tell of a session ticket. */
static int again(int result) {
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
  if (result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) return 1;
#endif
  return result == MBEDTLS_ERR_SSL_WANT_READ;
}

/* The library keeps the alert's number to itself: it stands in the last message received, or in the last one sent. */
static void explain(int result, problem *problem) {
  snprintf(problem->error, sizeof problem->error, "%s0x%04x", result < 0 ? "-" : "", (unsigned)(result < 0 ? -result : result));
  mbedtls_strerror(result, problem->words, sizeof problem->words);
  uint32_t flags = mbedtls_ssl_get_verify_result(&ssl);
  if (result == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
    size_t length = strlen(problem->words);
    snprintf(problem->words + length, sizeof problem->words - length, " (flags 0x%x)", (unsigned)flags);
  }
  if (result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
    problem->alert = ssl.in_msg[1];
    problem->alert_from = "server";
  } else if (ssl.out_msg && ssl.out_msgtype == MBEDTLS_SSL_MSG_ALERT && !ssl.transform_out) {
    problem->alert = ssl.out_msg[1];
    problem->alert_from = "client";
  }
}

static const char *protocol(void) { return mbedtls_ssl_get_version(&ssl); }
static const char *suite(void) { return mbedtls_ssl_get_ciphersuite(&ssl); }
static void goodbye(void) { mbedtls_ssl_close_notify(&ssl); }

static const char *version(void) {
  static char text[18];
  mbedtls_version_get_string(text);
  return text;
}

int main(int argc, char **argv) {
  static const stack stack = {"mbedtls", version,  load,  handshake, read_bytes,  write_bytes,
                              again,     explain, protocol, suite,     goodbye};
  return run_device(argc, argv, &stack);
}
