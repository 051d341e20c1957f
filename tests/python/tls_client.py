"""Calls over TLS with what comes with Python: `tls_client.py HOST:PORT AUTHORITY [CERTIFICATE KEY]`."""

import http.client
import json
import socket
import ssl
import sys
from xmlrpc.client import ServerProxy

address, authority, *own = sys.argv[1:]
host, port = address.rsplit(":", 1)
context = ssl.create_default_context(cafile=authority)
if own:
    context.load_cert_chain(*own)
call = {"jsonrpc": "2.0", "id": 1, "method": "add", "params": [1, 2]}

with socket.create_connection((host, int(port))) as plain:
    with context.wrap_socket(plain, server_hostname=host) as stream:
        lines = stream.makefile("rw")
        for _ in range(3):
            lines.write(json.dumps(call) + "\n")
            lines.flush()
            print("line", json.loads(lines.readline())["result"])

session = None
for _ in range(2):
    connection = http.client.HTTPSConnection(address, context=context)
    connection.request("POST", "/", json.dumps(call), {"Content-Type": "application/json"})
    print("https", json.load(connection.getresponse())["result"])

print("xml", ServerProxy(f"https://{address}", context=context).add(1, 2))
long = "Grüß Gott" * 100_000
print("long", ServerProxy(f"https://{address}", context=context).echo(long) == long)

try:
    import requests

    pair = tuple(own) or None
    print("requests", requests.post(f"https://{address}", json=call, verify=authority, cert=pair).json()["result"])
except ImportError:
    print("requests 13")
