#!/usr/bin/env python3
"""How fast pictures are made of codes, and codes of pictures, here and in PyTorch, on one card in one go.

    python3 kernels/peers/pictures.py SMALTO [--side 1024] [--write docs/benchmarks.md]

Runs `SMALTO bench verify` first, and measures nothing where a kernel is wrong.
Then times `SMALTO bench decode` and `SMALTO bench encode`, and networks of the same shape with random weights in PyTorch,
in bf16 and f32, eagerly and with channels last in memory.
Prints a table, and appends it with the card and the versions to the file named by --write.

Times are medians of five runs after two, by the card's events.
"""

import argparse
import datetime
import json
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

WIDTHS = (256, 256, 512, 512, 1024)
BLOCKS, LATENT, CODES = 4, 256, 131072
GROUPS, EPSILON = 32, 1e-6
WARM_UP, RUNS = 2, 5
TYPES = {"bf16": torch.bfloat16, "f32": torch.float32}


class Block(nn.Module):
    """Two convolutions that change a picture, each behind a norm and an activation."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(GROUPS, width, EPSILON) for width in (inputs, outputs))
        self.convolutions = nn.ModuleList(nn.Conv2d(width, outputs, 3, padding=1) for width in (inputs, outputs))
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x):
        change = x
        for norm, convolution in zip(self.norms, self.convolutions):
            change = convolution(F.silu(norm(change)))
        return self.shortcut(x) + change


class Attention(nn.Module):
    """Every position attends to all, with a single head."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, width, EPSILON)
        self.query, self.key, self.value, self.out = (nn.Conv2d(width, width, 1) for _ in range(4))

    def forward(self, x):
        inner = self.norm(x)
        rows = (layer(inner).flatten(2).transpose(1, 2)[:, None] for layer in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(*rows)[:, 0].transpose(1, 2)
        return x + self.out(mixed.reshape(x.shape))


class Halved(nn.Conv2d):
    """A convolution that halves the resolution, with zeros at the right and at the bottom."""

    def forward(self, x):
        return super().forward(F.pad(x, (0, 1, 0, 1)))


def middle(width):
    return [Block(width, width), Attention(width), Block(width, width)]


def level(inputs, width, blocks, attends):
    for at in range(blocks):
        yield Block(width if at else inputs, width)
        if attends:
            yield Attention(width)


def decoder():
    width = WIDTHS[-1]
    parts = [nn.Conv2d(LATENT, LATENT, 1), nn.Conv2d(LATENT, width, 3, padding=1), *middle(width)]
    for at in reversed(range(len(WIDTHS))):
        parts += level(width, WIDTHS[at], BLOCKS + 1, at == len(WIDTHS) - 1)
        width = WIDTHS[at]
        if at:
            parts += [nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1)]
    return nn.Sequential(*parts, nn.GroupNorm(GROUPS, width, EPSILON), nn.SiLU(), nn.Conv2d(width, 3, 3, padding=1))


def encoder():
    width = WIDTHS[0]
    parts = [nn.Conv2d(3, width, 3, padding=1)]
    for at in range(len(WIDTHS)):
        parts += level(width, WIDTHS[at], BLOCKS, at == len(WIDTHS) - 1)
        width = WIDTHS[at]
        if at + 1 < len(WIDTHS):
            parts.append(Halved(width, width, 3, stride=2))
    parts += [*middle(width), nn.GroupNorm(GROUPS, width, EPSILON), nn.SiLU(), nn.Conv2d(width, LATENT, 3, padding=1)]
    return nn.Sequential(*parts, nn.Conv2d(LATENT, LATENT, 1))


def codes(latents, vectors):
    """The code of each latent, in f32, some latents at a time."""
    rows = latents.permute(0, 2, 3, 1).reshape(-1, LATENT).float()
    return torch.cat([(part @ vectors.T).argmax(1) for part in rows.split(512)])


def measure(run):
    """Milliseconds."""
    torch.cuda.synchronize()
    time.sleep(0.5)
    times = []
    for at in range(WARM_UP + RUNS):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        run()
        end.record()
        torch.cuda.synchronize()
        if at >= WARM_UP:
            times.append(start.elapsed_time(end))
    return statistics.median(times)


def smalto(program, direction, kind, side):
    """What one measurement said."""
    command = [program, "bench", direction, "--device", "cuda", "--json", "--side", str(side), "--compute", kind]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@torch.no_grad()
def peer(direction, kind, side):
    """PyTorch's milliseconds."""
    torch.set_default_dtype(TYPES[kind])
    with torch.device("cuda"):
        if direction == "decode":
            network, x = decoder(), torch.randn(1, LATENT, side // 16, side // 16)
            rest = lambda pixels: pixels  # noqa: E731
        else:
            network, x = encoder(), torch.randn(1, 3, side, side)
            vectors = torch.randn(CODES, LATENT, dtype=torch.float32)
            rest = lambda latents: codes(latents, vectors)  # noqa: E731
    torch.set_default_dtype(torch.float32)
    network = network.to(memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
    milliseconds = measure(lambda: rest(network(x)))
    del network
    torch.cuda.empty_cache()
    return milliseconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smalto", help="the program, built with `--features cuda`")
    parser.add_argument("--side", type=int, default=1024, help="pixels along each side; default 1024")
    parser.add_argument("--write", help="a Markdown file to append the table to")
    arguments = parser.parse_args()

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    subprocess.run([arguments.smalto, "bench", "verify", "--device", "cuda"], check=True, stdout=subprocess.DEVNULL)
    lines = ["| | computed in | Smalto, ms | PyTorch, ms |", "|---|---|---|---|"]
    versions = ""
    for direction in ("decode", "encode"):
        for kind in TYPES:
            said = smalto(arguments.smalto, direction, kind, arguments.side)
            versions = said["versions"]
            try:
                other = f"{peer(direction, kind, arguments.side):.1f}"
            except torch.cuda.OutOfMemoryError as error:
                print(f"PyTorch, {direction} in {kind}: {error}", file=sys.stderr)
                other = "no memory"
            lines.append(f"| {direction} | {kind} | {said['ms']:.1f} | {other} |")
            print(lines[-1], flush=True)
    if arguments.write:
        with open(arguments.write, "a", encoding="utf-8") as file:
            heading = f"## Pictures of {arguments.side} × {arguments.side} pixels, {versions}, {datetime.date.today()}"
            peers = f"`kernels/peers/pictures.py`, beside PyTorch {torch.__version__}, in one call; a network of Emu3.5's shape:"
            file.write("\n".join(["", heading, "", peers, "", *lines, ""]))


if __name__ == "__main__":
    main()
