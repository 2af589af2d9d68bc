#!/usr/bin/env python3
"""Compiles every CUDA source of the workspace as the program will at run time: no GPU, driver or toolkit needed.

    pip install nvidia-cuda-nvrtc
    python3 .ci/nvrtc.py [--arch sm_80 --arch sm_90a] [FILE.cu …]

The sources include nothing but the headers beside them, so that the program needs no CUDA headers where it runs.
Machine code is made, not PTX alone: an instruction that an architecture lacks shows only then.
"""

import argparse
import ctypes
import importlib.util
import pathlib
import sys

# Data centres and desktops: Ampere twice, Ada, Hopper with its own instructions, Blackwell.
ARCHITECTURES = ["sm_80", "sm_86", "sm_89", "sm_90a", "sm_120"]


def library():
    """The NVRTC of PyPI's wheel, else that of the system."""
    found = importlib.util.find_spec("nvidia")
    for folder in found.submodule_search_locations if found else []:
        for path in sorted(pathlib.Path(folder).rglob("libnvrtc.so.*")):
            if "alt" not in path.name:
                return ctypes.CDLL(str(path))
    return ctypes.CDLL("libnvrtc.so")


def compile_source(nvrtc, path, arch):
    """The compiler's log, and whether there is machine code."""
    program = ctypes.c_void_p()
    status = nvrtc.nvrtcCreateProgram(
        ctypes.byref(program), path.read_bytes(), path.name.encode(), 0, None, None
    )
    if status:
        return f"nvrtcCreateProgram: {status}", False
    options = [f"--gpu-architecture={arch}", f"--include-path={path.parent}"]
    told = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    status = nvrtc.nvrtcCompileProgram(program, len(options), told)
    size = ctypes.c_size_t()
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    code = ctypes.c_size_t()
    good = status == 0 and nvrtc.nvrtcGetCUBINSize(program, ctypes.byref(code)) == 0 and code.value > 0
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    return log.value.decode(errors="replace").strip(), good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", action="append", help=f"an architecture to compile for; default {' '.join(ARCHITECTURES)}")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()

    root = pathlib.Path(__file__).resolve().parent.parent
    files = arguments.files or sorted(root.glob("kernels/src/**/*.cu"))
    if not files:
        sys.exit("no CUDA sources found")
    nvrtc = library()
    failed = False
    for path in files:
        for arch in arguments.arch or ARCHITECTURES:
            log, good = compile_source(nvrtc, path, arch)
            print(f"{'ok  ' if good else 'FAIL'} {arch:8} {path.name}")
            if log:
                print(log)
            failed |= not good
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
