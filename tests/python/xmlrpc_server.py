"""Serves add, and some values, with the XML-RPC server that comes with Python."""

from xmlrpc.client import Binary, DateTime, Fault
from xmlrpc.server import SimpleXMLRPCServer


def add(a, b, c=10):
    return a + b + c


def values():
    return [1, -2.5, True, "Grüß <&> 🦀", {"a": [None]}, Binary(b"\0\1"), DateTime("20260102T03:04:05")]


def fail(code, message):
    raise Fault(code, message)


server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True)
for function in (add, values, fail, pow):
    server.register_function(function)
server.register_introspection_functions()
print(server.server_address[1], flush=True)
server.serve_forever()
