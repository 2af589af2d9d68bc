"""Copies the pictures that the repository carries out of the whole set: every thing that composed scenes can show,
and some of the same things as other families draw them.

usage: subset.py OUT SUBSET     (OUT as laid by fetch.sh; the repository's own SUBSET is workflows/data/emoji)
"""

import csv
import hashlib
import re
import shutil
import sys
from pathlib import Path

GROUPS = ["animals-nature", "food-drink", "travel-places", "objects"]
# Families beside fluent-3d, and how many pictures of each: vector pictures of few bytes.
OTHERS = {"fluent-flat": 60, "noto": 60}
OTHER_BYTES = 3000


def unfit():
    """The concepts that no scene shows, from the captions' grammar itself."""
    grammar = Path(__file__).parents[2] / "nodes/src/input/scenes/grammar.rs"
    listed = re.search(r"const UNFIT: &\[&str\] = &\[(.*?)\];", grammar.read_text("utf-8"), re.S).group(1)
    return set(re.findall(r'"([^"]*)"', listed))


def is_thing(row, unfit):
    words = row["concept"].split()
    odd = {"oclock", "thirty", "mans", "womans"} & set(words)
    plain = re.fullmatch("[a-z ]+", row["concept"])
    return row["group"] in GROUPS and not row["tone"] and len(words) <= 2 and plain and not odd and row["concept"] not in unfit


def rows_of(folder):
    with open(folder / "captions.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def copy(rows, source, target):
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with open(target / "captions.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        for row in rows:
            table.writerow(row)
            shutil.copyfile(source / row["file"], target / row["file"])
    size = sum(path.stat().st_size for path in target.iterdir())
    print(f"{target.name}: {len(rows)} pictures, {size} bytes")


def main():
    out, subset = Path(sys.argv[1]), Path(sys.argv[2])
    without = unfit()
    things = [row for row in rows_of(out / "fluent-3d") if is_thing(row, without)]
    copy(things, out / "fluent-3d", subset / "fluent-3d")
    for family, count in OTHERS.items():
        small = [
            row
            for row in rows_of(out / family)
            if is_thing(row, without) and (out / family / row["file"]).stat().st_size <= OTHER_BYTES
        ]
        small.sort(key=lambda row: hashlib.sha256(row["concept"].encode()).digest())
        copy(sorted(small[:count], key=lambda row: row["file"]), out / family, subset / family)


if __name__ == "__main__":
    main()
