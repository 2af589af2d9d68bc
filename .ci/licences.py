#!/usr/bin/env python3
"""Checks that every dependency has a licence and a source that deny.toml allows, all features and platforms included.

The part of cargo-deny that this project relies on, for machines where building cargo-deny takes too long.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def allowed(expression, licences):
    """Whether an SPDX expression can be met with `licences`; the old form `MIT/Apache-2.0` means OR."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def either():
        met = both()
        while words and words[0] == "OR":
            words.pop(0)
            met = both() or met
        return met

    def both():
        met = single()
        while words and words[0] == "AND":
            words.pop(0)
            met = single() and met
        return met

    def single():
        word = words.pop(0)
        if word == "(":
            met = either()
            words.pop(0)
            return met
        if words[:1] == ["WITH"]:
            words.pop(0)
            word = f"{word} WITH {words.pop(0)}"
        return word in licences

    return either()


def unchanged(package, rule):
    """Whether the licence files of a package are still those that somebody read."""
    folder = pathlib.Path(package["manifest_path"]).parent
    files = rule["license-files"]
    return all(zlib.crc32((folder / file["path"]).read_bytes()) == file["hash"] for file in files)


def main():
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    licences = set(rules["licenses"]["allow"])
    registries = {f"registry+{address}" for address in rules["sources"]["allow-registry"]}
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)

    clarified = {rule["crate"]: rule for rule in rules["licenses"].get("clarify", [])}

    wrong = []
    for package in metadata["packages"]:
        name = f"{package['name']} {package['version']}"
        if package["source"] is None:
            continue
        if package["source"] not in registries:
            wrong.append(f"{name}: comes from {package['source']}, which deny.toml does not allow")
        licence = package["license"]
        rule = clarified.get(package["name"])
        if rule and not licence:
            licence = rule["expression"] if unchanged(package, rule) else None
        if not licence:
            wrong.append(f"{name}: states no licence")
        elif not allowed(licence, licences):
            wrong.append(f"{name}: its licence `{licence}` is not one that deny.toml allows")
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"{len(metadata['packages'])} packages: licences and sources are as deny.toml allows")


if __name__ == "__main__":
    main()
