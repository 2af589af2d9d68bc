#!/usr/bin/env python3
"""Lays the LLVM that the CUDA build links, from wheels on PyPI.

    python3 .ci/llvm_prefix.py [FOLDER]

With `--features cuda`, a build script among burn's dependencies (tracel-llvm-bundler) fetches an LLVM bundle from GitHub.
It does nothing where the bundle lies already, so on machines that reach package registries alone this script lays
the same series of LLVM beforehand: static archives for x86-64 and NVPTX, headers, and a stand-in for llvm-config.

Needs pip. Does nothing where the folder is complete.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The bundle that Cargo.lock asks for, and the wheels that hold the same series of LLVM.
BUNDLER = "23.1.0-4"
LLVM = "23.1.1"
WHEELS = [f"mlc-llvm-static=={LLVM}.post0", f"mlc-llvm-static-extra-targets=={LLVM}.post0"]

# Every other target of LLVM stays out: a quarter of the size.
LEFT_OUT = (
    "AArch64 AMDGPU ARM AVR BPF Hexagon Lanai LoongArch MSP430 Mips PowerPC RISCV SPIRV Sparc SystemZ VE WebAssembly XCore"
).split()

# What the headers list for each purpose: LLVM's own list names the targets that were left out.
LISTS = {
    "Targets.def": ("LLVM_TARGET", ["X86", "NVPTX"]),
    "AsmPrinters.def": ("LLVM_ASM_PRINTER", ["X86", "NVPTX"]),
    "AsmParsers.def": ("LLVM_ASM_PARSER", ["X86"]),
    "Disassemblers.def": ("LLVM_DISASSEMBLER", ["X86"]),
    "TargetMCAs.def": ("LLVM_TARGETMCA", ["X86"]),
}

LLVM_CONFIG = """#!/bin/sh
# Answers what the bundler asks of llvm-config; written by .ci/llvm_prefix.py.
prefix=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
defines="-D_GNU_SOURCE -D_GLIBCXX_USE_CXX11_ABI=1 -D__STDC_CONSTANT_MACROS -D__STDC_FORMAT_MACROS -D__STDC_LIMIT_MACROS"
for question in "$@"; do
    case "$question" in
        --link-static) ;;
        --version) echo {version} ;;
        --prefix) echo "$prefix" ;;
        --includedir) echo "$prefix/include" ;;
        --libdir) echo "$prefix/lib" ;;
        --libs | --libnames) echo "{libraries}" ;;
        --system-libs) echo "-lrt -ldl -lpthread -lm -lz -lzstd" ;;
        --cflags) echo "-I$prefix/include $defines" ;;
        --cxxflags) echo "-I$prefix/include -std=c++17 $defines -fno-exceptions -fno-rtti" ;;
        *) echo "llvm-config: no answer to $question" >&2; exit 1 ;;
    esac
done
"""


def locked_bundler():
    """The version of tracel-llvm-bundler in Cargo.lock."""
    lock = (ROOT / "Cargo.lock").read_text()
    found = re.search(r'name = "tracel-llvm-bundler"\nversion = "([^"]+)"', lock)
    return found.group(1) if found else None


def default_folder():
    """Where the bundler looks."""
    data = os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share"
    return pathlib.Path(data) / "tracel" / f"tracel-llvm-{BUNDLER}"


def fetch(folder):
    """Downloads and unpacks the wheels; returns the folder of the static LLVM."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run(pip + WHEELS, check=True)
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "unpacked")
    return folder / "unpacked/mlc_llvm_static/static"


def libraries(static):
    """The archives in link order, as `-lNAME`, without those of targets that are left out."""
    names = subprocess.run(
        [sys.executable, static / "bin/llvm-config.py", "--link-static", "--libs"],
        env={**os.environ, "PYTHONPATH": str(static / "bin"), "MLC_LLVM_STATIC_SDK_PREFIX": str(static)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    return [name for name in names if not name.startswith(tuple(f"-lLLVM{target}" for target in LEFT_OUT))]


def lay(static, folder):
    """Lays archives, headers and llvm-config; returns how many archives."""
    names = libraries(static)
    (folder / "lib").mkdir(parents=True)
    for name in [name.removeprefix("-l") for name in names] + ["z", "zstd"]:
        shutil.copy2(static / f"lib/lib{name}.a", folder / "lib")

    shutil.copytree(static / "include", folder / "include")
    for file, (macro, targets) in LISTS.items():
        entries = "".join(f"{macro}({target})\n" for target in targets)
        guard = f"#ifndef {macro}\n#  error define {macro}(TargetName) first\n#endif\n"
        (folder / "include/llvm/Config" / file).write_text(f"{guard}{entries}#undef {macro}\n")

    (folder / "bin").mkdir()
    tool = folder / "bin/llvm-config"
    tool.write_text(LLVM_CONFIG.replace("{version}", LLVM).replace("{libraries}", " ".join(names)))
    tool.chmod(0o755)
    return len(names)


def main():
    if locked_bundler() != BUNDLER:
        sys.exit(f"Cargo.lock asks for bundle {locked_bundler()}, but this script lays {BUNDLER}: update its constants")
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default_folder()
    done = folder / ".tracel-llvm-installed"
    if done.exists():
        print(f"{folder} is complete")
        return
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        count = lay(fetch(pathlib.Path(temporary)), folder)
    # The bundler takes this file for the sign that all is there, so it comes last.
    done.touch()
    print(f"laid {count} archives at {folder}")


if __name__ == "__main__":
    main()
