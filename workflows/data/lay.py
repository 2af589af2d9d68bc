"""Lays unpacked archives as plain folders: OUT/<family>/<name>.svg|webp and OUT/<family>/captions.csv.

usage: lay.py UNPACKED OUT     (called by fetch.sh; Python's standard library alone)

Columns of captions.csv:
    file      the picture, relative to the folder
    caption   a few lower-case words
    group     what sort of thing it is, and
    subgroup  more closely; both as emojibase or openclipart's folders have them
    concept   what is shown: pictures of one concept have the same one in every family
    drawing   who drew it: families that share drawings have the same one
    tone      the skin tone where the picture is one of several that differ by it alone, else empty
"""

import csv
import hashlib
import html
import json
import os
import re
import shutil
import sys
from pathlib import Path

COLUMNS = ["file", "caption", "group", "subgroup", "concept", "drawing", "tone"]

# Country flags: not part of Microsoft's set, and pictures of nothing else.
FLAGS = 9
# Skin and hair swatches.
COMPONENTS = 2


def words(text):
    """Lower-case words of letters and digits, single spaces between."""
    text = text.lower().replace("’", "").replace("'", "").replace("ñ", "n").replace("å", "a")
    text = text.replace("ã", "a").replace("é", "e").replace("ç", "c").replace("í", "i").replace("ô", "o")
    return " ".join(re.findall(r"[a-z0-9]+", text))


def slug(text):
    return words(text).replace(" ", "-")


def bare(code):
    """A code-point sequence without variation selectors, as all sets can be joined by."""
    return "-".join(part for part in code.lower().split("-") if part != "fe0f")


def emoji_table(emojibase):
    """What each code-point sequence shows: (caption, group, subgroup, concept, tone).

    Of the variants that differ by skin tone alone one is kept, chosen by the hash of the concept.
    """
    entries = json.loads((emojibase / "en/data.json").read_text("utf-8"))
    names = json.loads((emojibase / "meta/groups.json").read_text("utf-8"))
    table = {}
    for entry in entries:
        group = entry.get("group")
        if group in (None, FLAGS, COMPONENTS):
            continue
        concept = words(entry["label"])
        kind = (names["groups"][str(group)], names["subgroups"][str(entry["subgroup"])])
        table[bare(entry["hexcode"])] = (concept, *kind, concept, "")
        skins = entry.get("skins", [])
        if skins:
            pick = hashlib.sha256(concept.encode()).digest()[0] % len(skins)
            skin = skins[pick]
            tone = words(skin["label"].split(":")[-1])
            table[bare(skin["hexcode"])] = (words(skin["label"]), *kind, concept, tone)
    return table


class Family:
    """A folder that is filled under another name and put in place when it is whole."""

    def __init__(self, out, name, drawing):
        self.name, self.drawing = name, drawing
        self.place = out / name
        self.work = out / (name + ".tmp")
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.rows = {}

    def add(self, suffix, content, caption, group, subgroup, concept, tone):
        stem = slug(caption) or "picture"
        file, count = f"{stem}.{suffix}", 1
        while file in self.rows:
            count += 1
            file = f"{stem}-{count}.{suffix}"
        (self.work / file).write_bytes(content)
        self.rows[file] = [file, caption, group, subgroup, concept, self.drawing, tone]

    def finish(self):
        with open(self.work / "captions.csv", "w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)
            table.writerows(self.rows[name] for name in sorted(self.rows))
        shutil.rmtree(self.place, ignore_errors=True)
        os.rename(self.work, self.place)
        base = sum(1 for row in self.rows.values() if not row[-1])
        print(f"{self.name}: {len(self.rows)} pictures, {base} without skin tones")


def lay_fluent_3d(unpacked, out, table):
    family = Family(out, "fluent-3d", "fluent")
    for path in sorted((unpacked / "fluent-3d/assets").glob("*.webp")):
        row = table.get(bare(path.stem))
        if row:
            family.add("webp", path.read_bytes(), *row)
    family.finish()


def icon_svg(icons, icon):
    left, top = icon.get("left", 0), icon.get("top", 0)
    width = icon.get("width", icons.get("width", 16))
    height = icon.get("height", icons.get("height", 16))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="{left} {top} {width} {height}">{icon["body"]}</svg>'
    ).encode("utf-8")


def lay_icons(unpacked, out, table, name, drawing, chars):
    """Lays an Iconify set; `chars` maps code points to the icons' names."""
    icons = json.loads((unpacked / name / "icons.json").read_text("utf-8"))
    family = Family(out, name, drawing)
    laid = set()
    for code, icon in sorted(chars.items()):
        row, icon = table.get(bare(code)), icons["icons"].get(icon)
        if row and icon and row[0] not in laid:
            laid.add(row[0])
            family.add("svg", icon_svg(icons, icon), *row)
    family.finish()


# Folders of openclipart that hold signs, interface icons and patterns rather than pictures of things.
CLIPART_SKIPPED = (
    "computer/icons", "computer/buttons", "computer/folders", "computer/diagrams", "buttons", "logos",
    "shapes", "special", "signs_and_symbols", "unsorted/duplicates", "recreation/games",
    "geography", "transportation/roadsigns", "people/stickmen",
)
CLIPART_BYTES = 200_000
# Files that draw nothing.
CLIPART_BLANK = {"badminton_racket_brice_b_01", "large_braces.svg_amos_01", "light_bulb_karl_bartel_01"}


def clipart_title(text, path):
    found = re.search(r"<dc:title>([^<]+)</dc:title>", text)
    title = words(html.unescape(found.group(1))) if found else ""
    # File names end in the drawer's name and a number: what stands in front is the best name there is.
    if not title or title in ("untitled", "title", "unnamed", "new", "image"):
        title = words(path.stem.rsplit("_", 3)[0].replace("_", " "))
    title = re.sub(r"( \d+)+$", "", title)
    return " ".join(title.split()[:8])


def lay_clipart(unpacked, out):
    root = unpacked / "openclipart/usr/share/openclipart/svg"
    if not root.is_dir():
        return
    family = Family(out, "openclipart", "openclipart")
    seen = set()
    for path in sorted(root.rglob("*.svg")):
        folder = path.parent.relative_to(root).as_posix()
        skipped = any(folder == skip or folder.startswith(skip + "/") for skip in CLIPART_SKIPPED)
        if skipped or path.is_symlink() or path.stem in CLIPART_BLANK or path.stat().st_size > CLIPART_BYTES:
            continue
        content = path.read_bytes()
        text = content.decode("utf-8", "replace")
        licences = re.findall(r'<(?:cc:)?[Ll]icense\s+rdf:(?:resource|about)="([^"]*)"', text)
        free = licences and all(re.search("public-?domain", licence, re.I) for licence in licences)
        drawing = re.sub(r"<metadata.*?</metadata>|\s+|id=\"[^\"]*\"", "", text, flags=re.S)
        digest = hashlib.sha256(drawing.encode()).hexdigest()
        if not free or "<image" in text or digest in seen:
            continue
        seen.add(digest)
        title = clipart_title(text, path)
        if title:
            family.add("svg", content, title, *(folder.split("/") + [""])[:2], title, "")
    family.finish()


def main():
    unpacked, out = Path(sys.argv[1]), Path(sys.argv[2])
    table = emoji_table(unpacked / "emojibase")
    chars = {}
    for name in ("fluent-flat", "noto"):
        chars[name] = json.loads((unpacked / name / "chars.json").read_text("utf-8"))
    # The colour set has the flat set's names, the old Noto set the new one's or emojibase's.
    names = {slug(row[0]): code for code, row in table.items()}
    names.update({icon: code for code, icon in chars["noto"].items()})
    old = json.loads((unpacked / "noto-v1/icons.json").read_text("utf-8"))["icons"]
    chars["noto-v1"] = {names[icon]: icon for icon in old if icon in names}
    chars["fluent-color"] = chars["fluent-flat"]

    lay_fluent_3d(unpacked, out, table)
    lay_icons(unpacked, out, table, "fluent-color", "fluent", chars["fluent-color"])
    lay_icons(unpacked, out, table, "fluent-flat", "fluent", chars["fluent-flat"])
    lay_icons(unpacked, out, table, "noto", "noto", chars["noto"])
    lay_icons(unpacked, out, table, "noto-v1", "noto-v1", chars["noto-v1"])
    lay_clipart(unpacked, out)


if __name__ == "__main__":
    main()
