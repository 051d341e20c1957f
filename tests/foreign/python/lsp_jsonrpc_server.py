"""A server made with python-lsp-jsonrpc: prints its address and serves until it is ended."""

import logging
import socketserver
from importlib.metadata import version

from pylsp_jsonrpc.endpoint import Endpoint
from pylsp_jsonrpc.exceptions import JsonRpcException
from pylsp_jsonrpc.streams import JsonRpcStreamReader, JsonRpcStreamWriter

from served import add, echo, remember, remembers


def fail(message):
    raise JsonRpcException(message, 7, {"paper": "none"})


def handler(function):
    """The library hands over `params` as they came."""

    def handle(params):
        return function(**params) if isinstance(params, dict) else function(*params or ())

    return handle


FUNCTIONS = {function.__name__: handler(function) for function in (add, echo, fail, remember, remembers)}


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        endpoint = Endpoint(FUNCTIONS, JsonRpcStreamWriter(self.wfile).write)
        JsonRpcStreamReader(self.rfile).listen(endpoint.consume)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


logging.disable()
server = Server(("127.0.0.1", 0), Connection)
print("library", "python-lsp-jsonrpc", version("python-lsp-jsonrpc"), sep="\t")
print("listening 127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
