"""Packs the laid pictures small enough to travel to a machine without network: one .tar.xz of at most 24 MB.

usage: pack.py OUT PACK.tar.xz     (OUT as laid by fetch.sh; unpack with: tar xJf PACK.tar.xz)

Variants that differ by skin tone alone stay behind, and so do vector pictures of many bytes: they are the drawings
full of gradients and filters that cost the most room and the most time to draw.
"""

import csv
import io
import lzma
import os
import sys
import tarfile
from pathlib import Path

# The most bytes of a picture, and the most pictures, for each family.
FAMILIES = {
    "fluent-3d": (1 << 30, 10_000),
    "fluent-color": (14_000, 800),
    "fluent-flat": (1 << 30, 10_000),
    "noto": (40_000, 10_000),
    "noto-v1": (40_000, 10_000),
    "openclipart": (20_000, 1_200),
}
MOST = 24_000_000


def chosen(folder, longest, most):
    with open(folder / "captions.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not row["tone"]]
    rows = [row for row in rows if (folder / row["file"]).stat().st_size <= longest]
    # Evenly through the alphabet rather than its beginning alone.
    step = max(1.0, len(rows) / most)
    return [rows[int(at * step)] for at in range(min(most, len(rows)))]


def add(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def main():
    out, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.with_name(target.name + ".tmp")
    compressed = lzma.open(work, "wb", preset=9 | lzma.PRESET_EXTREME)
    with compressed, tarfile.open(fileobj=compressed, mode="w") as archive:
        for family, (longest, most) in FAMILIES.items():
            if not (out / family).is_dir():
                continue
            rows = chosen(out / family, longest, most)
            table = io.StringIO()
            writer = csv.DictWriter(table, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            add(archive, f"{family}/captions.csv", table.getvalue().encode("utf-8"))
            for row in rows:
                add(archive, f"{family}/{row['file']}", (out / family / row["file"]).read_bytes())
            print(f"{family}: {len(rows)} pictures")
    size = work.stat().st_size
    if size > MOST:
        sys.exit(f"error: {work} has {size} bytes, more than {MOST}; lower the limits in FAMILIES")
    os.rename(work, target)
    print(f"{target}: {size} bytes")


if __name__ == "__main__":
    main()
