/* The TCP connection under the TLS library: dialling, reading with a deadline, and the ways to drop it. */

#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int dial(const options *options, wire *wire) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  const char *error = "";
  int failed = getaddrinfo(options->host, options->port, &hints, &found);
  if (failed) error = gai_strerror(failed);
  for (struct addrinfo *at = found; at && wire->fd < 0; at = at->ai_next) {
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0) {
      wire->fd = fd;
    } else {
      error = strerror(errno);
      if (fd >= 0) close(fd);
    }
  }
  if (found) freeaddrinfo(found);
  say_begin("tcp");
  say_boolean("ok", wire->fd >= 0);
  if (wire->fd < 0) {
    say_text("error", error);
  } else {
    int on = 1;
    struct sockaddr_storage own;
    socklen_t length = sizeof own;
    setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    getsockname(wire->fd, (struct sockaddr *)&own, &length);
    say_number("localPort", ntohs(own.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&own)->sin6_port
                                                        : ((struct sockaddr_in *)&own)->sin_port));
  }
  say_end();
  return wire->fd >= 0;
}

int wire_receive(wire *wire, void *bytes, size_t length) {
  for (;;) {
    long long left = wire->deadline - now_ms();
    struct pollfd ready = {.fd = wire->fd, .events = POLLIN};
    int got = poll(&ready, 1, left > 0 ? (int)left : 0);
    if (got == 0) return WIRE_TIMEOUT;
    if (got < 0 && errno == EINTR) continue;
    ssize_t count = got < 0 ? -1 : recv(wire->fd, bytes, length, 0);
    if (count > 0) return (int)count;
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0 && errno != ECONNRESET && errno != EPIPE) return WIRE_FAILED;
    wire->ended = count == 0 ? "fin" : "reset";
    return count == 0 ? 0 : WIRE_RESET;
  }
}

int wire_send(wire *wire, const void *bytes, size_t length) {
  for (;;) {
    ssize_t count = send(wire->fd, bytes, length, MSG_NOSIGNAL);
    if (count >= 0) return (int)count;
    if (errno == EINTR) continue;
    if (errno != ECONNRESET && errno != EPIPE) return WIRE_FAILED;
    wire->ended = "reset";
    return WIRE_RESET;
  }
}

int wait_silently(wire *wire, int ms) {
  char waste[4096];
  wire->deadline = now_ms() + ms;
  for (;;) {
    int got = wire_receive(wire, waste, sizeof waste);
    if (got == WIRE_TIMEOUT) return 1;
    if (got <= 0) return 0;
  }
}

/* A FIN must go out before unread bytes turn the close into a RST; so shut down, drain, close. */
void hang_up(wire *wire, int reset) {
  if (wire->fd < 0) return;
  if (reset) {
    struct linger linger = {.l_onoff = 1};
    setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  } else {
    const char *ended = wire->ended;
    shutdown(wire->fd, SHUT_WR);
    if (strcmp(ended, "open") == 0) wait_silently(wire, 500);
    wire->ended = ended;
  }
  close(wire->fd);
  wire->fd = -1;
}
