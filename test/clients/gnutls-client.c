/*
 * A device on GnuTLS, TLS 1.2 and 1.3, set up as gnutls-cli does it: the certificate is verified within the handshake, and
 * when something fails the alert is sent that GnuTLS holds for appropriate. Flags and output: device.c.
 *
 * Suites and curves are keywords of its priority string: `CHACHA20-POLY1305` (no other cipher is offered then), `SECP521R1`.
 */

#include "device.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gnutls_certificate_credentials_t credentials;
static gnutls_session_t session;
static int alert_sent = -1;

static ssize_t on_receive(gnutls_transport_ptr_t wire, void *bytes, size_t length) {
  int got = wire_receive(wire, bytes, length);
  if (got >= 0) return got;
  gnutls_transport_set_errno(session, got == WIRE_TIMEOUT ? EAGAIN : got == WIRE_RESET ? ECONNRESET : EIO);
  return -1;
}

static ssize_t on_send(gnutls_transport_ptr_t wire, const void *bytes, size_t length) {
  int sent = wire_send(wire, bytes, length);
  if (sent >= 0) return sent;
  gnutls_transport_set_errno(session, sent == WIRE_RESET ? ECONNRESET : EIO);
  return -1;
}

static int read_datum(const char *path, gnutls_datum_t *into) {
  size_t length;
  into->data = read_file(path, &length);
  into->size = (unsigned)length;
  return into->data ? 0 : GNUTLS_E_FILE_ERROR;
}

static gnutls_x509_crt_fmt_t format_of(const gnutls_datum_t *file, int format) {
  return is_pem(file->data, format) ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER;
}

static int take_ca(const options *options) {
  gnutls_datum_t file;
  int result = read_datum(options->ca, &file);
  if (result != 0) return result;
  result = gnutls_certificate_set_x509_trust_mem(credentials, &file, format_of(&file, options->format));
  free(file.data);
  return result < 0 ? result : 0;
}

/* GnuTLS takes the pair at once, and looks whether they fit together. */
static int take_own(const options *options) {
  gnutls_datum_t cert, key;
  int result = read_datum(options->cert, &cert);
  if (result != 0) return result;
  if ((result = read_datum(options->key, &key)) == 0) {
    result = gnutls_certificate_set_x509_key_mem(credentials, &cert, &key, format_of(&cert, options->format));
    free(key.data);
  }
  free(cert.data);
  return result;
}

static void add(char *priority, size_t size, const char *sign, const char *const *keywords) {
  for (int i = 0; keywords[i]; i++) {
    size_t length = strlen(priority);
    snprintf(priority + length, size - length, ":+%s%s", sign, keywords[i]);
  }
}

static int set_priority(const options *options) {
  char priority[1024] = "NORMAL:-VERS-ALL";
  size_t size = sizeof priority;
  const char *versions[] = {NULL, NULL, NULL};
  int count = 0;
  if (options->max != TLS12) versions[count++] = "TLS1.3";
  if (options->min != TLS13) versions[count++] = "TLS1.2";
  if (count == 0) return GNUTLS_E_UNSUPPORTED_VERSION_PACKET;
  add(priority, size, "VERS-", versions);
  if (options->suites[0]) strcat(priority, ":-CIPHER-ALL");
  add(priority, size, "", options->suites);
  if (options->curves[0]) strcat(priority, ":-GROUP-ALL");
  add(priority, size, "GROUP-", options->curves);
  return gnutls_priority_set_direct(session, priority, NULL);
}

static int load(const options *options, wire *wire, const char **what) {
  int result;
  *what = "defaults";
  if ((result = gnutls_certificate_allocate_credentials(&credentials)) != 0) return result;
  if ((result = gnutls_init(&session, GNUTLS_CLIENT)) != 0) return result;
  *what = "ca";
  if (options->ca && (result = take_ca(options)) != 0) return result;
  *what = "key";
  if (options->cert && options->key && (result = take_own(options)) != 0) return result;
  *what = "suites, curves, min, max";
  if ((result = set_priority(options)) != 0) return result;
  *what = "certificate-after-session";
  if (options->certificate_after_session) return GNUTLS_E_UNIMPLEMENTED_FEATURE;
  *what = "setup";
  if ((result = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials)) != 0) return result;
  *what = "sni";
  if (options->sni &&
      (result = gnutls_server_name_set(session, GNUTLS_NAME_DNS, options->sni, strlen(options->sni))) != 0)
    return result;
  if (!options->no_verify) gnutls_session_set_verify_cert(session, options->sni, 0);
  gnutls_transport_set_ptr(session, wire);
  gnutls_transport_set_push_function(session, on_send);
  gnutls_transport_set_pull_function(session, on_receive);
  return 0;
}

static int again(int result) { return result == GNUTLS_E_AGAIN; }

static int goes_on(int result) { return result < 0 && !again(result) && !gnutls_error_is_fatal(result); }

static int handshake(int until_certificate) {
  int result, level;
  if (until_certificate) return GNUTLS_E_UNIMPLEMENTED_FEATURE;
  do result = gnutls_handshake(session);
  while (goes_on(result));
  if (result < 0 && !again(result)) {
    int alert = gnutls_error_to_alert(result, &level);
    if (alert >= 0 && gnutls_alert_send_appropriate(session, result) == 0) alert_sent = alert;
  }
  return result;
}

static int read_bytes(unsigned char *bytes, int length) {
  ssize_t got;
  do got = gnutls_record_recv(session, bytes, (size_t)length);
  while (goes_on((int)got));
  return (int)got;
}

static int write_bytes(const unsigned char *bytes, int length) {
  int done = 0;
  while (done < length) {
    ssize_t sent = gnutls_record_send(session, bytes + done, (size_t)(length - done));
    if (sent < 0) return (int)sent;
    done += (int)sent;
  }
  return done;
}

static void explain(int result, problem *problem) {
  gnutls_datum_t status = {NULL, 0};
  snprintf(problem->error, sizeof problem->error, "%d", result);
  snprintf(problem->words, sizeof problem->words, "%s", result == 0 ? "end of file" : gnutls_strerror(result));
  if (result == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR &&
      gnutls_certificate_verification_status_print(gnutls_session_get_verify_cert_status(session), GNUTLS_CRT_X509,
                                                   &status, 0) == 0) {
    snprintf(problem->words, sizeof problem->words, "%s", (const char *)status.data);
    gnutls_free(status.data);
  }
  if (result == 0) { /* an end without close_notify is an error */
    problem->alert = GNUTLS_A_CLOSE_NOTIFY;
    problem->alert_from = "server";
  } else if (result == GNUTLS_E_FATAL_ALERT_RECEIVED || result == GNUTLS_E_WARNING_ALERT_RECEIVED) {
    problem->alert = (int)gnutls_alert_get(session);
    problem->alert_from = "server";
  } else if (alert_sent >= 0) {
    problem->alert = alert_sent;
    problem->alert_from = "client";
  }
}

static const char *protocol(void) { return gnutls_protocol_get_name(gnutls_protocol_get_version(session)); }
static const char *suite(void) { return gnutls_ciphersuite_get(session); }
static void goodbye(void) { gnutls_bye(session, GNUTLS_SHUT_WR); }
static const char *version(void) { return gnutls_check_version(NULL); }

int main(int argc, char **argv) {
  static const stack stack = {"gnutls", version, load,     handshake, read_bytes,  write_bytes,
                              again,    explain, protocol, suite,     goodbye};
  return run_device(argc, argv, &stack);
}
