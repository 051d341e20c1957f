"""Calls functions in length-prefixed messages, many calls on one connection."""

import json
import socket
import struct
import sys


def rpc(sock, in_, params):
    request = json.dumps({"in": in_, "params": params}).encode("utf-8")
    sock.sendall(struct.pack("I", len(request)))
    sock.sendall(request)
    length, = struct.unpack("I", sock.recv(4))
    response = json.loads(sock.recv(length))
    return response["out"], response["result"]


with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as sock:
    for i in range(3):
        print(*rpc(sock, "ping", "ireader %d" % i))
    print(*rpc(sock, "subtract", [42, 23]))
    print(*rpc(sock, "subtract", {"subtrahend": 23, "minuend": 42}))
    print(*rpc(sock, "pong", "ireader"))
    print(*rpc(sock, "ping", "still here"))
