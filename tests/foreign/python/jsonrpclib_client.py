"""jsonrpclib-pelix, a client in the manner of the standard library's XML-RPC client."""

from importlib.metadata import version

from jsonrpclib import MultiCall, ServerProxy

from check import (
    ADDRESS,
    check,
    check_introspection,
    check_notification,
    check_positional,
    library,
)

library("jsonrpclib-pelix", version("jsonrpclib-pelix"))
server = ServerProxy(f"http://{ADDRESS}")


def call(name, *arguments):
    return getattr(server, name)(*arguments)


def notify(name, *arguments):
    getattr(server._notify, name)(*arguments)


def batch():
    calls = MultiCall(server)
    calls.add(1, 2)
    calls._notify.echo("nobody")
    calls.add(a=1, b=2, c=3)
    calls.echo("three")
    return list(calls())


# It drops the data of the errors that the specification defines.
check_positional(call, lambda error: error.args[0], hands_on_details=False)
check("by name", lambda: server.add(a=1, b=2, c=3), 6)
check_notification(notify, call)
check("batch", batch, [13, 6, "three"])
check_introspection(call)
