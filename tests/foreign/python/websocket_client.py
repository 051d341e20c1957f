"""websocket-client, with JSON-RPC written by hand."""

import itertools
import json
from importlib.metadata import version

import websocket

from check import (
    AUTHORITY,
    check,
    check_introspection,
    check_notification,
    check_positional,
    library,
    url,
)

library("websocket-client", version("websocket-client"))
# It names the server's own address as its origin, as a page of that server would.
connection = websocket.create_connection(url("ws"), timeout=10, sslopt={"ca_certs": AUTHORITY})
numbers = itertools.count(1)


class Refusal(Exception):
    pass


def request(name, parameters):
    return {"jsonrpc": "2.0", "method": name, "params": parameters, "id": next(numbers)}


def exchange(message):
    connection.send(json.dumps(message))
    return json.loads(connection.recv())


def call(name, *arguments):
    reply = exchange(request(name, arguments))
    if "error" in reply:
        raise Refusal(reply["error"]["code"], reply["error"])
    return reply["result"]


def notify(name, *arguments):
    connection.send(json.dumps({"jsonrpc": "2.0", "method": name, "params": arguments}))


def by_name():
    return exchange(request("add", {"a": 1, "b": 2, "c": 3}))["result"]


def batch():
    calls = [request("add", [1, 2]), request("multiply", [1, 2]), request("echo", ["three"])]
    by_id = {reply["id"]: reply for reply in exchange(calls)}
    first, second, third = (by_id[call["id"]] for call in calls)
    return [first["result"], second["error"]["code"], third["result"]]


check_positional(call, lambda error: error.args)
check("by name", by_name, 6)
check_notification(notify, call)
check("batch", batch, [13, -32601, "three"])
check_introspection(call)
connection.close()
