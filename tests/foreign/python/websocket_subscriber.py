"""websocket-client as clients of Ethereum use it: `websocket_subscriber.py ADDRESS`."""

import json
import sys

import websocket


def check(name, found, expected):
    print(json.dumps({"check": name, "ok": found == expected, "detail": repr(found)[:500]}))


print(json.dumps({"library": "websocket-client", "version": websocket.__version__}))
socket = websocket.create_connection(f"ws://{sys.argv[1]}/", timeout=20)


def send(number, method, *params):
    socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))


def receive():
    return json.loads(socket.recv())


send(1, "eth_subscribe", "newHeads")
reply = receive()
subscription = reply["result"]
check("the id comes first", reply, {"jsonrpc": "2.0", "id": 1, "result": subscription})
heads = [receive() for _ in range(3)]
check("notifications", {head["method"] for head in heads}, {"eth_subscription"})
params = [head["params"] for head in heads]
check("items", params, [{"subscription": subscription, "result": {"number": n}} for n in range(3)])
send(2, "eth_subscribe", "nothing")
while (reply := receive()).get("id") != 2:
    pass
check("refusal", reply["error"]["message"], "there is no `nothing`")
send(3, "eth_unsubscribe", subscription)
while (reply := receive()).get("id") != 3:
    pass
check("unsubscribed", reply["result"], True)
send(4, "eth_unsubscribe", "0x1")
while (reply := receive()).get("id") != 4:
    pass
check("unknown id", reply["result"], False)
socket.close()
