"""Serves functions with the standard library's SimpleXMLRPCServer, as programs there do."""

import datetime
from xmlrpc.client import Binary, Fault
from xmlrpc.server import SimpleXMLRPCServer


def add(a, b, c=10):
    return a + b + c


def same(value):
    return value


def reverse(data):
    return Binary(data.data[::-1])


def next_day(date):
    at = datetime.datetime.strptime(str(date), "%Y%m%dT%H:%M:%S")
    return at + datetime.timedelta(days=1)


def refuse(code, message, data=None):
    raise Fault(code, message)


def fail():
    raise ValueError("no such luck")


def nothing():
    pass


server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True)
server.register_introspection_functions()
server.register_multicall_functions()
for function in [add, same, reverse, next_day, refuse, fail, nothing]:
    server.register_function(function)
server.register_function(add, "math.weigh")
print(server.server_address[1], flush=True)
server.serve_forever()
