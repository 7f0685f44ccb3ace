/*
 * A device on wolfSSL, TLS 1.2 and 1.3. Flags and output: device.c. Suites in wolfSSL's names
 * (ECDHE-ECDSA-AES128-GCM-SHA256, TLS13-AES128-GCM-SHA256).
 *
 * --certificate-after-session: wolfSSL_new copies the context's certificate and key into the session. What the context
 * gets afterwards only serves later sessions; this one answers the CertificateRequest with an empty Certificate.
 * --key-share: wolfSSL_CTX_UseSupportedCurve leaves the key share of TLS 1.3 on P-256; wolfSSL_CTX_set_groups moves it too.
 */

#include "device.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static WOLFSSL_CTX *context;
static WOLFSSL *ssl;

static int on_receive(WOLFSSL *session, char *bytes, int length, void *wire) {
  (void)session;
  int got = wire_receive(wire, bytes, (size_t)length);
  return got == WIRE_TIMEOUT ? WOLFSSL_CBIO_ERR_WANT_READ
         : got == 0          ? WOLFSSL_CBIO_ERR_CONN_CLOSE
         : got == WIRE_RESET ? WOLFSSL_CBIO_ERR_CONN_RST
         : got < 0           ? WOLFSSL_CBIO_ERR_GENERAL
                             : got;
}

static int on_send(WOLFSSL *session, char *bytes, int length, void *wire) {
  (void)session;
  int sent = wire_send(wire, bytes, (size_t)length);
  return sent == WIRE_RESET ? WOLFSSL_CBIO_ERR_CONN_RST : sent < 0 ? WOLFSSL_CBIO_ERR_GENERAL : sent;
}

/* All takers answer 0 or the library's error, below 0. */
static int fine(int result) { return result == WOLFSSL_SUCCESS ? 0 : result < 0 ? result : WOLFSSL_FATAL_ERROR; }

static int take_ca(const options *options) {
  size_t length;
  unsigned char *bytes = read_file(options->ca, &length);
  if (!bytes) return WOLFSSL_BAD_FILE;
  int type = is_pem(bytes, options->format) ? WOLFSSL_FILETYPE_PEM : WOLFSSL_FILETYPE_ASN1;
  int result = wolfSSL_CTX_load_verify_buffer(context, bytes, (long)length, type);
  free(bytes);
  return fine(result);
}

static int take_certificate(const options *options) {
  size_t length;
  unsigned char *bytes = read_file(options->cert, &length);
  if (!bytes) return WOLFSSL_BAD_FILE;
  int result = is_pem(bytes, options->format)
                   ? wolfSSL_CTX_use_certificate_chain_buffer(context, bytes, (long)length)
                   : wolfSSL_CTX_use_certificate_buffer(context, bytes, (long)length, WOLFSSL_FILETYPE_ASN1);
  free(bytes);
  return fine(result);
}

static int take_key(const options *options) {
  size_t length;
  unsigned char *bytes = read_file(options->key, &length);
  if (!bytes) return WOLFSSL_BAD_FILE;
  int type = is_pem(bytes, options->format) ? WOLFSSL_FILETYPE_PEM : WOLFSSL_FILETYPE_ASN1;
  int result = wolfSSL_CTX_use_PrivateKey_buffer(context, bytes, (long)length, type);
  free(bytes);
  return fine(result);
}

static int take_own(const options *options, const char **what) {
  int result = 0;
  *what = "cert";
  if (options->cert && (result = take_certificate(options)) != 0) return result;
  *what = "key";
  if (options->key && (result = take_key(options)) != 0) return result;
  return 0;
}

static int make_session(const options *options, wire *wire, const char **what) {
  *what = "session";
  if (!(ssl = wolfSSL_new(context))) return WOLFSSL_FATAL_ERROR;
  wolfSSL_SetIOReadCtx(ssl, wire);
  wolfSSL_SetIOWriteCtx(ssl, wire);
  *what = "sni";
  if (!options->sni) return 0;
  int result = fine(wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, options->sni, (unsigned short)strlen(options->sni)));
  if (result == 0 && !options->no_verify) result = fine(wolfSSL_check_domain_name(ssl, options->sni));
  return result;
}

/* The numbers of the TLS registry, which are wolfSSL's too. */
static int set_curves(const options *options) {
  static const struct { const char *name; int number; } curves[] = {
      {"secp192r1", 19}, {"secp224r1", 21}, {"secp256r1", 23}, {"secp384r1", 24},
      {"secp521r1", 25}, {"x25519", 29},    {"x448", 30},      {NULL, 0}};
  int shares[MANY], count = 0;
  for (int i = 0; options->curves[i]; i++) {
    int at = 0;
    while (curves[at].name && strcmp(curves[at].name, options->curves[i]) != 0) at++;
    int result = fine(wolfSSL_CTX_UseSupportedCurve(context, (word16)curves[at].number));
    if (result != 0) return result;
    shares[count++] = curves[at].number;
  }
  return options->key_share && count > 0 ? fine(wolfSSL_CTX_set_groups(context, shares, count)) : 0;
}

static int set_suites(const options *options) {
  char list[1024] = "";
  for (int i = 0; options->suites[i]; i++) {
    if (i > 0) strncat(list, ":", sizeof list - strlen(list) - 1);
    strncat(list, options->suites[i], sizeof list - strlen(list) - 1);
  }
  return list[0] ? fine(wolfSSL_CTX_set_cipher_list(context, list)) : 0;
}

static int load(const options *options, wire *wire, const char **what) {
  int result;
  wolfSSL_Init();
  *what = "min, max";
  if (options->max == TLS12 && options->min == TLS13) return WOLFSSL_FATAL_ERROR;
  context = wolfSSL_CTX_new(options->max == TLS12   ? wolfTLSv1_2_client_method()
                            : options->min == TLS13 ? wolfTLSv1_3_client_method()
                                                    : wolfTLS_client_method());
  if (!context) return WOLFSSL_FATAL_ERROR;
  if (options->min == TLS12 && options->max != TLS12) wolfSSL_CTX_SetMinVersion(context, WOLFSSL_TLSV1_2);
  wolfSSL_CTX_SetIORecv(context, on_receive);
  wolfSSL_CTX_SetIOSend(context, on_send);
  wolfSSL_CTX_set_verify(context, options->no_verify ? WOLFSSL_VERIFY_NONE : WOLFSSL_VERIFY_PEER, NULL);
  *what = "ca";
  if (options->ca && (result = take_ca(options)) != 0) return result;
  *what = "suites";
  if ((result = set_suites(options)) != 0) return result;
  *what = "curves";
  if ((result = set_curves(options)) != 0) return result;
  if (options->certificate_after_session) {
    result = make_session(options, wire, what);
    return result != 0 ? result : take_own(options, what);
  }
  result = take_own(options, what);
  return result != 0 ? result : make_session(options, wire, what);
}

/* Below 0 whenever it failed, so that no failure reads as success. */
static int error_of(int returned) {
  int error = wolfSSL_get_error(ssl, returned);
  return error > 0 ? -error : error < 0 ? error : WOLFSSL_FATAL_ERROR;
}

static int handshake(int until_certificate) {
  int result = until_certificate ? wolfSSL_connect_cert(ssl) : wolfSSL_connect(ssl);
  return result == WOLFSSL_SUCCESS ? 0 : error_of(result);
}

/* What the device's own code would see: 0 stays 0. */
static int read_bytes(unsigned char *bytes, int length) {
  int got = wolfSSL_read(ssl, bytes, length);
  return got >= 0 ? got : error_of(got);
}

static int write_bytes(const unsigned char *bytes, int length) {
  int sent = wolfSSL_write(ssl, bytes, length);
  return sent > 0 ? sent : error_of(sent);
}

/* wolfSSL's own errors lie below -100; WANT_READ is 2, made -2 by error_of. */
static int again(int result) { return result == -WOLFSSL_ERROR_WANT_READ; }

static void explain(int result, problem *problem) {
  WOLFSSL_ALERT_HISTORY history = {{-1, -1}, {-1, -1}};
  char words[WOLFSSL_MAX_ERROR_SZ] = "";
  int error = result != 0 || !ssl ? result : wolfSSL_get_error(ssl, 0);
  snprintf(problem->error, sizeof problem->error, "%d", error);
  wolfSSL_ERR_error_string((unsigned long)error, words);
  snprintf(problem->words, sizeof problem->words, "%s", words);
  if (ssl) wolfSSL_get_alert_history(ssl, &history);
  if (history.last_rx.code >= 0) {
    problem->alert = history.last_rx.code;
    problem->alert_from = "server";
  } else if (history.last_tx.code >= 0) {
    problem->alert = history.last_tx.code;
    problem->alert_from = "client";
  }
}

static const char *protocol(void) { return wolfSSL_get_version(ssl); }
static const char *suite(void) { return wolfSSL_get_cipher_name(ssl); }
static void goodbye(void) { wolfSSL_shutdown(ssl); }
static const char *version(void) { return wolfSSL_lib_version(); }

int main(int argc, char **argv) {
  static const stack stack = {"wolfssl", version, load,     handshake, read_bytes,  write_bytes,
                              again,     explain, protocol, suite,     goodbye};
  return run_device(argc, argv, &stack);
}
