"""Serves functions to stubs: one receive, one reply, and the connection is closed."""

import json
import socket


def add(a, b, c=10):
    return a + b + c


def greet(name, greeting="Hello", excited=False):
    return f"{greeting}, {name}" + ("!" if excited else ".")


class RPCServer:
    def __init__(self):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.functions = {}

    def register_function(self, function):
        self.functions[function.__name__] = function

    def loop(self):
        print(self.sock.getsockname()[1], flush=True)
        while True:
            client, _ = self.sock.accept()
            data = json.loads(client.recv(1024))
            function = self.functions[data["method_name"]]
            result = function(*data["method_args"], **data["method_kwargs"])
            client.sendall(json.dumps({"res": result}).encode("utf-8"))
            client.close()


server = RPCServer()
server.register_function(add)
server.register_function(greet)
server.loop()
