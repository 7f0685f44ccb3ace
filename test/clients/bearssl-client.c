/*
 * A device on BearSSL, as on an ESP8266: TLS 1.2, the full X.509 check against trust anchors, one certificate of its own.
 * Flags and output: device.c. Files are PEM. Suites by the names of BearSSL's constants without `BR_TLS_`.
 *
 * BearSSL gives numbers only: `words` are the names of its constants. It sends no alert when it rejects a certificate.
 */

#include "device.h"

#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Besides BearSSL's own errors, made negative: what the library has no number for. */
enum { AGAIN = -10001, ENDED = -10002, BAD_FILE = -10003, BAD_FLAG = -10004 };

static br_ssl_client_context client;
static br_x509_minimal_context verifier;
static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
static br_x509_trust_anchor anchors[MANY];
static br_x509_certificate own[MANY];
static br_skey_decoder_context own_key;
static br_ec_impl curves;
static wire *connection;

/* A growing piece of memory; a short program gives none of it back. */
typedef struct bytes {
  unsigned char *at;
  size_t length;
} bytes;

static void append(void *into, const void *more, size_t length) {
  bytes *all = into;
  all->at = realloc(all->at, all->length + length + 1);
  memcpy(all->at + all->length, more, length);
  all->length += length;
}

/* Calls `take` for each object of a PEM file. Returns how many there were, or what `take` found wrong. */
static int each_object(const char *path, int (*take)(const char *name, const bytes *der, int index)) {
  size_t length, done = 0;
  unsigned char *file = read_file(path, &length);
  br_pem_decoder_context pem;
  bytes der = {NULL, 0};
  int count = 0;
  if (!file) return BAD_FILE;
  br_pem_decoder_init(&pem);
  file[length++] = '\n'; /* the decoder takes an END line for whole only then */
  while (done < length) {
    done += br_pem_decoder_push(&pem, file + done, length - done);
    switch (br_pem_decoder_event(&pem)) {
      case BR_PEM_BEGIN_OBJ:
        der = (bytes){NULL, 0};
        br_pem_decoder_setdest(&pem, append, &der);
        break;
      case BR_PEM_END_OBJ: {
        int result = take(br_pem_decoder_name(&pem), &der, count++);
        if (result < 0) return result;
        break;
      }
      case BR_PEM_ERROR: return BAD_FILE;
    }
  }
  return count;
}

static void *copy(const void *of, size_t length) { return memcpy(malloc(length + 1), of, length); }

static int take_anchor(const char *name, const bytes *der, int index) {
  br_x509_decoder_context decoder;
  bytes subject = {NULL, 0};
  (void)name;
  if (index >= MANY) return BAD_FILE;
  br_x509_decoder_init(&decoder, append, &subject);
  br_x509_decoder_push(&decoder, der->at, der->length);
  const br_x509_pkey *key = br_x509_decoder_get_pkey(&decoder);
  if (!key) return -br_x509_decoder_last_error(&decoder);
  br_x509_trust_anchor *anchor = &anchors[index];
  anchor->dn.data = subject.at;
  anchor->dn.len = subject.length;
  anchor->flags = br_x509_decoder_isCA(&decoder) ? BR_X509_TA_CA : 0;
  anchor->pkey = *key;
  if (key->key_type == BR_KEYTYPE_RSA) {
    anchor->pkey.key.rsa.n = copy(key->key.rsa.n, key->key.rsa.nlen);
    anchor->pkey.key.rsa.e = copy(key->key.rsa.e, key->key.rsa.elen);
  } else {
    anchor->pkey.key.ec.q = copy(key->key.ec.q, key->key.ec.qlen);
  }
  return 0;
}

static int take_certificate(const char *name, const bytes *der, int index) {
  (void)name;
  if (index >= MANY) return BAD_FILE;
  own[index].data = der->at;
  own[index].data_len = der->length;
  return 0;
}

static int take_key(const char *name, const bytes *der, int index) {
  (void)name;
  (void)index;
  br_skey_decoder_init(&own_key);
  br_skey_decoder_push(&own_key, der->at, der->length);
  int error = br_skey_decoder_last_error(&own_key);
  return error == 0 ? 0 : -error;
}

static int set_own(int count) {
  if (br_skey_decoder_key_type(&own_key) == BR_KEYTYPE_RSA) {
    br_ssl_client_set_single_rsa(&client, own, (size_t)count, br_skey_decoder_get_rsa(&own_key),
                                 br_rsa_pkcs1_sign_get_default());
  } else {
    br_ssl_client_set_single_ec(&client, own, (size_t)count, br_skey_decoder_get_ec(&own_key),
                                BR_KEYTYPE_SIGN | BR_KEYTYPE_KEYX, BR_KEYTYPE_EC, br_ec_get_default(),
                                br_ecdsa_sign_asn1_get_default());
  }
  return 0;
}

static int set_suites(const options *options) {
  static const struct { const char *name; uint16_t number; } known[] = {
      {"ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
      {"ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
      {"ECDHE_RSA_WITH_AES_128_GCM_SHA256", BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
      {"RSA_WITH_AES_128_CBC_SHA", BR_TLS_RSA_WITH_AES_128_CBC_SHA},
      {NULL, 0}};
  uint16_t suites[MANY];
  int count = 0;
  for (; options->suites[count]; count++) {
    int at = 0;
    while (known[at].name && strcmp(known[at].name, options->suites[count]) != 0) at++;
    if (!known[at].name) return BAD_FLAG;
    suites[count] = known[at].number;
  }
  if (count > 0) br_ssl_engine_set_suites(&client.eng, suites, (size_t)count);
  return 0;
}

static int set_curves(const options *options) {
  static const struct { const char *name; int number; } known[] = {{"secp256r1", BR_EC_secp256r1},
                                                                   {"secp384r1", BR_EC_secp384r1},
                                                                   {"secp521r1", BR_EC_secp521r1},
                                                                   {"x25519", BR_EC_curve25519},
                                                                   {NULL, 0}};
  if (!options->curves[0]) return 0;
  curves = *br_ec_get_default();
  curves.supported_curves = 0;
  for (int i = 0; options->curves[i]; i++) {
    int at = 0;
    while (known[at].name && strcmp(known[at].name, options->curves[i]) != 0) at++;
    if (!known[at].name) return BAD_FLAG;
    curves.supported_curves |= (uint32_t)1 << known[at].number;
  }
  br_ssl_engine_set_ec(&client.eng, &curves);
  return 0;
}

static int load(const options *options, wire *wire, const char **what) {
  int result, count = 0;
  connection = wire;
  *what = "ca";
  if (options->ca && (count = each_object(options->ca, take_anchor)) < 0) return count;
  br_ssl_client_init_full(&client, &verifier, anchors, (size_t)count);
  *what = "cert";
  if (options->cert && (count = each_object(options->cert, take_certificate)) < 0) return count;
  *what = "key";
  if (options->key && (result = each_object(options->key, take_key)) < 0) return result;
  if (options->cert && options->key && (result = set_own(count)) != 0) return result;
  *what = "suites";
  if ((result = set_suites(options)) != 0) return result;
  *what = "curves";
  if ((result = set_curves(options)) != 0) return result;
  *what = "min, no-verify, certificate-after-session, format";
  if (options->min == TLS13 || options->no_verify || options->certificate_after_session || options->format == DER)
    return BAD_FLAG;
  br_ssl_engine_set_versions(&client.eng, BR_TLS12, BR_TLS12);
  br_ssl_engine_set_buffer(&client.eng, buffer, sizeof buffer, 1);
  *what = "setup";
  if (!br_ssl_client_reset(&client, options->sni, 0)) return -br_ssl_engine_last_error(&client.eng);
  return 0;
}

/* Moves records until the engine is ready for `wanted`. 0: it is; else below 0. */
static int pump(unsigned wanted) {
  size_t length;
  for (;;) {
    unsigned state = br_ssl_engine_current_state(&client.eng);
    if (state == BR_SSL_CLOSED) {
      int error = br_ssl_engine_last_error(&client.eng);
      return error == 0 ? ENDED : -error;
    }
    if (state & BR_SSL_SENDREC) {
      unsigned char *at = br_ssl_engine_sendrec_buf(&client.eng, &length);
      int sent = wire_send(connection, at, length);
      if (sent < 0) return -BR_ERR_IO;
      br_ssl_engine_sendrec_ack(&client.eng, (size_t)sent);
    } else if (state & wanted) {
      return 0;
    } else if (state & BR_SSL_RECVREC) {
      unsigned char *at = br_ssl_engine_recvrec_buf(&client.eng, &length);
      int got = wire_receive(connection, at, length);
      if (got == WIRE_TIMEOUT) return AGAIN;
      if (got <= 0) return -BR_ERR_IO;
      br_ssl_engine_recvrec_ack(&client.eng, (size_t)got);
    } else {
      return BAD_FLAG;
    }
  }
}

static int handshake(int until_certificate) { return until_certificate ? BAD_FLAG : pump(BR_SSL_SENDAPP); }

static int read_bytes(unsigned char *bytes, int length) {
  size_t ready;
  int result = pump(BR_SSL_RECVAPP);
  if (result == ENDED) return 0;
  if (result != 0) return result;
  unsigned char *at = br_ssl_engine_recvapp_buf(&client.eng, &ready);
  if (ready > (size_t)length) ready = (size_t)length;
  memcpy(bytes, at, ready);
  br_ssl_engine_recvapp_ack(&client.eng, ready);
  return (int)ready;
}

static int write_bytes(const unsigned char *bytes, int length) {
  size_t room;
  for (int done = 0; done < length;) {
    int result = pump(BR_SSL_SENDAPP);
    if (result != 0) return result;
    unsigned char *at = br_ssl_engine_sendapp_buf(&client.eng, &room);
    if (room > (size_t)(length - done)) room = (size_t)(length - done);
    memcpy(at, bytes + done, room);
    br_ssl_engine_sendapp_ack(&client.eng, room);
    done += (int)room;
  }
  br_ssl_engine_flush(&client.eng, 0);
  int result = pump(BR_SSL_SENDAPP);
  return result == 0 ? length : result;
}

static int again(int result) { return result == AGAIN; }

#define NAMED(constant) case constant: return #constant
static const char *name_of(int error) {
  switch (error) {
    NAMED(BR_ERR_OK);
    NAMED(BR_ERR_BAD_PARAM);
    NAMED(BR_ERR_BAD_VERSION);
    NAMED(BR_ERR_UNEXPECTED);
    NAMED(BR_ERR_IO);
    NAMED(BR_ERR_NO_CLIENT_AUTH);
    NAMED(BR_ERR_X509_BAD_SERVER_NAME);
    NAMED(BR_ERR_X509_EXPIRED);
    NAMED(BR_ERR_X509_BAD_SIGNATURE);
    NAMED(BR_ERR_X509_TIME_UNKNOWN);
    NAMED(BR_ERR_X509_NOT_CA);
    NAMED(BR_ERR_X509_FORBIDDEN_KEY_USAGE);
    NAMED(BR_ERR_X509_WEAK_PUBLIC_KEY);
    NAMED(BR_ERR_X509_NOT_TRUSTED);
    case -AGAIN: return "no answer in time";
    case -ENDED: return "end of file";
    case -BAD_FILE: return "the file can't be read";
    case -BAD_FLAG: return "BearSSL can't do that";
    default: return "";
  }
}

static void explain(int result, problem *problem) {
  int error = result == 0 ? BR_ERR_OK : -result;
  snprintf(problem->error, sizeof problem->error, "%d", error);
  if (error == BR_ERR_OK) { /* an end without close_notify is BR_ERR_IO */
    problem->alert = 0;
    problem->alert_from = "server";
    snprintf(problem->words, sizeof problem->words, "%s", name_of(error));
  } else if (error >= BR_ERR_SEND_FATAL_ALERT && error < BR_ERR_SEND_FATAL_ALERT + 256) {
    problem->alert = error - BR_ERR_SEND_FATAL_ALERT;
    problem->alert_from = "client";
    snprintf(problem->words, sizeof problem->words, "BR_ERR_SEND_FATAL_ALERT + %d", problem->alert);
  } else if (error >= BR_ERR_RECV_FATAL_ALERT && error < BR_ERR_RECV_FATAL_ALERT + 256) {
    problem->alert = error - BR_ERR_RECV_FATAL_ALERT;
    problem->alert_from = "server";
    snprintf(problem->words, sizeof problem->words, "BR_ERR_RECV_FATAL_ALERT + %d", problem->alert);
  } else {
    snprintf(problem->words, sizeof problem->words, "%s", name_of(error));
  }
}

static const char *protocol(void) { return "TLSv1.2"; }

static const char *suite(void) {
  static char number[8];
  br_ssl_session_parameters session;
  br_ssl_engine_get_session_parameters(&client.eng, &session);
  snprintf(number, sizeof number, "0x%04x", session.cipher_suite);
  return number;
}

static void goodbye(void) {
  br_ssl_engine_close(&client.eng);
  pump(0);
}

/* The library does not tell its version; Debian's package is of 0.6, the newest there is. */
static const char *version(void) { return "0.6"; }

int main(int argc, char **argv) {
  static const stack stack = {"bearssl", version, load,     handshake, read_bytes,  write_bytes,
                              again,     explain, protocol, suite,     goodbye};
  return run_device(argc, argv, &stack);
}
