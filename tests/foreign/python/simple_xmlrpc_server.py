"""The standard library's XML-RPC server: prints its address and serves until it is ended."""

from xmlrpc.client import Fault
from xmlrpc.server import SimpleXMLRPCServer

from served import add, echo, remember, remembers


def fail(message):
    raise Fault(7, message)


server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True)
for function in (add, echo, fail, remember, remembers):
    server.register_function(function)
server.register_introspection_functions()
server.register_multicall_functions()
print("library", "`SimpleXMLRPCServer`", "", sep="\t")
print("listening 127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
