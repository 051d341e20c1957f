"""The standard library's XML-RPC client."""

import ssl
from xmlrpc.client import Fault, MultiCall, ServerProxy

from check import AUTHORITY, check, check_introspection, check_positional, library, url

library("`xmlrpc.client`", "")
context = ssl.create_default_context(cafile=AUTHORITY) if AUTHORITY else None
server = ServerProxy(url("http"), context=context)


def call(name, *arguments):
    return getattr(server, name)(*arguments)


def batch():
    calls = MultiCall(server)
    calls.add(1, 2)
    calls.multiply(1, 2)
    calls.echo("three")
    results = calls()
    try:
        results[1]
    except Fault as fault:
        return [results[0], fault.faultCode, results[2]]


check_positional(call, lambda error: (error.faultCode, error.faultString))
check("batch", batch, [13, -32601, "three"])
check_introspection(call)
