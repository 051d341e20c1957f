"""What every script here is made of: checks, each of which prints a line of JSON."""

import json
import os
import sys
import time

ADDRESS = sys.argv[1]
# Whoever vouches for the server, where it speaks TLS: a file.
AUTHORITY = sys.argv[2] if len(sys.argv) > 2 else None
TEXT = "Grüß Gott, 世界 🦀 <&> \" ' \\ /"
LARGE = "0123456789" * 10_000


def url(scheme):
    """The server's address; `scheme` is `http` or `ws`."""
    return f"{scheme}{'s' if AUTHORITY else ''}://{ADDRESS}/"


def library(name, version):
    """Says which library the checks are about."""
    print(json.dumps({"library": name, "version": version}), flush=True)


def check(name, call, expected):
    """Makes a call, whose result must be as expected."""
    try:
        found = call()
        ok = found == expected
    except Exception as error:
        found, ok = error, False
    print(json.dumps({"check": name, "ok": ok, "detail": repr(found)[:500]}), flush=True)


def refused(fault, call):
    """Makes a call that must fail; `fault` takes the code, and what is said of it, from what is raised."""
    try:
        return f"no refusal but {call()!r}"
    except Exception as error:
        try:
            return fault(error)
        except Exception:
            raise error


def check_positional(call, fault, hands_on_details=True):
    """The checks of a library whose calls are `call(name, *arguments)`."""

    def names_parameter():
        said = str(refused(fault, lambda: call("add", 1, "x"))[1:])
        return "`b`" in said and "i64" in said or said

    check("by position", lambda: call("add", 1, 2), 13)
    check("unknown method", lambda: refused(fault, lambda: call("ad", 1, 2))[0], -32601)
    check("wrong arguments", lambda: refused(fault, lambda: call("add", 1, "x"))[0], -32602)
    if hands_on_details:
        check("details", names_parameter, True)
    check("unicode", lambda: call("echo", TEXT), TEXT)
    check("100 kB", lambda: call("echo", LARGE) == LARGE, True)
    check("20 calls", lambda: [call("add", i, i) for i in range(20)], [i * 2 + 10 for i in range(20)])


def check_notification(notify, call):
    """The check of a library that can call without waiting for a reply."""

    def told():
        text = f"{sys.argv} of process {os.getpid()}"
        notify("remember", text)
        end = time.monotonic() + 10
        while not call("remembers", text) and time.monotonic() < end:
            time.sleep(0.01)
        return call("remembers", text)

    check("notification", told, True)


def check_introspection(call):
    """The check of what a server says of itself."""

    def names():
        return {"add", "echo", "system.listMethods"} <= set(call("system.listMethods"))

    check("introspection", names, True)
