/* The JSON lines on stdout, one object for each event. */

#include "device.h"

#include <stdio.h>
#include <string.h>

void say_begin(const char *event) { printf("{\"event\":\"%s\"", event); }

void say_number(const char *name, long long value) { printf(",\"%s\":%lld", name, value); }

void say_boolean(const char *name, int value) {
  printf(",\"%s\":%s", name, value ? "true" : "false");
}

void say_bytes(const char *name, const void *bytes, size_t length) {
  const unsigned char *at = bytes;
  printf(",\"%s\":\"", name);
  for (size_t i = 0; i < length; i++) {
    if (at[i] == '"' || at[i] == '\\') printf("\\%c", at[i]);
    else if (at[i] < 32 || at[i] == 127) printf("\\u%04x", at[i]);
    else putchar(at[i]);
  }
  putchar('"');
}

void say_text(const char *name, const char *value) { say_bytes(name, value, strlen(value)); }

/* Flushed line by line: the test reads along. */
void say_end(void) {
  printf("}\n");
  fflush(stdout);
}
