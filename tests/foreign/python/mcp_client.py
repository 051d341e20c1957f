"""mcp, the official SDK: a client of tools at a URL, or of a program that it starts."""

import asyncio
import sys
from importlib.metadata import version

from mcp import StdioServerParameters
from mcp.client import Client

from check import check, library

TARGET, MODE = sys.argv[1:3]
library("mcp", version("mcp"))


def target():
    return TARGET if TARGET.startswith("http") else StdioServerParameters(command=TARGET, args=[])


async def told(call):
    """What came of something that may fail."""
    try:
        return await call
    except Exception as error:
        return error


async def main():
    async with Client(target(), mode=MODE) as client:
        listed = await client.list_tools()
        tools = {tool.name: tool for tool in listed.tools}
        find = tools["shelf_find"]
        check("list", lambda: (find.title, find.annotations.read_only_hint), ("Finds books by a word", True))
        check("schemas", lambda: find.input_schema["properties"]["limit"]["default"], 2)
        found = await client.call_tool("shelf_find", {"word": "emma"})
        book = {"title": "Emma", "pages": 474}
        check("structured", lambda: found.structured_content, {"result": [book]})
        lent = await client.call_tool("shelf_lend", {"title": "Emma"})
        check("object", lambda: (lent.structured_content, lent.is_error), (book, False))
        text = lambda result: result.content[0].text
        lost = await client.call_tool("shelf_lend", {"title": "Ulysses"})
        sentence = 'there is no book called "Ulysses"; ask `shelf_find` for those there are'
        check("failure", lambda: (text(lost), lost.is_error), (sentence, True))
        wrong = await client.call_tool("shelf_lend", {"titel": "Emma"})
        sentence = "`shelf.lend` has no parameter `titel`; did you mean `title`?"
        check("wrong arguments", lambda: (text(wrong), wrong.is_error), (sentence, True))
        burnt = await client.call_tool("shelf_burn", {})
        check("panic", lambda: ("secret" in text(burnt), burnt.is_error), (False, True))
        unknown = await told(client.call_tool("shelf_fin", {}))
        check("unknown tool", lambda: "did you mean `shelf_find`?" in str(unknown), True)
        calls = [client.call_tool("shelf_count", {"titles": ["x"] * n}) for n in range(20)]
        counts = [result.structured_content["result"] for result in await asyncio.gather(*calls)]
        check("20 calls", lambda: counts, list(range(20)))


asyncio.run(main())
