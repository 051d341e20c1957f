"""Inserts a row as a program does that tries again where a call fails."""

import sys
from xmlrpc.client import Fault, ServerProxy


def three_tries(call):
    for _ in range(3):
        try:
            return call()
        except Fault as fault:
            said = fault.faultString
    raise AssertionError(f"three tries failed: {said}")


def main(url):
    with ServerProxy(url) as server:
        row = three_tries(lambda: server.insert("first"))
        assert row == {"id": 1, "name": "first"}, row
        assert row.get("note") is None
        assert three_tries(lambda: server.insert_later("second")) == {"id": 2, "name": "second"}
        # A `None` that is the whole result, or stands in an array.
        assert three_tries(lambda: server.note_of(1)) == ""
        assert three_tries(lambda: server.notes()) == ["", ""]
        assert three_tries(lambda: server.system.multicall([{"methodName": "notes", "params": []}])) == [[["", ""]]]
        assert three_tries(lambda: server.by_name()) == {}
        assert server.count() == 2

    # What cannot be sent by any means says that the function has run.
    with ServerProxy(url) as server:
        for insert in [server.insert_with_control, server.insert_with_huge]:
            before = server.count()
            try:
                raise AssertionError(insert())
            except Fault as fault:
                assert "has run, but its result cannot be sent" in fault.faultString, fault
            assert server.count() == before + 1

    # Who has shown that it knows `<nil/>` is sent it.
    with ServerProxy(url, allow_none=True) as server:
        assert server.insert("last", None) == {"id": 5, "name": "last", "note": None}
    print("passed")


main(sys.argv[1])
