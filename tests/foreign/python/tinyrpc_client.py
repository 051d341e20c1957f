"""tinyrpc's JSON-RPC over its HTTP transport, which names no content type."""

from importlib.metadata import version

from tinyrpc import RPCClient
from tinyrpc.client import RPCCall
from tinyrpc.protocols.jsonrpc import JSONRPCProtocol
from tinyrpc.transports.http import HttpPostClientTransport

from check import (
    ADDRESS,
    check,
    check_introspection,
    check_notification,
    check_positional,
    library,
)

library("tinyrpc", version("tinyrpc"))
client = RPCClient(JSONRPCProtocol(), HttpPostClientTransport(f"http://{ADDRESS}/", timeout=10))


def call(name, *arguments):
    return client.call(name, list(arguments), {})


def notify(name, *arguments):
    client.call(name, list(arguments), {}, one_way=True)


def batch():
    replies = client.batch_call([RPCCall("add", [1, 2], {}), RPCCall("echo", [], {"text": "two"})])
    return [reply.result for reply in replies]


check_positional(call, lambda error: (error._jsonrpc_error_code, error.data))
check("by name", lambda: client.call("add", [], {"a": 1, "b": 2, "c": 3}), 6)
check_notification(notify, call)
check("batch", batch, [13, "two"])
check_introspection(call)
