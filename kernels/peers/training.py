#!/usr/bin/env python3
"""Training of the small denoiser here and in PyTorch, on one card in one go.

    python3 kernels/peers/training.py SMALTO [--batch 256] [--write docs/benchmarks.md]

Runs `SMALTO bench verify` first, and measures nothing where a kernel is wrong.
Then times `SMALTO bench train`, and the same update in PyTorch, as it is and compiled: weights in f32, bf16 by autocast,
attention by `scaled_dot_product_attention`, the grouped cross-entropy, gradients clipped, fused AdamW, and a running
average of the weights.
PyTorch gets its batches ready made on the card; Smalto's are made and corrupted by other threads meanwhile.
"""

import argparse
import datetime
import json
import statistics
import subprocess
import time

import torch

from denoiser_step import SIZES, Denoiser

WARM_UP, TENS = 2, 10
CODES_OF_GROUP, GROUP_WEIGHT = 8, 0.2
AVERAGE = 0.999


class Learner(Denoiser):
    """The denoiser as it learns: no guidance, and the loss in place of the likeliest codes."""

    def forward(self, words, codes, targets, weights):
        logits = self.scores(self.vectors(words, codes)).flatten(0, 1).float()
        whole = logits.logsumexp(-1)
        rows = torch.arange(len(targets), device=targets.device)
        group = logits.view(len(targets), -1, CODES_OF_GROUP)[rows, targets // CODES_OF_GROUP].logsumexp(-1)
        loss = whole - logits.gather(1, targets[:, None])[:, 0] + GROUP_WEIGHT * (whole - group)
        return (loss * weights).sum()


def peer(sizes, batch, compiled):
    """Milliseconds of an update."""
    torch.manual_seed(1)
    with torch.device("cuda"):
        network = Learner(sizes)
        words = torch.randint(0, 1096, (batch, sizes["prompt"]))
        codes = torch.randint(0, sizes["codes"], (batch, sizes["side"] ** 2))
        targets = torch.randint(0, sizes["codes"], (batch * sizes["side"] ** 2,))
        weights = torch.full((len(targets),), 1.0 / len(targets))
    network.cos, network.sin = network.cos.bfloat16(), network.sin.bfloat16()
    weights_of = list(network.parameters())
    averages = [weight.detach().clone() for weight in weights_of]
    optimiser = torch.optim.AdamW(weights_of, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    loss_of = torch.compile(network) if compiled else network

    def update():
        with torch.autocast("cuda", torch.bfloat16):
            loss = loss_of(words, codes, targets, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights_of, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        torch._foreach_lerp_(averages, [weight.detach() for weight in weights_of], 1.0 - AVERAGE)
        return loss.detach()

    times = []
    for at in range(WARM_UP + TENS):
        start = time.perf_counter()
        total = sum(update() for _ in range(10))
        assert torch.isfinite(total).item()
        if at >= WARM_UP:
            times.append(1e2 * (time.perf_counter() - start))
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smalto", help="the program, built with `--features cuda`")
    parser.add_argument("--batch", type=int, default=256, help="pictures of a batch; default 256")
    parser.add_argument("--write", help="a Markdown file to append the table to")
    arguments = parser.parse_args()

    sizes, batch = SIZES["shipped"], arguments.batch
    subprocess.run([arguments.smalto, "bench", "verify", "--device", "cuda"], check=True, stdout=subprocess.DEVNULL)
    command = [arguments.smalto, "bench", "train", "--device", "cuda", "--json", "--batch", str(batch)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert said["codes"] == sizes["codes"], "both must be of one network"
    lines = ["| | update, ms | tokens a second |", "|---|---|---|"]

    def row(name, milliseconds):
        tokens = batch * sizes["side"] ** 2 / milliseconds * 1e3
        lines.append(f"| {name} | {milliseconds:.2f} | {tokens:,.0f} |")
        print(lines[-1], flush=True)

    row("Smalto", said["update_ms"])
    row("PyTorch", peer(sizes, batch, False))
    row("PyTorch compiled", peer(sizes, batch, True))
    if arguments.write:
        with open(arguments.write, "a", encoding="utf-8") as file:
            heading = f"## Training of the small denoiser, {said['versions']}, {datetime.date.today()}"
            told = f"`kernels/peers/training.py`, batches of {batch}, beside PyTorch {torch.__version__}, in one call:"
            file.write("\n".join(["", heading, "", told, "", *lines, ""]))


if __name__ == "__main__":
    main()
