"""Calls a server with Python's own XML-RPC library, as programs there do."""

import datetime
import sys
from xmlrpc.client import Binary, DateTime, Fault, MultiCall, ServerProxy, Transport


def fails(code, call):
    try:
        result = call()
    except Fault as fault:
        assert fault.faultCode == code, fault
        return fault.faultString
    raise AssertionError(f"no fault but {result!r}")


def plainly(server):
    assert server.add(1, 2, 3) == 6
    assert server.add(1, 2) == 13
    assert server.math.weigh(1, 2, 3) == 123

    # Every type there and back, alone and inside of others.
    everything = [
        0, -1, 2**31 - 1, -(2**31), True, False, 1.5, -0.25, 1e300, 5e-324, "", " a <b> & \"c\" ]]> ",
        "été 😀", "tab\tand\nline", [], {}, [1, ["a", {"b": [True]}]],
        {"b": 1, "a": {"": "x"}, "<&>": 2.5},
    ]
    for value in everything:
        assert server.same(value) == value, value
        assert type(server.same(value)) is type(value), value
    assert server.same(everything) == everything

    # What XML would change on the way is sent so that it is not.
    assert server.repeat("x", 3) == "xxx"
    assert server.nothing() == ""

    # Bytes and dates are what they are, wherever they stand.
    data = bytes(range(256))
    document = server.document(Binary(data), DateTime("19980717T14:08:55"))
    assert isinstance(document["data"], Binary) and document["data"].data == data
    assert document["at"] == DateTime("19980717T14:08:55")
    assert [part.data for part in document["parts"]] == [data[:3], b""]
    later = server.document_later(Binary(data), DateTime("19980717T14:08:55"))
    assert later == document

    # Dates as others write them, with what they say of fractions and of the offset from UTC.
    for written, answered in [
        ("19980717T14:08:55Z", "19980717T14:08:55Z"),
        ("1998-07-17T14:08:55.25+02:00", "19980717T14:08:55.250+02:00"),
        ("19980717T140855-0330", "19980717T14:08:55-03:30"),
    ]:
        assert server.document(Binary(b""), DateTime(written))["at"] == answered, written
    assert "+02:00" in fails(-32602, lambda: server.document(Binary(b""), DateTime("yesterday")))

    # Faults.
    assert "did you mean `add`?" in fails(-32601, lambda: server.ad(1, 2))
    assert "missing argument `b`" in fails(-32602, lambda: server.add(1))
    assert "the string" in fails(-32602, lambda: server.add(1, "2"))
    assert fails(402, lambda: server.refuse(402, "no <money> & no\ncredit")) == "no <money> & no\ncredit"
    assert server.lines() == "one\r\ntwo\rthree\n"
    assert "NaN" in fails(-32603, lambda: server.divide(0.0, 0.0))
    assert "`control` has run, but its result cannot be sent: XML has no character U+0001" in fails(
        -32603, lambda: server.control()
    )
    assert server.big() == 2**40
    assert server.add(1, 2) == 13

    # What there is to call.
    methods = server.system.listMethods()
    assert "add" in methods and "system.multicall" in methods, methods
    assert server.system.methodSignature("add") == [["int"] * 3, ["int"] * 4]
    assert server.system.methodHelp("nothing").endswith("Takes nothing and gives nothing.")
    assert server.system.getCapabilities()["xmlrpc"]["specVersion"] == 1
    described = server.system.describe("document")
    assert [parameter["name"] for parameter in described["parameters"]] == ["data", "at"]
    for method in methods:
        assert server.system.methodHelp(method).startswith(method)
        server.system.methodSignature(method)

    # Several calls in one.
    several = MultiCall(server)
    several.add(1, 2)
    several.document(Binary(b"x"), DateTime("20000101T00:00:00"))
    several.ad(1)
    several.system.methodHelp("add")
    results = several()
    assert results[0] == 13
    assert results[1]["data"] == Binary(b"x")
    assert "did you mean" in fails(-32601, lambda: results[2])
    assert results[3].startswith("add(")
    assert list(MultiCall(server)()) == []

    # Large, over one connection that is kept.
    text = "é<&>" * 200_000
    assert server.same(text) == text
    for n in range(50):
        assert server.add(n, n, n) == 3 * n


def with_builtin_types(server):
    at = datetime.datetime(1998, 7, 17, 14, 8, 55)
    document = server.document(b"bytes", at)
    assert document == {"data": b"bytes", "at": at, "parts": [b"byt", b""]}


def with_extensions(server):
    assert server.same(None) is None
    assert server.same([None, {"a": None}]) == [None, {"a": None}]
    assert server.big_or(None) == 2**40


def in_another_encoding(server):
    assert server.same("café ß") == "café ß"


def with_the_euro_sign(server):
    assert server.same("5 € à Œuvre, Šibenik") == "5 € à Œuvre, Šibenik"


def in_windows_quotes(server):
    assert server.same("“5 €” – ‘naïve’") == "“5 €” – ‘naïve’"


def in_an_unknown_encoding(server):
    said = fails(-32701, lambda: server.same("привет"))
    assert "UTF-8, US-ASCII, ISO-8859-1, ISO-8859-15 and windows-1252" in said, said


class Behind(Transport):
    """Writes something before each message."""

    def __init__(self, before):
        super().__init__()
        self.before = before

    def send_content(self, connection, request_body):
        super().send_content(connection, self.before + request_body)


def behind_a_line_break(server):
    assert server.same("café") == "café"
    assert server.add(1, 2) == 13


def main(url):
    # One after another: each keeps its connection, and a server may serve one at a time.
    for use, options in [
        (plainly, {}),
        (with_builtin_types, {"use_builtin_types": True}),
        (with_extensions, {"allow_none": True}),
        (in_another_encoding, {"encoding": "iso-8859-1"}),
        (in_another_encoding, {"encoding": "us-ascii"}),
        (with_the_euro_sign, {"encoding": "iso-8859-15"}),
        (with_the_euro_sign, {"encoding": "windows-1252"}),
        (in_windows_quotes, {"encoding": "windows-1252"}),
        (behind_a_line_break, {"transport": Behind(b"\n")}),
        (behind_a_line_break, {"transport": Behind(b"\r\n \t"), "encoding": "iso-8859-1"}),
        (in_an_unknown_encoding, {"encoding": "koi8-r"}),
    ]:
        with ServerProxy(url, **options) as server:
            use(server)
    print("passed")


main(sys.argv[1])
