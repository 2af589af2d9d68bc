#!/usr/bin/env python3
"""Attention here and in PyTorch, on one card in one go.

    python3 kernels/peers/attention.py SMALTO [--write docs/benchmarks.md]

Runs `SMALTO bench verify` first, and measures nothing where a kernel is wrong.
Then times `SMALTO bench attention` and PyTorch's scaled_dot_product_attention, forward and backward, on operands of the
same sizes, and prints a table.
With --write the table is appended to that file, with the card and the versions.

Times are medians of eleven runs of ten calls after three, by the card's events.
"""

import argparse
import datetime
import json
import statistics
import subprocess
import time

import torch
import torch.nn.functional as F

# Batch, heads, heads of keys, length, width of a head.
SIZES = [
    (4, 16, 16, 4096, 128),
    (4, 16, 16, 4096, 64),
    (2, 32, 8, 1152, 128),
    (256, 8, 8, 88, 64),
    (1, 8, 8, 4096, 256),
]
WARM_UP, RUNS, CALLS = 3, 11, 10


def measure(run):
    """Milliseconds of one call."""
    torch.cuda.synchronize()
    time.sleep(0.3)
    times = []
    for number in range(WARM_UP + RUNS):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(CALLS):
            run()
        end.record()
        torch.cuda.synchronize()
        if number >= WARM_UP:
            times.append(start.elapsed_time(end) / CALLS)
    return statistics.median(times)


def torch_times(batch, heads, key_heads, length, width):
    """Milliseconds of PyTorch, forward and backward."""

    def draw(heads):
        return torch.randn(batch, heads, length, width, device="cuda", dtype=torch.bfloat16).requires_grad_()

    queries, keys, values, grad = draw(heads), draw(key_heads), draw(key_heads), draw(heads)

    def attend():
        return F.scaled_dot_product_attention(queries, keys, values, enable_gqa=heads != key_heads)

    with torch.no_grad():
        forward = measure(attend)
    found = attend()
    backward = measure(lambda: torch.autograd.grad(found, (queries, keys, values), grad, retain_graph=True))
    return forward, backward


def smalto(program, batch, heads, key_heads, length, width):
    """What one `bench attention` said."""
    command = [program, "bench", "attention", "--device", "cuda", "--json", "--batch", batch, "--heads", heads]
    command += ["--key-heads", key_heads, "--length", length, "--width", width]
    time.sleep(0.3)
    return json.loads(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smalto", help="the program, built with `--features cuda`")
    parser.add_argument("--write", help="a Markdown file to append the table to")
    arguments = parser.parse_args()

    subprocess.run([arguments.smalto, "bench", "verify", "--device", "cuda"], check=True, stdout=subprocess.DEVNULL)
    lines = [
        "| batch × heads (of keys) × length × width | forward, ms | PyTorch | backward, ms | PyTorch |",
        "|---|---|---|---|---|",
    ]
    for sizes in SIZES:
        said = smalto(arguments.smalto, *sizes)
        forward, backward = torch_times(*sizes)
        batch, heads, key_heads, length, width = sizes
        lines.append(
            f"| {batch} × {heads} ({key_heads}) × {length} × {width} "
            f"| {said['forward_ms']:.3f} ({said['forward_tflops']:.0f} TFLOP/s) | {forward:.3f} "
            f"| {said['backward_ms']:.3f} ({said['backward_tflops']:.0f} TFLOP/s) | {backward:.3f} |"
        )
    print("\n".join(lines), flush=True)
    if arguments.write:
        with open(arguments.write, "a", encoding="utf-8") as file:
            heading = f"## Attention, {said['versions']}, {datetime.date.today()}"
            peers = f"`kernels/peers/attention.py`, bf16, beside PyTorch {torch.__version__}, in one call:"
            file.write("\n".join(["", heading, "", peers, "", *lines, ""]))


if __name__ == "__main__":
    main()
