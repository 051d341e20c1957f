"""python-lsp-jsonrpc, which language servers in Python are made with:
`lsp_jsonrpc_client.py ADDRESS [PROGRAM]`, over a socket, or over the standard input and output of a program."""

import socket
import subprocess
import sys
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
if sys.argv[2:]:
    server = subprocess.Popen(sys.argv[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    incoming, outgoing = server.stdout, server.stdin
else:
    host, port = ADDRESS.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)))
    incoming, outgoing = connection.makefile("rb"), connection.makefile("wb")
endpoint = Endpoint({}, JsonRpcStreamWriter(outgoing).write)
reader = JsonRpcStreamReader(incoming)
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
outgoing.close()
