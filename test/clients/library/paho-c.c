/*
 * A device on Paho C's MQTTClient, the synchronous one, with its callbacks. program.ts says what it reads and prints.
 *
 * Flags: --protocol 3.1.1|5 --host NAME --port N --ca FILE --cert FILE --key FILE --client-id ID [--persistent 1]
 *        [--will-topic TOPIC --will-payload TEXT --will-qos N --will-retain 0|1]
 */

#include "../device.h"

#include <MQTTClient.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *flag(const char *name);
static int connect_device(MQTTClient client, int *session_present);
static void subscribe(MQTTClient client, char **words);
static void publish(MQTTClient client, char **words, int count);
static void add(MQTTProperties *to, char *word);
static int on_message(void *context, char *topic, int length, MQTTClient_message *message);
static void on_delivered(void *context, MQTTClient_deliveryToken token);
static void on_published(void *context, int token, int type, MQTTProperties *properties,
                         enum MQTTReasonCodes code);
static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes code);
static void on_lost(void *context, char *cause);
static void tell(const char *event, const char *name, int value);

static int count_of_flags;
static char **flags;
static int five;
/* Callbacks come on a thread of the library's. */
static pthread_mutex_t printing = PTHREAD_MUTEX_INITIALIZER;

int main(int argc, char **argv) {
  count_of_flags = argc;
  flags = argv;
  five = strcmp(flag("--protocol"), "5") == 0;
  char url[256];
  snprintf(url, sizeof url, "ssl://%s:%s", flag("--host"), flag("--port"));
  MQTTClient client;
  MQTTClient_createOptions options = MQTTClient_createOptions_initializer;
  options.MQTTVersion = five ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
  int code = MQTTClient_createWithOptions(&client, url, flag("--client-id"),
                                          MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
  if (code != MQTTCLIENT_SUCCESS) return fprintf(stderr, "create: %d\n", code), 1;
  MQTTClient_setCallbacks(client, NULL, on_lost, on_message, on_delivered);
  if (five) MQTTClient_setPublished(client, NULL, on_published);
  if (five) MQTTClient_setDisconnected(client, NULL, on_disconnected);
  int session_present = 0;
  code = connect_device(client, &session_present);
  if (code != MQTTCLIENT_SUCCESS) return fprintf(stderr, "connect: %d\n", code), 1;
  tell("connected", "sessionPresent", session_present);

  char line[8192];
  while (fgets(line, sizeof line, stdin)) {
    char *words[32];
    int count = 0;
    for (char *at = strtok(line, "\t\n"); at && count < 32; at = strtok(NULL, "\t\n")) words[count++] = at;
    if (count == 3 && strcmp(words[0], "subscribe") == 0) subscribe(client, words);
    else if (count >= 5 && strcmp(words[0], "publish") == 0) publish(client, words, count);
    else break;
  }
  if (five) MQTTClient_disconnect5(client, 1000, MQTTREASONCODE_SUCCESS, NULL);
  else MQTTClient_disconnect(client, 1000);
  MQTTClient_destroy(&client);
  return 0;
}

static int connect_device(MQTTClient client, int *session_present) {
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  MQTTClient_connectOptions options5 = MQTTClient_connectOptions_initializer5;
  if (five) options = options5;
  else options.MQTTVersion = MQTTVERSION_3_1_1;
  int clean = flag("--persistent") == NULL;
  if (five) options.cleanstart = clean;
  else options.cleansession = clean;
  MQTTClient_SSLOptions ssl = MQTTClient_SSLOptions_initializer;
  ssl.trustStore = flag("--ca");
  ssl.keyStore = flag("--cert");
  ssl.privateKey = flag("--key");
  ssl.enableServerCertAuth = 1;
  ssl.verify = 1;
  options.ssl = &ssl;
  options.connectTimeout = 10;
  MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
  will.topicName = flag("--will-topic");
  if (will.topicName) {
    will.message = flag("--will-payload");
    will.qos = atoi(flag("--will-qos"));
    will.retained = atoi(flag("--will-retain"));
    options.will = &will;
  }
  int code;
  if (five) {
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};
    expiry.value.integer4 = 3600;
    if (!clean) MQTTProperties_add(&properties, &expiry);
    MQTTResponse response = MQTTClient_connect5(client, &options, &properties, NULL);
    code = response.reasonCode;
    MQTTResponse_free(response);
    MQTTProperties_free(&properties);
  } else code = MQTTClient_connect(client, &options);
  *session_present = options.returned.sessionPresent;
  return code;
}

static void subscribe(MQTTClient client, char **words) {
  int code;
  if (five) {
    MQTTResponse response = MQTTClient_subscribe5(client, words[1], atoi(words[2]), NULL, NULL);
    code = response.reasonCode;
    MQTTResponse_free(response);
  } else {
    int qos = atoi(words[2]);
    char *filter = words[1];
    code = MQTTClient_subscribeMany(client, 1, &filter, &qos);
    if (code == MQTTCLIENT_SUCCESS) code = qos;
  }
  tell("subscribed", "code", code);
}

static void publish(MQTTClient client, char **words, int count) {
  MQTTClient_message message = MQTTClient_message_initializer;
  message.qos = atoi(words[2]);
  message.retained = atoi(words[3]);
  message.payload = words[4];
  message.payloadlen = (int)strlen(words[4]);
  for (int i = 5; i < count; i++) add(&message.properties, words[i]);
  int code;
  if (five) {
    MQTTResponse response = MQTTClient_publishMessage5(client, words[1], &message, NULL);
    code = response.reasonCode;
    MQTTResponse_free(response);
  } else code = MQTTClient_publishMessage(client, words[1], &message, NULL);
  MQTTProperties_free(&message.properties);
  /* QoS 1: the callback tells. */
  if (code < 0) fprintf(stderr, "publish: %d\n", code);
  else if (message.qos == 0) tell("published", "code", 0);
}

/* `contentType=text/plain`, `user:NAME=VALUE`, ... */
static void add(MQTTProperties *to, char *word) {
  char *value = strchr(word, '=');
  if (!value) return;
  *value++ = 0;
  MQTTProperty property = {0};
  MQTTLenString text = {(int)strlen(value), value};
  if (strncmp(word, "user:", 5) == 0) {
    MQTTLenString name = {(int)strlen(word + 5), word + 5};
    property.identifier = MQTTPROPERTY_CODE_USER_PROPERTY;
    property.value.data = name;
    property.value.value = text;
  } else {
    property.identifier = strcmp(word, "contentType") == 0     ? MQTTPROPERTY_CODE_CONTENT_TYPE
                          : strcmp(word, "responseTopic") == 0 ? MQTTPROPERTY_CODE_RESPONSE_TOPIC
                                                               : MQTTPROPERTY_CODE_CORRELATION_DATA;
    property.value.data = text;
  }
  MQTTProperties_add(to, &property);
}

static int on_message(void *context, char *topic, int length, MQTTClient_message *message) {
  (void)context;
  /* Not 0: there was a NUL in it. */
  size_t topic_length = length ? (size_t)length : strlen(topic);
  char properties[4096] = "";
  size_t used = 0;
  for (int i = 0; i < message->properties.count; i++) {
    MQTTProperty *at = &message->properties.array[i];
    MQTTLenString *name = &at->value.data, *value = &at->value.value;
    const char *key = at->identifier == MQTTPROPERTY_CODE_CONTENT_TYPE       ? "contentType"
                      : at->identifier == MQTTPROPERTY_CODE_RESPONSE_TOPIC   ? "responseTopic"
                      : at->identifier == MQTTPROPERTY_CODE_CORRELATION_DATA ? "correlationData"
                                                                             : NULL;
    char *to = properties + used;
    size_t room = sizeof properties - used;
    if (key) used += (size_t)snprintf(to, room, "\t%s=%.*s", key, name->len, name->data);
    else if (at->identifier == MQTTPROPERTY_CODE_USER_PROPERTY)
      used += (size_t)snprintf(to, room, "\tuser:%.*s=%.*s", name->len, name->data, value->len, value->data);
    if (used >= sizeof properties) break;
  }
  pthread_mutex_lock(&printing);
  say_begin("message");
  say_bytes("topic", topic, topic_length);
  say_bytes("payload", message->payload, (size_t)message->payloadlen);
  say_number("qos", message->qos);
  say_boolean("retain", message->retained);
  say_text("properties", properties);
  say_end();
  pthread_mutex_unlock(&printing);
  MQTTClient_freeMessage(&message);
  MQTTClient_free(topic);
  return 1;
}

static void on_delivered(void *context, MQTTClient_deliveryToken token) {
  (void)context, (void)token;
  if (!five) tell("published", "code", 0);
}

static void on_published(void *context, int token, int type, MQTTProperties *properties,
                         enum MQTTReasonCodes code) {
  (void)context, (void)token, (void)type, (void)properties;
  tell("published", "code", code);
}

/* A DISCONNECT of the broker's: MQTT 5 only. */
static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes code) {
  (void)context, (void)properties;
  tell("ended", "code", code);
}

static void on_lost(void *context, char *cause) {
  (void)context, (void)cause;
  tell("ended", "code", -1);
}

static void tell(const char *event, const char *name, int value) {
  pthread_mutex_lock(&printing);
  say_begin(event);
  say_number(name, value);
  say_end();
  pthread_mutex_unlock(&printing);
}

static const char *flag(const char *name) {
  for (int i = 1; i + 1 < count_of_flags; i += 2)
    if (strcmp(flags[i], name) == 0) return flags[i + 1];
  return NULL;
}
