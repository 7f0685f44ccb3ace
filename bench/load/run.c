/* The traffic of one run: who sends when, what has arrived, and what that took. */

#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#define STALL_NS 2000000000ull /* nothing moves for so long: what is missing is lost */
#define BURST 128              /* messages of one publisher in one turn */

typedef struct lags {
  uint32_t *us;
  size_t count, size;
} lags;

static struct {
  uint64_t sent, acked, arrived, lost, repeated;
  lags delivery, acknowledgement;
  const options *options;
} done;

uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void note(lags *lags, uint64_t since, uint64_t now) {
  if (lags->count == lags->size) {
    lags->size = lags->size ? lags->size * 2 : 1 << 16;
    lags->us = realloc(lags->us, lags->size * sizeof *lags->us);
    if (!lags->us) fail("no memory", "for the lags");
  }
  lags->us[lags->count++] = now > since ? (uint32_t)((now - since) / 1000) : 0;
}

static void arrived(peer *peer, const unsigned char *body, size_t length, unsigned char first) {
  uint64_t number, due;
  size_t topic = (size_t)(body[0] << 8 | body[1]) + 2;
  int qos = (first >> 1) & 3;
  if (qos) {
    unsigned char *ack = peer_room(peer, 4);
    memcpy(ack, (unsigned char[]){0x40, 2, body[topic], body[topic + 1]}, 4);
    topic += 2;
  }
  /* No property that is sent here makes them longer than a byte can say. */
  if (done.options->version == 5) topic += 1 + body[topic];
  if (length - topic != (size_t)done.options->payload || qos != done.options->qos)
    fail("a message arrived", "with another payload or QoS than it was sent with");
  memcpy(&number, body + topic, 8);
  memcpy(&due, body + topic + 8, 8);
  if (number < peer->expected) {
    done.repeated++;
    return;
  }
  done.lost += number - peer->expected;
  done.arrived++;
  peer->publisher->settled += number - peer->expected + 1;
  peer->expected = number + 1;
  note(&done.delivery, due, now_ns());
}

static void take(peer *peer, unsigned char first, const unsigned char *body, size_t length) {
  if (first >> 4 == 3) return arrived(peer, body, length, first);
  if (first == 0x40) {
    publisher *publisher = peer->publisher;
    done.acked++;
    note(&done.acknowledgement, publisher->sent_at[publisher->acked++ % RING], now_ns());
  }
}

static int may_send(const publisher *publisher, uint64_t now) {
  const options *options = done.options;
  uint64_t window = (uint64_t)options->window;
  if (options->rate > 0 && publisher->due > now) return 0;
  if (options->qos && publisher->sent - publisher->acked >= window) return 0;
  uint64_t owed = publisher->sent * (uint64_t)publisher->subscribers - publisher->settled;
  return options->rate > 0 || owed < window * (uint64_t)publisher->subscribers;
}

static void send_one(publisher *publisher, uint64_t now) {
  const options *options = done.options;
  char topic[32];
  size_t topic_length = (size_t)snprintf(topic, sizeof topic, "dt/bench-%d/data", publisher->peer->device);
  size_t body = 2 + topic_length + (options->qos ? 2 : 0) + (options->version == 5) + (size_t)options->payload;
  size_t head = body < 128 ? 2 : body < 16384 ? 3 : 4;
  unsigned char *at = peer_room(publisher->peer, head + body);
  uint64_t due = options->rate > 0 ? publisher->due : now;
  *at++ = (unsigned char)(0x30 | options->qos << 1);
  for (size_t left = body, i = 1; i < head; i++, left >>= 7)
    *at++ = (unsigned char)((left & 127) | (i + 1 < head ? 128 : 0));
  *at++ = 0;
  *at++ = (unsigned char)topic_length;
  memcpy(at, topic, topic_length);
  at += topic_length;
  if (options->qos) {
    uint64_t id = publisher->sent % 65535 + 1;
    *at++ = (unsigned char)(id >> 8);
    *at++ = (unsigned char)id;
  }
  if (options->version == 5) *at++ = 0;
  memset(at, 'x', (size_t)options->payload);
  memcpy(at, &publisher->sent, 8);
  memcpy(at + 8, &due, 8);
  publisher->sent_at[publisher->sent++ % RING] = due;
  if (options->rate > 0) publisher->due += (uint64_t)(1e9 / options->rate);
  done.sent++;
}

static int smaller(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return left < right ? -1 : left > right;
}

static void print_lags(const char *name, lags *lags) {
  qsort(lags->us, lags->count, sizeof *lags->us, smaller);
  size_t last = lags->count ? lags->count - 1 : 0;
  uint32_t none = 0, *us = lags->count ? lags->us : &none;
  printf(",\"%s\":{\"p50\":%u,\"p99\":%u,\"max\":%u}", name, us[last / 2], us[last * 99 / 100], us[last]);
}

static double busy_ms(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static int complete(const load *load) {
  for (int i = 0; i < load->options->publishers; i++) {
    const publisher *one = load->publishers + i;
    if (one->settled < one->sent * (uint64_t)one->subscribers) return 0;
    if (load->options->qos && one->acked < one->sent) return 0;
  }
  return 1;
}

/* What is missing will not come: without this the next run would wait for it. */
static void give_up(load *load) {
  for (int i = 0; i < load->options->publishers; i++) {
    publisher *one = load->publishers + i;
    done.lost += one->sent * (uint64_t)one->subscribers - one->settled;
    one->settled = one->sent * (uint64_t)one->subscribers;
    one->acked = one->sent;
  }
  for (int i = 0; i < load->count; i++)
    if (!load->peers[i].publishes) load->peers[i].expected = load->peers[i].publisher->sent;
}

void run(load *load, double ms) {
  const options *options = load->options;
  struct epoll_event events[256];
  double busy = busy_ms();
  uint64_t begun = now_ns(), moved = begun, now = begun, last = 0;
  uint64_t end = begun + (uint64_t)(ms * 1e6);
  lags delivery = done.delivery, acknowledgement = done.acknowledgement;
  memset(&done, 0, sizeof done);
  delivery.count = acknowledgement.count = 0;
  done.options = options;
  done.delivery = delivery;
  done.acknowledgement = acknowledgement;
  for (int i = 0; i < options->publishers && options->rate > 0; i++)
    load->publishers[i].due = begun + (uint64_t)(1e9 / options->rate * i / options->publishers);
  for (;;) {
    for (int i = 0; i < options->publishers && now < end; i++) {
      publisher *publisher = load->publishers + i;
      for (int n = 0; n < BURST && may_send(publisher, now); n++) send_one(publisher, now);
      if (publisher->peer->out_to > publisher->peer->out_from) peer_flush(publisher->peer);
    }
    int ready = epoll_wait(load->epoll, events, 256, now < end && options->rate > 0 ? 1 : 50);
    for (int i = 0; i < ready; i++) {
      peer *peer = events[i].data.ptr;
      peer_read(peer, take);
      peer_flush(peer);
    }
    now = now_ns();
    uint64_t progress = done.arrived + done.acked + done.sent;
    if (progress != last) moved = now;
    last = progress;
    if (now >= end && complete(load)) break;
    if (now - moved < STALL_NS) continue;
    give_up(load);
    if (now >= end) break;
    moved = now;
  }
  double took = (double)(now - begun) / 1e6;
  printf("{\"sent\":%llu,\"acked\":%llu,\"arrived\":%llu,\"lost\":%llu,\"repeated\":%llu", (unsigned long long)done.sent,
         (unsigned long long)done.acked, (unsigned long long)done.arrived, (unsigned long long)done.lost,
         (unsigned long long)done.repeated);
  printf(",\"ms\":%.3f,\"busy\":%.3f", took, (busy_ms() - busy) / took);
  print_lags("delivery", &done.delivery);
  print_lags("acknowledgement", &done.acknowledgement);
  printf("}\n");
  fflush(stdout);
}
