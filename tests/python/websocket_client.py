"""Calls over a WebSocket (RFC 6455) with nothing but the standard library."""

import base64
import hashlib
import json
import os
import socket
import struct
import sys

connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
stream = connection.makefile("rb")


def send(opcode, payload):
    key = os.urandom(4)
    length = len(payload)
    if length < 126:
        header = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
    elif length < 1 << 16:
        header = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
    else:
        header = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
    mask = (key * (length // 4 + 1))[:length]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    connection.sendall(header + key + masked.to_bytes(length, "big"))


def receive():
    first, second = stream.read(2)
    assert first & 0xF0 == 0x80 and second < 128
    length = second
    if length == 126:
        (length,) = struct.unpack("!H", stream.read(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", stream.read(8))
    return first & 15, stream.read(length)


def call(method, *params):
    message = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1}
    send(1, json.dumps(message).encode())
    opcode, payload = receive()
    assert opcode == 1
    return json.loads(payload)["result"]


key = base64.b64encode(os.urandom(16)).decode()
request = [
    "GET /rpc HTTP/1.1",
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: " + key,
    "Sec-WebSocket-Version: 13",
    "",
    "",
]
connection.sendall("\r\n".join(request).encode())
status = stream.readline().split()[1].decode()
headers = {}
while (line := stream.readline().strip()):
    name, value = line.decode().split(": ", 1)
    headers[name.lower()] = value
digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
assert headers["sec-websocket-accept"] == base64.b64encode(digest).decode()
print(status)

print(call("add", 1, 2))
send(9, b"hello")
opcode, payload = receive()
assert opcode == 10
print("pong", payload.decode())
print(len(call("repeat", "x", 1 << 20)))
send(8, struct.pack("!H", 1000))
opcode, payload = receive()
assert opcode == 8 and stream.read() == b""
print("close", *struct.unpack("!H", payload))
