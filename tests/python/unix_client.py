"""Calls add(1, 2, c=3) over a Unix socket, in both framings, with nothing but the standard library."""

import json
import socket
import struct
import sys

call = json.dumps({"method_name": "add", "method_args": [1, 2], "method_kwargs": {"c": 3}}).encode()

with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
    raw.connect(sys.argv[1])
    raw.sendall(call)
    print(json.loads(raw.makefile().readline())["res"])

with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as prefixed:
    prefixed.connect(sys.argv[1])
    prefixed.sendall(struct.pack("I", len(call)) + call)
    reader = prefixed.makefile("rb")
    (length,) = struct.unpack("I", reader.read(4))
    print(json.loads(reader.read(length))["res"])
