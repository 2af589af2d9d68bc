#!/usr/bin/env bash
# Fetches the permissively licensed pictures with the ordinary clients of their registries, checks every archive,
# and lays them as plain folders: OUT/<family>/<name>.svg|webp with OUT/<family>/captions.csv.
#
# usage: workflows/data/fetch.sh OUT      (67 MB to download, about 145 MB laid; archives that are there are not fetched again)
# needs: npm, tar, sha256sum, python3 (its standard library alone); for openclipart also apt-get and dpkg-deb.
#        SMALTO_WITHOUT_OPENCLIPART=1 leaves openclipart out, for systems without apt.
set -euo pipefail

out=${1:?"usage: workflows/data/fetch.sh OUT"}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$out/archives"
archives=$(cd "$out/archives" && pwd)
# What is unpacked is taken apart again each time, so a broken first try leaves nothing behind.
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT

matches() { # FILE SHA256
  [ -f "$1" ] && echo "$2  $1" | sha256sum --check --status -
}

from_npm() { # PACKAGE@VERSION SHA256 FOLDER
  local file="$archives/$3.tgz" packed
  if ! matches "$file" "$2"; then
    echo "fetching $1" >&2
    packed=$(cd "$unpacked" && npm pack "$1" --silent | tail -n 1)
    matches "$unpacked/$packed" "$2" || { echo "error: $1 is not the archive expected (SHA-256 $2)" >&2; exit 1; }
    mv "$unpacked/$packed" "$file"
  fi
  mkdir -p "$unpacked/$3"
  tar xzf "$file" -C "$unpacked/$3" --strip-components=1
}

from_debian() { # PACKAGE VERSION SHA256 FOLDER
  local file="$archives/$4.deb"
  if ! matches "$file" "$3"; then
    echo "fetching $1=$2" >&2
    mkdir -p "$unpacked/deb"
    (
      cd "$unpacked/deb"
      apt-get download --quiet --quiet "$1=$2" 2>/dev/null ||
        { apt-get update --quiet --quiet && apt-get download --quiet --quiet "$1=$2" 2>/dev/null; }
    ) || { echo "error: apt-get cannot download $1=$2; SMALTO_WITHOUT_OPENCLIPART=1 leaves it out" >&2; exit 1; }
    set -- "$1" "$2" "$3" "$4" "$unpacked"/deb/*.deb
    matches "$5" "$3" || { echo "error: $1 is not the archive expected (SHA-256 $3)" >&2; exit 1; }
    mv "$5" "$file"
  fi
  mkdir -p "$unpacked/$4"
  dpkg-deb -x "$file" "$unpacked/$4"
}

from_npm @lobehub/fluent-emoji-3d@1.1.0       c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58 fluent-3d
from_npm @iconify-json/fluent-emoji@1.2.7     8044210dbf11e016d4de85f15d01a243423bd832457e7e2491df1b751c0e272b fluent-color
from_npm @iconify-json/fluent-emoji-flat@1.2.6 7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175 fluent-flat
from_npm @iconify-json/noto@1.2.9             3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad noto
from_npm @iconify-json/noto-v1@1.2.5          2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37 noto-v1
from_npm emojibase-data@17.0.0                d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a emojibase
if [ -z "${SMALTO_WITHOUT_OPENCLIPART:-}" ]; then
  from_debian openclipart-svg 1:0.18+dfsg-19  989712d90d57dfa3230049f553bb43b76c30ee4d4b8c5f6e106e33f7db5cbdc5 openclipart
fi

python3 "$here/lay.py" "$unpacked" "$out"
