"""Calls as Python's XML-RPC library does when the URL has a query and no path: `odd_http_client.py HOST:PORT`."""

import sys
from xmlrpc.client import ServerProxy

for path in ["?k=v", "/?k=v", "/RPC2?k=v&x=y", "/a#part"]:
    with ServerProxy(f"http://{sys.argv[1]}{path}") as server:
        for n in range(3):
            assert server.add(n, 2, 3) == n + 5, path
        assert server.same("?k=v") == "?k=v", path
print("passed")
