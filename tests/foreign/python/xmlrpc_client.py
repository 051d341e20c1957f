"""The standard library's XML-RPC client."""

from xmlrpc.client import Fault, MultiCall, ServerProxy

from check import ADDRESS, check, check_introspection, check_positional, library

library("`xmlrpc.client`", "")
server = ServerProxy(f"http://{ADDRESS}")


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
