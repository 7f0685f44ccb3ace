/*
 * A small device: its flags, its TCP connection, its MQTT script and the JSON lines that it prints. The TLS library is
 * plugged in as a `stack`, so that each program holds only what its library wants to be told.
 */

#ifndef DEVICE_H
#define DEVICE_H

#include <stddef.h>

#define MANY 16

enum tls_version { TLS12 = 12, TLS13 = 13 };
enum file_format { BY_BYTES, PEM, DER };
enum stop_after { NOTHING, CERTIFICATE, HANDSHAKE, CONNECT, CONNACK };

/* What the command line says; device.c documents the flags. Absent texts are NULL. */
typedef struct options {
  const char *host, *port, *ca, *cert, *key, *sni, *client_id;
  const char *suites[MANY], *curves[MANY], *publish[MANY], *subscribe[MANY]; /* end with NULL */
  int min, max;                                                             /* enum tls_version */
  int format;                                                               /* enum file_format */
  int stop;                                                                 /* enum stop_after */
  int no_verify, certificate_after_session, key_share, reset, keep_alive;
  int hold_ms, timeout_ms;
} options;

/* The TCP connection. `ended` is "open", "fin" or "reset": what the server's end did, as far as we have read. */
typedef struct wire {
  int fd;
  long long deadline; /* monotonic ms; reading gives up then */
  const char *ended;
} wire;

/* What wire_receive and wire_send answer besides a number of bytes; 0 from wire_receive is the server's FIN. */
enum { WIRE_TIMEOUT = -1, WIRE_RESET = -2, WIRE_FAILED = -3 };

int wire_receive(wire *wire, void *bytes, size_t length);
int wire_send(wire *wire, const void *bytes, size_t length);

/* A file's bytes with a NUL behind them (*length does not count it), or NULL. */
unsigned char *read_file(const char *path, size_t *length);
int is_pem(const unsigned char *bytes, int format);

/* Why a call of the library failed. `alert` is -1 where none was seen. */
typedef struct problem {
  char error[32]; /* the library's number as its own documents write it */
  char words[160];
  int alert;
  const char *alert_from; /* "server" or "client" */
} problem;

/* What a TLS library has to offer. Results below 0 are the library's own and go to `again` and `explain` only. */
typedef struct stack {
  const char *name;
  const char *(*version)(void);
  /* Reads files and settings. 0 is fine; else *what names the flag that was wrong. */
  int (*load)(const options *options, wire *wire, const char **what);
  /* Runs the handshake to its end, or until the server's Certificate has been taken. 0 is fine. */
  int (*handshake)(int until_certificate);
  int (*read)(unsigned char *bytes, int length);
  int (*write)(const unsigned char *bytes, int length);
  /* Not an error: the wire had no bytes before the deadline. */
  int (*again)(int result);
  void (*explain)(int result, problem *problem);
  const char *(*protocol)(void);
  const char *(*suite)(void);
  void (*goodbye)(void); /* close_notify, unless the wire is gone */
} stack;

/* Runs the whole script. Returns the process's exit code. */
int run_device(int argc, char **argv, const stack *stack);

/* ---- what the parts of a program offer each other ---- */

/* One run: all that the script needs. */
typedef struct run {
  const options *options;
  const stack *stack;
  wire *wire;
  unsigned char inbox[70000];
  int length;
  int packet_id;
  int server_ended; /* by an alert, a FIN or a RST */
} run;

/* options.c: 0 when a flag was wrong, which it has told on stderr. */
int parse_options(int argc, char **argv, options *to);

/* wire.c */
long long now_ms(void);
int dial(const options *options, wire *wire);
void hang_up(wire *wire, int reset);
/* Reads and forgets for `ms`, as a device that hangs does. 0: the server ended it first. */
int wait_silently(wire *wire, int ms);

/* mqtt.c: the script after the handshake. 0: the connection is over, or an answer stayed out. */
int converse(run *run);

/* device.c: 0 when the library could not send; that and its reason have been told then. */
int send_bytes(run *run, const unsigned char *bytes, int length);
/* Why the library failed with `result`; keeps in mind whether the server did it. */
void say_trouble(run *run, int result);

/* events.c: one JSON object a line. */
void say_begin(const char *event);
void say_number(const char *name, long long value);
void say_boolean(const char *name, int value);
void say_bytes(const char *name, const void *bytes, size_t length);
void say_text(const char *name, const char *value);
void say_end(void);

#endif
