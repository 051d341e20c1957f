"""python-lsp-jsonrpc, which language servers in Python are made with, over a socket."""

import socket
import threading
from importlib.metadata import version

from pylsp_jsonrpc.endpoint import Endpoint
from pylsp_jsonrpc.streams import JsonRpcStreamReader, JsonRpcStreamWriter

from check import (
    ADDRESS,
    check,
    check_introspection,
    check_notification,
    check_positional,
    library,
)

library("python-lsp-jsonrpc", version("python-lsp-jsonrpc"))
host, port = ADDRESS.rsplit(":", 1)
connection = socket.create_connection((host, int(port)))
endpoint = Endpoint({}, JsonRpcStreamWriter(connection.makefile("wb")).write)
reader = JsonRpcStreamReader(connection.makefile("rb"))
listening = threading.Thread(target=reader.listen, args=(endpoint.consume,), daemon=True)
listening.start()


def request(name, parameters):
    if not listening.is_alive():
        raise ConnectionError("the server has closed the connection")
    return endpoint.request(name, parameters).result(timeout=10)


def call(name, *arguments):
    return request(name, list(arguments))


def notify(name, *arguments):
    endpoint.notify(name, list(arguments))


check_positional(call, lambda error: (error.code, error.data))
check("by name", lambda: request("add", {"a": 1, "b": 2, "c": 3}), 6)
check_notification(notify, call)
check_introspection(call)
