#!/usr/bin/env python3
"""A guided step of the denoiser here and in PyTorch, on one card in one go.

    python3 kernels/peers/denoiser_step.py SMALTO [--write docs/benchmarks.md] [--no-compile]

Runs `SMALTO bench verify` first, and measures nothing where a kernel is wrong.
Then times `SMALTO bench step` for the published network of eight billion numbers and for the small one of the
workflows, and PyTorch (as it is, and compiled) for networks of the same sizes with random bf16 weights.

A step of either begins and ends on the processor: tokens go to the card, the network scores every position with and
without the prompt, and the likeliest code of each position comes back with its probability after guidance.
Times are medians by the processor's clock.
"""

import argparse
import datetime
import json
import math
import statistics
import subprocess
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

GUIDANCE = 5.0
WARM_UP, RUNS = 3, 11

SIZES = {
    "large": {
        "layers": 34, "width": 4096, "heads": 32, "key_heads": 8, "head": 128, "inner": 14336, "gains": True,
        "codes": 131072, "side": 64, "prompt": 128, "pictures": 1,
    },
    "shipped": {
        "layers": 10, "width": 256, "heads": 4, "key_heads": 4, "head": 64, "inner": 704, "gains": False,
        "codes": 16384, "side": 16, "prompt": 24, "pictures": 16,
    },
}


class Block(nn.Module):
    """Attention to all places with grouped keys and values, then a gated feed-forward layer."""

    def __init__(self, sizes):
        super().__init__()
        width, inner = sizes["width"], sizes["inner"]
        self.heads, self.key_heads, self.head = sizes["heads"], sizes["key_heads"], sizes["head"]

        def linear(inputs, outputs):
            return nn.Linear(inputs, outputs, bias=False)

        self.first, self.second = norm(sizes), norm(sizes)
        self.queries = linear(width, self.heads * self.head)
        self.keys = linear(width, self.key_heads * self.head)
        self.values = linear(width, self.key_heads * self.head)
        self.out = linear(self.heads * self.head, width)
        self.gate, self.up, self.down = linear(width, inner), linear(width, inner), linear(inner, width)

    def turned(self, x, cos, sin):
        first, second = x.chunk(2, -1)
        return x * cos + torch.cat((-second, first), -1) * sin

    def forward(self, x, cos, sin):
        batch, length, _ = x.shape
        inner = self.first(x)

        def split(y, heads):
            return y.view(batch, length, heads, self.head).transpose(1, 2)

        queries = self.turned(split(self.queries(inner), self.heads), cos, sin)
        keys = self.turned(split(self.keys(inner), self.key_heads), cos, sin)
        values = split(self.values(inner), self.key_heads)
        mixed = F.scaled_dot_product_attention(queries, keys, values, enable_gqa=self.heads != self.key_heads)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, -1))
        inner = self.second(x)
        return x + self.down(F.silu(self.gate(inner)) * self.up(inner))


def norm(sizes):
    return nn.RMSNorm(sizes["width"], eps=1e-5, elementwise_affine=sizes["gains"])


class Denoiser(nn.Module):
    """Codes to cells, the stack, and cells to the guided scores of codes."""

    def __init__(self, sizes):
        super().__init__()
        width = sizes["width"]
        self.prompt, self.side = sizes["prompt"], sizes["side"]
        self.words = nn.Embedding(1096, width)
        self.table = nn.Embedding(sizes["codes"] + 256, width)
        self.before, self.behind, self.last = norm(sizes), norm(sizes), norm(sizes)
        self.shrink = nn.Conv2d(width, width, 2, 2, bias=False)
        self.blocks = nn.ModuleList(Block(sizes) for _ in range(sizes["layers"]))
        self.enlarge = nn.ConvTranspose2d(width, width, 2, 2, bias=False)
        self.scores = nn.Linear(width, sizes["codes"], bias=False)
        places = torch.arange(self.prompt + self.side**2 // 4)[:, None]
        angles = places * 1e6 ** (-torch.arange(0, sizes["head"], 2) / sizes["head"])[None].float()
        dtype = torch.get_default_dtype()
        self.cos, self.sin = (torch.cat((turn, turn), -1).to(dtype) for turn in (angles.cos(), angles.sin()))

    def vectors(self, words, codes):
        """The vector of each token, `[prompts, tokens, width]`; prompts beyond the pictures see these again."""
        (pictures, _), side, prompts = codes.shape, self.side, words.shape[0]
        cells = self.before(self.table(codes)).view(pictures, side, side, -1).permute(0, 3, 1, 2)
        cells = self.shrink(cells).flatten(2).transpose(1, 2)
        x = torch.cat((self.words(words), cells.repeat(prompts // pictures, 1, 1)), 1)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        x = self.behind(self.last(x)[:, self.prompt :]).transpose(1, 2)
        return self.enlarge(x.reshape(prompts, -1, side // 2, side // 2)).flatten(2).transpose(1, 2)

    def chances(self, words, codes, plausibility=0.0):
        """The probability of each code at each place, led by the first half of the prompts away from the second.

        None for codes that have less than `plausibility` of the likeliest one's probability in the first half.
        """
        own, other = self.vectors(words, codes).chunk(2)
        # Behind the norm all is linear, so that one pass of the head serves both.
        guided = (1.0 + GUIDANCE) * own.float() - GUIDANCE * other.float()
        logits = self.scores(guided.to(own.dtype)).float()
        if plausibility > 0.0:
            alone = self.scores(own).float()
            least = alone.amax(-1, keepdim=True) + math.log(plausibility)
            logits = logits.masked_fill_(alone < least, -math.inf)
        return logits.softmax(-1)

    def forward(self, words, codes):
        return self.chances(words, codes).max(-1)


def times(run):
    """The median milliseconds of a function that ends on the processor."""
    for _ in range(WARM_UP):
        run()
    counted = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        counted.append(1e3 * (time.perf_counter() - start))
    return statistics.median(counted)


def peers(sizes, compiled):
    """Names and milliseconds."""
    with torch.no_grad(), torch.device("cuda"):
        torch.set_default_dtype(torch.bfloat16)
        network = Denoiser(sizes)
        torch.set_default_dtype(torch.float32)
        words = torch.randint(0, 1096, (2 * sizes["pictures"], sizes["prompt"]))
        codes = torch.randint(0, sizes["codes"], (sizes["pictures"], sizes["side"] ** 2), device="cpu")

        def step(of):
            chances, picked = of(words, codes.cuda())
            return chances.cpu(), picked.cpu()

        yield "PyTorch", times(lambda: step(network))
        if compiled:
            faster = torch.compile(network)
            yield "PyTorch compiled", times(lambda: step(faster))
            torch.compiler.reset()
            faster = torch.compile(network, mode="reduce-overhead")
            yield "PyTorch compiled and replayed, `reduce-overhead`", times(lambda: step(faster))


def smalto(program, *arguments):
    """What one `bench step` said."""
    command = [program, "bench", "step", "--device", "cuda", "--json", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def table(program, name, sizes, compiled):
    """A Markdown table of one network."""
    lines = [
        f"{sizes['pictures']} pictures of {sizes['side']} x {sizes['side']} tokens, {sizes['prompt']} ids of prompt, "
        f"{sizes['layers']} layers of {sizes['width']}, {sizes['codes']} codes, with guidance:",
        "",
        "| | step, ms | memory in all, GiB |",
        "|---|---|---|",
    ]
    ways = [("Smalto", []), ("Smalto, drawn at temperature 1", ["--temperature", 1])]
    if name == "large":
        ways.append(("Smalto, one byte a number", ["--weights", "int8"]))
    for way, given in ways:
        said = smalto(program, "--like", name, *given)
        assert said["codes"] == sizes["codes"], "both must be of one network"
        lines.append(f"| {way} | {said['step_ms']:.2f} | {said['shrunk_mib'] / 1024:.2f} |")
    for peer, milliseconds in peers(sizes, compiled):
        lines.append(f"| {peer} | {milliseconds:.2f} | |")
    return lines, said["versions"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smalto", help="the program, built with `--features cuda`")
    parser.add_argument("--write", help="a Markdown file to append the tables to")
    parser.add_argument("--no-compile", action="store_true", help="leave out PyTorch's compiler, which takes a minute")
    parser.add_argument("--like", choices=SIZES, action="append", help="one of the networks alone")
    arguments = parser.parse_args()

    verify = [arguments.smalto, "bench", "verify", "--device", "cuda"]
    subprocess.run(verify, check=True, stdout=subprocess.DEVNULL)
    tables = []
    for name in arguments.like or SIZES:
        lines, versions = table(arguments.smalto, name, SIZES[name], not arguments.no_compile)
        print("\n".join(lines), "\n", flush=True)
        tables += [*lines, ""]
        torch.cuda.empty_cache()
    if arguments.write:
        with open(arguments.write, "a", encoding="utf-8") as file:
            heading = f"## Steps of the denoiser, {versions}, {datetime.date.today()}"
            told = f"`kernels/peers/denoiser_step.py`, beside PyTorch {torch.__version__}, in one call:"
            file.write("\n".join(["", heading, "", told, "", *tables]))


if __name__ == "__main__":
    main()
