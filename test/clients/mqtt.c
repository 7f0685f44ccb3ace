/* The device's part of MQTT 3.1.1, byte by byte: nothing more than the script needs. */

#include "device.h"

#include <stdlib.h>
#include <string.h>

enum { MQTT_CONNACK = 2, MQTT_PUBLISH = 3, MQTT_PUBACK = 4, MQTT_SUBACK = 9 };

static int put_text(unsigned char *at, const char *value, size_t length) {
  at[0] = (unsigned char)(length >> 8);
  at[1] = (unsigned char)length;
  memcpy(at + 2, value, length);
  return (int)length + 2;
}

/* The fixed header in front of a body that has 5 free bytes before it. */
static int send_packet(run *run, int first, unsigned char *body, int length) {
  unsigned char header[5] = {(unsigned char)first};
  int size = 1;
  int left = length;
  do {
    header[size] = (unsigned char)(left % 128);
    left /= 128;
    if (left > 0) header[size] |= 128;
    size++;
  } while (left > 0);
  memcpy(body - size, header, (size_t)size);
  return send_bytes(run, body - size, size + length);
}

static int send_connect(run *run) {
  unsigned char packet[5 + 12 + 65536];
  unsigned char *body = packet + 5;
  int length = put_text(body, "MQTT", 4);
  body[length++] = 4;
  body[length++] = 2; /* clean session */
  body[length++] = (unsigned char)(run->options->keep_alive >> 8);
  body[length++] = (unsigned char)run->options->keep_alive;
  length += put_text(body + length, run->options->client_id, strlen(run->options->client_id));
  return send_packet(run, 0x10, body, length);
}

static int send_subscribe(run *run, const char *filter) {
  unsigned char packet[5 + 8 + 65536];
  unsigned char *body = packet + 5;
  run->packet_id++;
  body[0] = (unsigned char)(run->packet_id >> 8);
  body[1] = (unsigned char)run->packet_id;
  int length = 2 + put_text(body + 2, filter, strlen(filter));
  body[length++] = 1;
  return send_packet(run, 0x82, body, length);
}

/* Sends `TOPIC:PAYLOAD:QOS`, whose form parse_options has checked. Returns the QoS, or -1. */
static int send_publish(run *run, const char *spec) {
  const char *payload = strchr(spec, ':') + 1;
  const char *qos = strrchr(spec, ':') + 1;
  size_t payload_length = (size_t)(qos - 1 - payload);
  size_t topic_length = (size_t)(payload - 1 - spec);
  int level = qos[0] - '0';
  unsigned char *packet = malloc(16 + topic_length + payload_length);
  unsigned char *body = packet + 5;
  int length = put_text(body, spec, topic_length);
  if (level > 0) {
    run->packet_id++;
    body[length++] = (unsigned char)(run->packet_id >> 8);
    body[length++] = (unsigned char)run->packet_id;
  }
  memcpy(body + length, payload, payload_length);
  int sent = send_packet(run, 0x30 | level << 1, body, length + (int)payload_length);
  free(packet);
  return sent ? level : -1;
}

/* The size of the packet at the front of the inbox with *header bytes before its body; 0: not whole yet; -1: nonsense. */
static int packet_size(const run *run, int *header) {
  int body = 0;
  for (int i = 1, shift = 0; i <= 4; i++, shift += 7) {
    if (i >= run->length) return 0;
    body |= (run->inbox[i] & 127) << shift;
    if (run->inbox[i] & 128) continue;
    *header = i + 1;
    int size = *header + body;
    if (size > (int)sizeof run->inbox) return -1;
    return run->length >= size ? size : 0;
  }
  return -1;
}

/* Tells one packet, and answers a QoS 1 message as a device must. */
static int take_packet(run *run, const unsigned char *body, int length) {
  int type = run->inbox[0] >> 4;
  if (type == MQTT_CONNACK && length >= 2) {
    say_begin("connack");
    say_number("code", body[1]);
    say_boolean("sessionPresent", body[0] & 1);
    say_end();
  } else if (type == MQTT_SUBACK && length >= 3) {
    say_begin("suback");
    say_number("id", body[0] << 8 | body[1]);
    say_number("code", body[2]);
    say_end();
  } else if (type == MQTT_PUBACK && length >= 2) {
    say_begin("puback");
    say_number("id", body[0] << 8 | body[1]);
    say_end();
  } else if (type == MQTT_PUBLISH && length >= 2) {
    int qos = run->inbox[0] >> 1 & 3;
    int topic = body[0] << 8 | body[1];
    int payload = 2 + topic + (qos > 0 ? 2 : 0);
    if (payload > length) return 0;
    say_begin("message");
    say_bytes("topic", body + 2, (size_t)topic);
    say_bytes("payload", body + payload, (size_t)(length - payload));
    say_number("qos", qos);
    say_boolean("retain", run->inbox[0] & 1);
    say_end();
    if (qos == 1) {
      unsigned char puback[] = {0x40, 2, body[payload - 2], body[payload - 1]};
      return send_bytes(run, puback, sizeof puback);
    }
  } else {
    say_begin("packet");
    say_number("type", type);
    say_number("length", length);
    say_end();
  }
  return 1;
}

/*
 * Reads until a packet of `type` came (0: none will do), or `ms` are over.
 * Returns 1 when it came, 0 when the time was up, -1 when the connection is over (which it has told).
 */
static int read_until(run *run, int type, int ms) {
  run->wire->deadline = now_ms() + ms;
  for (;;) {
    int header = 0;
    int size = packet_size(run, &header);
    if (size < 0) {
      say_begin("nonsense");
      say_end();
      return -1;
    }
    if (size > 0) {
      int came = run->inbox[0] >> 4;
      if (!take_packet(run, run->inbox + header, size - header)) return -1;
      run->length -= size;
      memmove(run->inbox, run->inbox + size, (size_t)run->length);
      if (came == type) return 1;
      continue;
    }
    int result =
        run->stack->read(run->inbox + run->length, (int)sizeof run->inbox - run->length);
    if (result > 0) {
      run->length += result;
    } else if (result < 0 && run->stack->again(result)) {
      if (now_ms() >= run->wire->deadline) return 0;
    } else {
      say_begin("read");
      say_number("returned", result);
      say_trouble(run, result);
      say_end();
      return -1;
    }
  }
}

static int expect(run *run, int type, const char *name) {
  int got = read_until(run, type, run->options->timeout_ms);
  if (got == 0) {
    say_begin("timeout");
    say_text("waitingFor", name);
    say_end();
  }
  return got == 1;
}

int converse(run *run) {
  const options *options = run->options;
  if (!send_connect(run)) return 0;
  if (options->stop == CONNECT) return 1;
  if (!expect(run, MQTT_CONNACK, "connack")) return 0;
  if (options->stop == CONNACK) return 1;
  for (int i = 0; options->subscribe[i]; i++) {
    if (!send_subscribe(run, options->subscribe[i])) return 0;
    if (!expect(run, MQTT_SUBACK, "suback")) return 0;
  }
  for (int i = 0; options->publish[i]; i++) {
    int qos = send_publish(run, options->publish[i]);
    if (qos < 0) return 0;
    if (qos == 1 && !expect(run, MQTT_PUBACK, "puback")) return 0;
  }
  return read_until(run, 0, options->hold_ms) >= 0;
}
