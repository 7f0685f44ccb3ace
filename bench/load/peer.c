/* One connection: TLS on a socket that doesn't block once it is up, MQTT packets in and bytes out. */

#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned char scratch[1 << 18];

static void exactly(peer *peer, unsigned char *bytes, int length) {
  for (int got = 0; got < length;) {
    int more = SSL_read(peer->ssl, bytes + got, length - got);
    if (more <= 0) fail("closed while connecting", ERR_error_string(ERR_peek_error(), NULL));
    got += more;
  }
}

static int text(unsigned char *at, const char *words) {
  int length = (int)strlen(words);
  at[0] = (unsigned char)(length >> 8);
  at[1] = (unsigned char)length;
  memcpy(at + 2, words, (size_t)length);
  return length + 2;
}

static void greet(peer *peer, const options *options, const char *topic) {
  int five = options->version == 5, persistent = topic && options->persistent;
  unsigned char packet[300] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T'};
  packet[8] = (unsigned char)options->version;
  packet[9] = persistent ? 0 : 2;
  packet[10] = 1200 >> 8;
  packet[11] = 1200 & 255;
  int length = 12;
  /* A session expiry interval of an hour, or no properties. */
  if (five && persistent) {
    memcpy(packet + length, (unsigned char[]){5, 0x11, 0, 0, 3600 >> 8, 3600 & 255}, 6);
    length += 6;
  } else if (five) {
    packet[length++] = 0;
  }
  char name[32];
  snprintf(name, sizeof name, "bench-%d", peer->device);
  length += text(packet + length, name);
  packet[1] = (unsigned char)(length - 2);
  SSL_write(peer->ssl, packet, length);
  unsigned char answer[256];
  exactly(peer, answer, 2);
  exactly(peer, answer + 2, answer[1] & 127);
  if (answer[0] != 0x20 || answer[3] != 0) fail("no CONNACK 0 for", name);
  if (!topic) return;
  memcpy(packet, (unsigned char[]){0x82, 0, 0, 1}, 4);
  length = 4;
  if (five) packet[length++] = 0;
  length += text(packet + length, topic);
  packet[length++] = (unsigned char)options->qos;
  packet[1] = (unsigned char)(length - 2);
  SSL_write(peer->ssl, packet, length);
  exactly(peer, answer, 2);
  exactly(peer, answer + 2, answer[1] & 127);
  if (answer[0] != 0x90 || answer[answer[1] + 1] != options->qos) fail("SUBACK refuses", topic);
}

void peer_connect(peer *peer, SSL_CTX *context, const options *options, const char *topic) {
  char file[4096];
  int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options->port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (peer->fd < 0 || connect(peer->fd, (struct sockaddr *)&address, sizeof address) != 0)
    fail("can not connect", strerror(errno));
  setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  peer->ssl = SSL_new(context);
  snprintf(file, sizeof file, "%s/bench-%d.pem", options->devices, peer->device);
  if (SSL_use_certificate_file(peer->ssl, file, SSL_FILETYPE_PEM) != 1 ||
      SSL_use_PrivateKey_file(peer->ssl, file, SSL_FILETYPE_PEM) != 1)
    fail("can not read", file);
  SSL_set_fd(peer->ssl, peer->fd);
  SSL_set_tlsext_host_name(peer->ssl, "localhost");
  if (SSL_connect(peer->ssl) != 1) fail("handshake", ERR_error_string(ERR_peek_error(), NULL));
  greet(peer, options, topic);
  fcntl(peer->fd, F_SETFL, O_NONBLOCK);
}

unsigned char *peer_room(peer *peer, size_t length) {
  if (peer->out_from == peer->out_to) peer->out_from = peer->out_to = 0;
  if (peer->out_to + length > peer->out_size) {
    peer->out_size = (peer->out_to + length) * 2;
    peer->out = realloc(peer->out, peer->out_size);
    if (!peer->out) fail("no memory", "for what is to be written");
  }
  unsigned char *at = peer->out + peer->out_to;
  peer->out_to += length;
  return at;
}

static void check(peer *peer, int result) {
  int error = SSL_get_error(peer->ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
  char name[32];
  snprintf(name, sizeof name, "bench-%d", peer->device);
  fail("the broker closed the connection of", name);
}

void peer_flush(peer *peer) {
  while (peer->out_from < peer->out_to) {
    ERR_clear_error();
    int done = SSL_write(peer->ssl, peer->out + peer->out_from, (int)(peer->out_to - peer->out_from));
    if (done <= 0) return check(peer, done);
    peer->out_from += (size_t)done;
  }
}

/* The length of the packet's header; 0: not all of it is here. */
static size_t header(const unsigned char *at, size_t have, size_t *body) {
  *body = 0;
  for (size_t i = 1; i < have && i < 5; i++) {
    *body |= (size_t)(at[i] & 127) << (7 * (i - 1));
    if (at[i] < 128) return i + 1;
  }
  return 0;
}

void peer_read(peer *peer, void (*take)(struct peer *, unsigned char, const unsigned char *, size_t)) {
  for (;;) {
    if (peer->resting) memcpy(scratch, peer->rest, peer->resting);
    ERR_clear_error();
    int got = SSL_read(peer->ssl, scratch + peer->resting, 1 << 16);
    if (got <= 0) return check(peer, got);
    size_t have = peer->resting + (size_t)got, at = 0, body, head;
    while ((head = header(scratch + at, have - at, &body)) && at + head + body <= have) {
      take(peer, scratch[at], scratch + at + head, body);
      at += head + body;
    }
    peer->resting = have - at;
    if (!peer->resting) continue;
    if (peer->resting > sizeof scratch - (1 << 16)) fail("a packet is too long", "for this program");
    peer->rest = realloc(peer->rest, peer->resting);
    memcpy(peer->rest, scratch + at, peer->resting);
  }
}
