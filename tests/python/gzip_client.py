"""Sends and receives gzip, with Python's own HTTP and XML-RPC libraries: `gzip_client.py HOST:PORT`."""

import gzip
import http.client
import json
import sys
from xmlrpc.client import ServerProxy, Transport

ADDRESS = sys.argv[1]
SAME = {"jsonrpc": "2.0", "method": "same", "id": 1}


def exchange(body, **headers):
    connection = http.client.HTTPConnection(ADDRESS)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/", body, {"Content-Type": "application/json", **names})
    response = connection.getresponse()
    answered = response.read()
    connection.close()
    return response, answered


def call(value):
    return json.dumps({**SAME, "params": [value]}).encode()


# A request in gzip, whatever its length, and a reply as it is.
for value in ["", "café", "x" * 100_000, list(range(10_000))]:
    response, body = exchange(gzip.compress(call(value)), Content_Encoding="gzip")
    assert response.status == 200 and response.getheader("Content-Encoding") is None
    assert json.loads(body)["result"] == value

# A reply in gzip to those who read it, where that makes it smaller.
for accepted, value, coding in [
    ("gzip, deflate", "x" * 100_000, "gzip"),
    ("*", "x" * 3000, "gzip"),
    ("gzip", "x" * 1900, None),
    ("gzip;q=0, br", "x" * 100_000, None),
    ("identity", "x" * 100_000, None),
]:
    response, body = exchange(call(value), Accept_Encoding=accepted)
    assert response.getheader("Content-Encoding") == coding, (accepted, coding)
    if coding:
        assert len(body) < len(value) / 20, len(body)
        body = gzip.decompress(body)
    assert json.loads(body)["result"] == value

# What is not taken says what is.
for coding, named in [("br", "gzip"), ("gzip, gzip", "gzip"), ("deflate", "gzip")]:
    response, body = exchange(call(1), Content_Encoding=coding)
    assert response.status == 415 and response.getheader("Accept-Encoding") == named, response.status
    assert b"gzip" in body, body

# Bombs, and what is no gzip.
packed = gzip.compress(call("0" * (20 << 20)))
for body, status, code in [
    (packed, 413, -32004),
    (gzip.compress(call("0" * (5 << 20))), 413, -32004),
    (call(1), 400, -32700),
    (gzip.compress(call("abc"))[:-1], 400, -32700),
]:
    response, body = exchange(body, Content_Encoding="gzip")
    assert response.status == status, (response.status, body)
    assert json.loads(body)["error"]["code"] == code, body


# The library for XML-RPC compresses what is long, and understands it.
class Compressing(Transport):
    encode_threshold = 100


text = "é<&>" * 50_000
with ServerProxy(f"http://{ADDRESS}", transport=Compressing()) as server:
    for _ in range(3):
        assert server.same(text) == text
    assert server.add(1, 2) == 13
print("passed")
