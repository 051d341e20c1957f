"""The standard library's XML-RPC server: prints its address and serves until it is ended."""

from xmlrpc.client import Fault
from xmlrpc.server import SimpleXMLRPCServer

told = set()


def add(a, b, c=10):
    return a + b + c


def echo(text):
    return text


def fail(message):
    raise Fault(7, message)


def remember(text):
    told.add(text)


def remembers(text):
    return text in told


server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True)
for function in (add, echo, fail, remember, remembers):
    server.register_function(function)
server.register_introspection_functions()
server.register_multicall_functions()
print("library", "`SimpleXMLRPCServer`", "", sep="\t")
print("listening 127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
