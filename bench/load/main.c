/*
 * load --port N --ca FILE --devices DIR [flags]: connects, prints `{"ready":N}`, and then does what stdin says, a line each:
 * `run MS` prints a line of JSON; the end of stdin is the end.
 *
 *   --devices DIR      bench-0.pem, bench-1.pem, ...: key and certificate of each device, whose client id is that name
 *   --first N          the number of the first device; 0 unless told
 *   --publishers N     device I publishes to dt/bench-I/data
 *   --subscribers N    devices that subscribe to each of these topics; 0: none
 *   --heard N          only the first N publishers have subscribers
 *   --qos 0|1 --payload BYTES
 *   --version 4|5      MQTT 3.1.1 or 5
 *   --persistent 1     subscribers have sessions that outlive their connections
 *   --window N         published and not yet arrived and acknowledged, of each publisher
 *   --rate N           publishes per second of each publisher; 0: as fast as the window lets it
 */

#define _GNU_SOURCE
#include "load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

void fail(const char *why, const char *what) {
  fprintf(stderr, "load: %s %s\n", why, what);
  exit(1);
}

static const char *flag(int argc, char **argv, const char *name, const char *usual) {
  for (int i = 1; i + 1 < argc; i += 2)
    if (!strcmp(argv[i], name)) return argv[i + 1];
  if (!usual) fail("missing", name);
  return usual;
}

static SSL_CTX *tls(const options *options) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context, "P-256");
  if (SSL_CTX_load_verify_locations(context, options->ca, NULL) != 1) fail("can not read", options->ca);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  /* Fewer calls of the system: several records with one read. */
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 1 << 16);
  return context;
}

static void add(load *load, SSL_CTX *context, publisher *publisher, int publishes) {
  peer *peer = load->peers + load->count;
  char topic[32];
  *peer = (struct peer){.device = load->options->first + load->count++, .publisher = publisher, .publishes = publishes};
  snprintf(topic, sizeof topic, "dt/bench-%d/data", publisher->peer->device);
  peer_connect(peer, context, load->options, publishes ? NULL : topic);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = peer};
  epoll_ctl(load->epoll, EPOLL_CTL_ADD, peer->fd, &event);
}

int main(int argc, char **argv) {
  options options = {
      .ca = flag(argc, argv, "--ca", NULL),
      .devices = flag(argc, argv, "--devices", NULL),
      .port = atoi(flag(argc, argv, "--port", NULL)),
      .first = atoi(flag(argc, argv, "--first", "0")),
      .publishers = atoi(flag(argc, argv, "--publishers", "1")),
      .subscribers = atoi(flag(argc, argv, "--subscribers", "1")),
      .heard = atoi(flag(argc, argv, "--heard", "1000000")),
      .qos = atoi(flag(argc, argv, "--qos", "0")),
      .version = atoi(flag(argc, argv, "--version", "4")),
      .persistent = atoi(flag(argc, argv, "--persistent", "0")),
      .payload = atoi(flag(argc, argv, "--payload", "100")),
      .window = atoi(flag(argc, argv, "--window", "100")),
      .rate = atof(flag(argc, argv, "--rate", "0")),
  };
  if (options.heard > options.publishers) options.heard = options.publishers;
  if (options.payload < 16 || options.window > RING) fail("out of range:", "--payload or --window");
  signal(SIGPIPE, SIG_IGN);
  SSL_CTX *context = tls(&options);
  int all = options.publishers + options.heard * options.subscribers;
  load load = {
      .options = &options,
      .publishers = calloc((size_t)options.publishers, sizeof(publisher)),
      .peers = calloc((size_t)all, sizeof(peer)),
      .epoll = epoll_create1(EPOLL_CLOEXEC),
  };
  for (int i = 0; i < options.publishers; i++) {
    publisher *publisher = load.publishers + i;
    publisher->peer = load.peers + i;
    publisher->subscribers = i < options.heard ? options.subscribers : 0;
    add(&load, context, publisher, 1);
  }
  for (int i = 0; i < options.heard * options.subscribers; i++)
    add(&load, context, load.publishers + i / options.subscribers, 0);
  printf("{\"ready\":%d}\n", load.count);
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin))
    if (!strncmp(line, "run ", 4)) run(&load, atof(line + 4));
  return 0;
}
