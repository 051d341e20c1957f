"""jsonrpcclient, which makes and reads messages, with requests, which posts them."""

from importlib.metadata import version

import requests
from jsonrpcclient import Error, notification, parse, request

from check import (
    AUTHORITY,
    check,
    check_introspection,
    check_notification,
    check_positional,
    library,
    url,
)

library("jsonrpcclient", f"{version('jsonrpcclient')} with requests {version('requests')}")
session = requests.Session()


class Refusal(Exception):
    pass


def post(message):
    response = session.post(url("http"), json=message, timeout=10, verify=AUTHORITY or True)
    response.raise_for_status()
    return response


def result(parsed):
    if isinstance(parsed, Error):
        raise Refusal(parsed.code, parsed.message, parsed.data)
    return parsed.result


def call(name, *arguments):
    return result(parse(post(request(name, params=arguments)).json()))


def notify(name, *arguments):
    assert post(notification(name, params=arguments)).content == b""


def by_name():
    return result(parse(post(request("add", params={"a": 1, "b": 2, "c": 3})).json()))


def batch():
    messages = [
        request("add", params=[1, 2]),
        notification("echo", params=["nobody"]),
        request("multiply", params=[1, 2]),
        request("echo", params={"text": "three"}),
    ]
    replies = parse(post(messages).json())
    by_id = {reply.id: reply for reply in replies}
    first, second, third = (by_id[messages[i]["id"]] for i in (0, 2, 3))
    return [len(by_id), first.result, second.code, third.result]


check_positional(call, lambda error: error.args)
check("by name", by_name, 6)
check_notification(notify, call)
check("batch", batch, [3, 13, -32601, "three"])
check_introspection(call)
