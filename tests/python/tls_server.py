"""Python's own servers behind its `ssl`: `tls_server.py json|xml CERTIFICATE KEY [AUTHORITY]`; prints its port, and
with an authority demands certificates of it from clients."""

import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xmlrpc.server import SimpleXMLRPCServer

kind, certificate, key, *authority = sys.argv[1:]


def add(a, b, c=10):
    return a + b + c


class JsonRpc(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/moved":
            return self.answer(308, b"", Location=f"https://{self.headers['Host']}/rpc")
        if self.path == "/lowered":
            return self.answer(308, b"", Location=f"http://{self.headers['Host']}/rpc")
        parameters = call.get("params", [])
        match call["method"]:
            case "add":
                result = add(**parameters) if isinstance(parameters, dict) else add(*parameters)
            case "echo":
                result = parameters[0]
            case "session":
                result = [self.connection.session_reused, self.connection.version()]
        reply = {"jsonrpc": "2.0", "id": call["id"], "result": result}
        headers = {"Content-Type": "application/json"}
        if call["method"] == "session":
            # Said, since a client that does not know may send its next request while the connection ends.
            headers["Connection"] = "close"
        self.answer(200, json.dumps(reply).encode(), **headers)

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if kind == "xml":
    server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True)
    server.register_function(add)
    server.register_function(lambda text: text, "echo")
else:
    server = ThreadingHTTPServer(("127.0.0.1", 0), JsonRpc)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
if authority:
    context.load_verify_locations(authority[0])
    context.verify_mode = ssl.CERT_REQUIRED
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
