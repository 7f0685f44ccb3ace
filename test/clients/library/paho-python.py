"""A device on Paho Python 1.6 with its network thread. program.ts says what it reads and prints; flags: those of paho-c.c."""

import json
import ssl
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

NAMES = {
    "contentType": "ContentType",
    "responseTopic": "ResponseTopic",
    "correlationData": "CorrelationData",
}

flags = dict(zip(sys.argv[1::2], sys.argv[2::2]))
five = flags["--protocol"] == "5"
printing = threading.Lock()


def tell(event, **more):
    with printing:
        print(json.dumps({"event": event, **more}), flush=True)


def on_connect(client, userdata, connack, code, properties=None):
    if code != 0:
        print(f"connect: {code}", file=sys.stderr)
        sys.exit(1)
    tell("connected", sessionPresent=connack["session present"])


def on_subscribe(client, userdata, packet_id, codes, properties=None):
    tell("subscribed", code=codes[0].value if five else codes[0])


def on_publish(client, userdata, packet_id):
    # It reads the code of a PUBACK and gives it to nobody.
    tell("published", code=0)


def on_message(client, userdata, message):
    properties = ""
    if five:
        for name, attribute in NAMES.items():
            value = getattr(message.properties, attribute, None)
            if value is not None:
                text = value.decode() if isinstance(value, bytes) else value
                properties += f"\t{name}={text}"
        for name, value in getattr(message.properties, "UserProperty", []):
            properties += f"\tuser:{name}={value}"
    tell(
        "message",
        topic=message.topic,
        payload=message.payload.decode(),
        qos=message.qos,
        retain=message.retain,
        properties=properties,
    )


def on_disconnect(client, userdata, code, properties=None):
    tell("ended", code=getattr(code, "value", -1))
    # The network thread would dial again in a second.
    client.disconnect()


def properties_of(words):
    properties = Properties(PacketTypes.PUBLISH)
    for word in words:
        name, value = word.split("=", 1)
        if name.startswith("user:"):
            properties.UserProperty = (name[5:], value)
        elif name == "correlationData":
            properties.CorrelationData = value.encode()
        else:
            setattr(properties, NAMES[name], value)
    return properties


persistent = "--persistent" in flags
if five:
    client = mqtt.Client(flags["--client-id"], protocol=mqtt.MQTTv5)
else:
    client = mqtt.Client(flags["--client-id"], clean_session=not persistent)
client.tls_set(
    ca_certs=flags["--ca"],
    certfile=flags["--cert"],
    keyfile=flags["--key"],
    tls_version=ssl.PROTOCOL_TLS_CLIENT,
)
if "--will-topic" in flags:
    client.will_set(
        flags["--will-topic"],
        flags["--will-payload"],
        int(flags["--will-qos"]),
        flags["--will-retain"] == "1",
    )
client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_publish = on_publish
client.on_message = on_message
client.on_disconnect = on_disconnect
more = {}
if five:
    # Without it, clean start is asked for at the first connection only.
    more["clean_start"] = not persistent
    more["properties"] = Properties(PacketTypes.CONNECT)
    if persistent:
        more["properties"].SessionExpiryInterval = 3600
client.connect(flags["--host"], int(flags["--port"]), **more)
client.loop_start()
for line in sys.stdin:
    command, *words = line.rstrip("\n").split("\t")
    if command == "subscribe":
        client.subscribe(words[0], int(words[1]))
    elif command == "publish":
        given = {"properties": properties_of(words[4:])} if five else {}
        client.publish(words[0], words[3], int(words[1]), words[2] == "1", **given)
client.on_disconnect = None
client.disconnect()
client.loop_stop()
