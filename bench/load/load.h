/*
 * The load program of the bench: MQTT 3.1.1 or 5 over TLS 1.3 with client certificates, one thread, many connections. It has to be
 * faster than the brokers that it measures, which a client in Node is not. Every message carries a number and the time it
 * was due, so that loss, repetition and lag are seen by whoever receives it.
 */

#ifndef LOAD_H
#define LOAD_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

/* What the command line says; main.c documents the flags. */
typedef struct options {
  const char *ca, *devices;
  int port, first, publishers, subscribers, heard, qos, version, persistent, payload, window;
  double rate; /* publishes per second of each publisher; 0: as fast as the window lets it */
} options;

typedef struct peer {
  int fd;
  SSL *ssl;
  int device;
  struct publisher *publisher; /* whose messages it sends (`publishes`) or gets */
  int publishes, failed;
  unsigned char *rest; /* the begin of a packet whose end is not here yet */
  size_t resting;
  unsigned char *out; /* what is to be written: from `out_from` to `out_to` */
  size_t out_from, out_to, out_size;
  uint64_t expected; /* of a subscriber: the number of the next message */
} peer;

#define RING 1024 /* the largest window */

typedef struct publisher {
  peer *peer;
  int subscribers;
  uint64_t sent, acked;
  uint64_t settled;      /* arrived or counted as lost, over all its subscribers */
  uint64_t due;          /* ns: when the next one is to be sent, with a rate */
  uint64_t sent_at[RING]; /* ns, by number */
} publisher;

/* TCP, TLS, CONNECT, CONNACK; then, with a topic, SUBSCRIBE and SUBACK. Ends the program with a word on stderr if refused. */
void peer_connect(peer *peer, SSL_CTX *context, const options *options, const char *topic);

/* Room for `length` more bytes to be written. */
unsigned char *peer_room(peer *peer, size_t length);

/* Writes what the socket takes. */
void peer_flush(peer *peer);

/* Reads all that there is, and gives each whole packet to `take`: its first byte, its body. */
void peer_read(peer *peer, void (*take)(struct peer *, unsigned char, const unsigned char *, size_t));

typedef struct load {
  const options *options;
  publisher *publishers;
  peer *peers;
  int count, epoll;
} load;

/* Publishes for so long, waits for what is on its way, and prints one line of JSON. */
void run(load *load, double ms);

uint64_t now_ns(void);
void fail(const char *why, const char *what);

#endif
