/*
 * The part of the device programs that is the same for every TLS library. It connects, says CONNECT, subscribes,
 * publishes, reads until the broker closes or the time is up, then says DISCONNECT. What a broker must judge is done by
 * the library; nothing here is clever. Flags: options.c.
 *
 * stdout: one JSON object a line, each with `event`: start, load, tcp, handshake, connack, suback, puback, message, read,
 * write, timeout, closed (always last). Exit code 0: the script ran, whatever came out; 3: a flag was wrong.
 */

#include "device.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static int handshake(run *run);
static int closed(run *run);
static int drop(run *run);

int run_device(int argc, char **argv, const stack *stack) {
  static options options;
  static wire wire = {.fd = -1, .ended = "open"};
  static run run;
  if (!parse_options(argc, argv, &options)) return 3;
  run.options = &options;
  run.stack = stack;
  run.wire = &wire;
  signal(SIGPIPE, SIG_IGN);
  alarm((unsigned)(options.hold_ms + 8 * options.timeout_ms) / 1000 + 10); /* never outlives a lost parent for long */

  say_begin("start");
  say_text("program", stack->name);
  say_text("version", stack->version());
  say_end();

  const char *what = "";
  int result = stack->load(&options, &wire, &what);
  if (result != 0) {
    say_begin("load");
    say_boolean("ok", 0);
    say_text("what", what);
    say_trouble(&run, result);
    say_end();
    return closed(&run);
  }
  if (!dial(&options, &wire)) return closed(&run);

  if (!handshake(&run)) return closed(&run);
  if (options.stop == CERTIFICATE || options.stop == HANDSHAKE) return drop(&run);
  if (!converse(&run)) return closed(&run);
  if (options.stop != NOTHING) return drop(&run);

  static const unsigned char disconnect[] = {0xe0, 0};
  stack->write(disconnect, sizeof disconnect);
  stack->goodbye();
  return closed(&run);
}

static int handshake(run *run) {
  int only_certificate = run->options->stop == CERTIFICATE;
  run->wire->deadline = now_ms() + run->options->timeout_ms;
  int result = run->stack->handshake(only_certificate);
  say_begin("handshake");
  say_boolean("ok", result == 0);
  if (only_certificate) say_boolean("partial", 1);
  if (result != 0) {
    say_boolean("timeout", run->stack->again(result));
    say_trouble(run, result);
  } else if (!only_certificate) {
    say_text("protocol", run->stack->protocol());
    say_text("suite", run->stack->suite());
  }
  say_end();
  return result == 0;
}

void say_trouble(run *run, int result) {
  problem problem = {.alert = -1};
  run->stack->explain(result, &problem);
  say_text("error", problem.error);
  say_text("words", problem.words);
  if (strcmp(run->wire->ended, "open") != 0) run->server_ended = 1;
  if (problem.alert >= 0) {
    if (strcmp(problem.alert_from, "server") == 0) run->server_ended = 1;
    say_number("alert", problem.alert);
    say_text("alertFrom", problem.alert_from);
  }
  say_text("tcp", run->wire->ended);
}

int send_bytes(run *run, const unsigned char *bytes, int length) {
  int result = run->stack->write(bytes, length);
  if (result == length) return 1;
  say_begin("write");
  say_number("returned", result);
  say_trouble(run, result);
  say_end();
  return 0;
}

static int closed(run *run) {
  hang_up(run->wire, run->options->reset);
  say_begin("closed");
  say_text("by", run->server_ended ? "broker" : "client");
  say_text("tcp", run->wire->ended);
  say_end();
  return 0;
}

/* Drops the connection where --close-after asks for it, having kept still for --hold. */
static int drop(run *run) {
  if (!wait_silently(run->wire, run->options->hold_ms)) run->server_ended = 1;
  return closed(run);
}
