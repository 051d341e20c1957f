"""Calls functions through four stubs, a connection each, and closes none before the program ends."""

import json
import socket
import sys


class TCPClient(object):
    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def connect(self, host, port):
        self.sock.connect((host, port))

    def send(self, data):
        self.sock.send(data)

    def recv(self, length):
        return self.sock.recv(length)


class RPCStub(object):
    def __getattr__(self, function):
        def _func(*args, **kwargs):
            d = {"method_name": function, "method_args": args, "method_kwargs": kwargs}
            self.send(json.dumps(d).encode("utf-8"))
            data = self.recv(1024)
            return data.decode("utf-8")

        setattr(self, function, _func)
        return _func


class RPCClient(TCPClient, RPCStub):
    pass


# Whoever is not served says so rather than wait.
socket.setdefaulttimeout(20)

c = RPCClient()
c.connect("127.0.0.1", int(sys.argv[1]))
print(c.add(1, 2, c=3), end="")

c2 = RPCClient()
c2.connect("127.0.0.1", int(sys.argv[1]))
print(c2.add(1, 2), end="")

c3 = RPCClient()
c3.connect("127.0.0.1", int(sys.argv[1]))
print(c3.greet("Ada"), end="")

c4 = RPCClient()
c4.connect("127.0.0.1", int(sys.argv[1]))
print(c4.greet("Grace", excited=True), end="")

print(c.add(3, 4), end="")
