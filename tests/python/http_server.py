"""Answers JSON-RPC 2.0 by HTTP, with nothing but the standard library, in each of the ways that HTTP knows.

    http_server.py HTTP/1.0|HTTP/1.1

The path says how: /length, /chunked, /close (with no length, up to the end of the connection), /hang-up
(keeps the connection and then ends it in silence), /lose (ends it without an answer), /interim, /status/N,
/endless, /head (a head without end), /huge (a length beyond all limits), /compressed, /brotli, /text.
"""

import gzip
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

connections = 0
ended = 0
calls = 0
lock = threading.Lock()


def add(a, b, c=10):
    return a + b + c


def answer(call):
    method, params = call["method"], call.get("params", [])
    if method == "add":
        return add(*params) if isinstance(params, list) else add(**params)
    if method == "same":
        return params[0]
    if method == "after_ms":
        time.sleep(params[0] / 1000)
        return params[1]
    if method == "counts":
        return [connections, calls]
    if method == "ended":
        return ended
    if method == "nothing":
        return None
    raise KeyError(method)


def reply_to(call):
    reply = {"jsonrpc": "2.0", "id": call["id"]}
    try:
        reply["result"] = answer(call)
    except KeyError as unknown:
        reply["error"] = {"code": -32601, "message": f"no {unknown}"}
    return reply


class Handler(BaseHTTPRequestHandler):
    protocol_version = sys.argv[1]

    def setup(self):
        global connections
        with lock:
            connections += 1
        super().setup()

    def log_message(self, *_):
        pass

    def do_POST(self):
        global calls
        with lock:
            calls += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        call = json.loads(body)
        assert self.headers["Content-Type"] == "application/json", self.headers["Content-Type"]
        way = self.path.split("/")
        if way[1] == "lose":
            self.close_connection = True
            return
        if way[1] == "key" and self.headers["Authorization"] != "Bearer 7":
            return self.say(b"who are you?", 401)
        if "id" not in call and not isinstance(call, list):
            answer(call)
            return self.say(b"", 204 if way[1] != "length" else 200)
        # The last first, which a batch may be answered in as well as in any other order.
        reply = [reply_to(one) for one in reversed(call)] if isinstance(call, list) else reply_to(call)
        self.say(json.dumps(reply).encode(), int(way[2]) if way[1] == "status" else 200)

    def say(self, body, status=200):
        way = self.path.split("/")[1]
        if way == "interim":
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        if way == "head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(10000):
                self.wfile.write(b"x" * 1000)
            return
        self.send_response(status)
        if way == "text":
            body = b"<h1>It works!</h1>"
        if way == "compressed":
            assert self.headers["Accept-Encoding"] == "gzip"
            self.send_header("Content-Encoding", "gzip")
            body = gzip.compress(body)
        if way == "brotli":
            self.send_header("Content-Encoding", "br")
        if way in ("close", "endless"):
            self.send_header("Connection", "close")
            self.end_headers()
            while way == "endless":
                self.wfile.write(b" " * 65536)
        elif way == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(body), 7):
                part = body[at : at + 7]
                self.wfile.write(b"%x;name=value\r\n%s\r\n" % (len(part), part))
                self.wfile.flush()
            self.wfile.write(b"0\r\nTrailer: there\r\n\r\n")
            return
        else:
            self.send_header("Content-Length", 1 << 40 if way == "huge" else len(body))
            self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass
        if way == "hang-up":
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass

    def shutdown_request(self, request):
        global ended
        super().shutdown_request(request)
        with lock:
            ended += 1


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
