"""Serves functions in length-prefixed messages, many calls on one connection."""

import json
import socket
import struct


def loop(sock, handlers):
    while True:
        conn, _ = sock.accept()
        handle_conn(conn, handlers)


def handle_conn(conn, handlers):
    while True:
        length_prefix = conn.recv(4)
        if not length_prefix:
            conn.close()
            return
        length, = struct.unpack("I", length_prefix)
        request = json.loads(conn.recv(length))
        handlers[request["in"]](conn, request["params"])


def ping(conn, params):
    send_result(conn, "pong", params)


def subtract(conn, params):
    send_result(conn, "subtract", params[0] - params[1])


def add(conn, params):
    send_result(conn, "add", sum(params.values()))


def greet(conn, params):
    send_result(conn, "greet", json.dumps(params, sort_keys=True))


def fail(conn, params):
    send_result(conn, "error", {"code": 7, "message": params})


def send_result(conn, out, result):
    response = json.dumps({"out": out, "result": result}).encode("utf-8")
    conn.sendall(struct.pack("I", len(response)))
    conn.sendall(response)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
loop(listener, {f.__name__: f for f in (ping, subtract, add, greet, fail)})
