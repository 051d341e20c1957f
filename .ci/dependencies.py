"""Checks `cargo metadata`, on standard input, against deny.toml: `dependencies.py deny.toml`.

Of what `cargo deny check` looks at, here are licences, versions, wildcards and sources. Advisories take its database.
"""

import json
import re
import sys
import tomllib
from collections import defaultdict

CRATES_IO = ("registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/")


def is_allowed(expression, allowed):
    """Whether an SPDX expression can be kept with these licences; `/` is an `OR` of old."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def either():
        found = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            found = both() or found
        return found

    def both():
        found = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            found = one() and found
        return found

    def one():
        token = tokens.pop(0)
        if token == "(":
            found = either()
            tokens.pop(0)
            return found
        if tokens and tokens[0] == "WITH":
            token = " ".join([token, tokens.pop(0), tokens.pop(0)])
        return token in allowed

    return either() and not tokens


def is_skipped(package, skips):
    """Whether a package is named as `name` or `name@version`, of which the version may be the beginning."""
    for skip in skips:
        name, _, version = skip["crate"].partition("@")
        if package["name"] == name and (package["version"] + ".").startswith(version + "." if version else ""):
            return True
    return False


def problems(metadata, rules):
    packages = metadata["packages"]
    bans, sources = rules["bans"], rules["sources"]
    versions = defaultdict(list)
    for package in packages:
        named = f"{package['name']} {package['version']}"
        licence, source = package["license"], package["source"]
        if licence is None or not is_allowed(licence, rules["licenses"]["allow"]):
            yield f"{named}: its licence is {licence or 'not said'}"
        if source is not None and source not in CRATES_IO:
            kind = "git" if source.startswith("git+") else "registry"
            if sources[f"unknown-{kind}"] == "deny":
                yield f"{named}: it comes from {source}"
        if not is_skipped(package, bans.get("skip", [])):
            versions[package["name"]].append(package["version"])
        for dependency in package["dependencies"] if source is None else ():
            is_local = dependency.get("path") and package["publish"] == [] and bans["allow-wildcard-paths"]
            if bans["wildcards"] == "deny" and dependency["req"] == "*" and not is_local:
                yield f"{named}: it takes any version of {dependency['name']}"
    if bans["multiple-versions"] == "deny":
        for name, found in sorted(versions.items()):
            if len(found) > 1:
                yield f"{name}: it is here as {' and '.join(found)}"


with open(sys.argv[1], "rb") as file:
    rules = tomllib.load(file)
metadata = json.load(sys.stdin)
found = list(problems(metadata, rules))
for problem in found:
    print(f"deny.toml: {problem}", file=sys.stderr)
print(f"{len(metadata['packages'])} crates")
sys.exit(bool(found))
