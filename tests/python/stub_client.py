"""Calls functions through a stub: one connection, one send and one receive for each call."""

import json
import socket
import sys


class TCPClient:
    def connect(self, host, port):
        self.sock = socket.create_connection((host, port))

    def send(self, data):
        self.sock.sendall(data)

    def recv(self, length):
        return self.sock.recv(length)

    def close(self):
        self.sock.close()


class RPCStub:
    def __getattr__(self, function):
        def call(*args, **kwargs):
            d = {"method_name": function, "method_args": args, "method_kwargs": kwargs}
            self.send(json.dumps(d).encode("utf-8"))
            return json.loads(self.recv(1024))

        return call


class RPCClient(TCPClient, RPCStub):
    pass


def call(function, *args, **kwargs):
    client = RPCClient()
    client.connect("127.0.0.1", int(sys.argv[1]))
    print(json.dumps(getattr(client, function)(*args, **kwargs)))
    client.close()


call("add", 1, 2, c=3)
call("add", 1, 2)
call("greet", "Grace", greeting="Grüß Gott 🦀")
call("multiply", 2, 3)
call("add", 1)
