/*
 * The command line of the device programs.
 *
 * Flags:
 *   --host NAME --port N      where to dial (127.0.0.1, 8883)
 *   --ca FILE                 whom to trust; without it nobody is trusted, unless --no-verify
 *   --cert FILE --key FILE    PEM or DER; PEM may hold the chain, leaf first; without them the Certificate is empty
 *   --format pem|der          forces how those three files are read (default: told by their bytes; mbedTLS finds DER
 *                             behind `pem` all the same)
 *   --sni NAME                server name sent and checked; without it none is sent and none is checked
 *   --suites A,B --curves A,B in the library's own names for suites; secp224r1, secp256r1, x25519, ... for curves
 *   --min, --max tls12|tls13  versions offered (tls12 and the library's newest)
 *   --no-verify               takes any server certificate
 *   --certificate-after-session  wolfSSL only: makes the session before the certificate is in its context
 *   --key-share               wolfSSL only: --curves are for the key share of TLS 1.3 too
 *   --client-id ID            (device) --keep-alive S (30)
 *   --subscribe FILTER        may be repeated; QoS 1
 *   --publish TOPIC:PAYLOAD:QOS  may be repeated; the QoS stands after the last colon
 *   --close-after certificate|handshake|connect|connack  drops the TCP connection there, without a word
 *   --reset                   drops with RST instead of FIN
 *   --hold MS                 how long to stay and read at the end (2000; with --close-after: silent until the drop, 0)
 *   --timeout MS              patience with the handshake and with each answer (5000)
 */

#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void split(char *list, const char **into);
static void append(const char **list, const char *value);
static int place(const char *value, const char *const *list);
static int is_publish(const char *spec);
static int too_long(const options *options);
static int wrong(const char *flag, const char *value);

int parse_options(int argc, char **argv, options *to) {
  static const char *const versions[] = {"tls12", "tls13", NULL};
  static const char *const formats[] = {"pem", "der", NULL};
  static const char *const stops[] = {"certificate", "handshake", "connect", "connack", NULL};
  *to = (options){.host = "127.0.0.1", .port = "8883", .client_id = "device", .keep_alive = 30};
  to->hold_ms = -1;
  to->timeout_ms = 5000;
  for (int i = 1; i < argc; i++) {
    const char *flag = argv[i];
    if (strcmp(flag, "--no-verify") == 0) to->no_verify = 1;
    else if (strcmp(flag, "--reset") == 0) to->reset = 1;
    else if (strcmp(flag, "--key-share") == 0) to->key_share = 1;
    else if (strcmp(flag, "--certificate-after-session") == 0) to->certificate_after_session = 1;
    else {
      char *value = ++i < argc ? argv[i] : NULL;
      int at = 1;
      if (!value) return wrong(flag, value);
      if (strcmp(flag, "--host") == 0) to->host = value;
      else if (strcmp(flag, "--port") == 0) to->port = value;
      else if (strcmp(flag, "--ca") == 0) to->ca = value;
      else if (strcmp(flag, "--cert") == 0) to->cert = value;
      else if (strcmp(flag, "--key") == 0) to->key = value;
      else if (strcmp(flag, "--sni") == 0) to->sni = value;
      else if (strcmp(flag, "--client-id") == 0) to->client_id = value;
      else if (strcmp(flag, "--suites") == 0) split(value, to->suites);
      else if (strcmp(flag, "--curves") == 0) split(value, to->curves);
      else if (strcmp(flag, "--subscribe") == 0) append(to->subscribe, value);
      else if (strcmp(flag, "--hold") == 0) to->hold_ms = atoi(value);
      else if (strcmp(flag, "--timeout") == 0) to->timeout_ms = atoi(value);
      else if (strcmp(flag, "--keep-alive") == 0) to->keep_alive = atoi(value);
      else if (strcmp(flag, "--format") == 0) at = to->format = place(value, formats);
      else if (strcmp(flag, "--close-after") == 0) at = to->stop = place(value, stops);
      else if (strcmp(flag, "--publish") == 0 && (at = is_publish(value))) append(to->publish, value);
      else if (strcmp(flag, "--min") == 0 && (at = place(value, versions))) to->min = at + 11;
      else if (strcmp(flag, "--max") == 0 && (at = place(value, versions))) to->max = at + 11;
      else at = 0;
      if (!at) return wrong(flag, value);
    }
  }
  if (too_long(to)) return wrong("--client-id, --subscribe or --publish", "more than 60000 bytes");
  if (!to->min) to->min = TLS12;
  if (to->hold_ms < 0) to->hold_ms = to->stop ? 0 : 2000;
  return 1;
}

static void split(char *list, const char **into) {
  int count = 0;
  for (char *at = strtok(list, ","); at && count < MANY - 1; at = strtok(NULL, ",")) into[count++] = at;
}

static void append(const char **list, const char *value) {
  int count = 0;
  while (list[count]) count++;
  if (count < MANY - 1) list[count] = value;
}

/* The place of `value` in a list that ends with NULL, counted from 1; 0 when it is not there. */
static int place(const char *value, const char *const *list) {
  for (int i = 0; list[i]; i++)
    if (strcmp(value, list[i]) == 0) return i + 1;
  return 0;
}

static int is_publish(const char *spec) {
  const char *payload = strchr(spec, ':');
  const char *qos = strrchr(spec, ':');
  return payload && qos > payload && strchr("012", qos[1]) && qos[1] && !qos[2];
}

static int wrong(const char *flag, const char *value) {
  fprintf(stderr, "flag `%s` does not take `%s`\n", flag, value ? value : "nothing");
  return 0;
}

/* MQTT's texts have 16 bits for their length. */
static int too_long(const options *options) {
  size_t longest = strlen(options->client_id);
  for (int i = 0; options->subscribe[i]; i++)
    if (strlen(options->subscribe[i]) > longest) longest = strlen(options->subscribe[i]);
  for (int i = 0; options->publish[i]; i++) {
    size_t topic = (size_t)(strchr(options->publish[i], ':') - options->publish[i]);
    if (topic > longest) longest = topic;
  }
  return longest > 60000;
}

unsigned char *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  unsigned char *bytes = calloc(1, 65537);
  *length = fread(bytes, 1, 65536, file);
  fclose(file);
  return bytes;
}

int is_pem(const unsigned char *bytes, int format) {
  if (format != BY_BYTES) return format == PEM;
  return strstr((const char *)bytes, "-----BEGIN ") != NULL;
}
