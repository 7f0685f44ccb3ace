"""A client of the matrix: Python's ssl module, set up as paho-mqtt's `tls_set` does it, and one CONNECT by hand."""

import json
import socket
import ssl
import sys


def main(dial):
    try:
        context = context_of(dial)
    except (ssl.SSLError, ValueError) as error:
        return {"connected": False, "words": words(error), "refusedToStart": True}
    try:
        with socket.create_connection(("127.0.0.1", int(dial["port"])), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=dial["name"]) as secured:
                secured.sendall(connect_packet(dial["clientId"]))
                # On TLS 1.3 a refusal of ours is only seen here.
                answer = secured.recv(4)
                if answer[:1] == b"\x20" and answer[3:] == b"\x00":
                    secured.sendall(b"\xe0\x00")
                    return {"connected": True, "words": ""}
                told = "recv returned b'': the server closed the connection"
                return {"connected": False, "words": told if answer == b"" else repr(answer)}
    except OSError as error:
        return {"connected": False, "words": words(error)}


def context_of(dial):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    version = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
    context.minimum_version = context.maximum_version = version[dial["version"]]
    if dial["version"] == "1.1":
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    if "suite" in dial:
        context.set_ciphers(dial["suite"])
    if "group" in dial:
        context.set_ecdh_curve(dial["group"])
    context.load_verify_locations(dial["ca"])
    if "cert" in dial:
        context.load_cert_chain(dial["cert"], dial["key"])
    return context


def connect_packet(client_id):
    """MQTT 3.1.1, clean session, keep-alive 60 s."""
    name = client_id.encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(name).to_bytes(2, "big") + name
    return b"\x10" + bytes([len(body)]) + body


def words(error):
    return f"{type(error).__name__}: {error}"


print(json.dumps(main(dict(arg.split("=", 1) for arg in sys.argv[1:])), separators=(",", ":")))
