#!/usr/bin/env python3
"""Whole runs of the sampler here and in PyTorch, with the small denoiser, on one card or processor in one go.

    python3 kernels/peers/sampling.py SMALTO [--device cpu] [--pictures 16] [--steps 64] [--write docs/benchmarks.md]

Runs `SMALTO bench verify` first, and measures nothing where a kernel is wrong.
Then times `SMALTO bench sample`, and the same in PyTorch as users write it: at each step the guided network is asked for
every position, codes are drawn, the next positions of a fixed order are laid, and laid codes that the network would
replace with a probability of 0.9 or more are replaced.
Guidance keeps to codes that are plausible without it.
"""

import argparse
import datetime
import json
import math
import statistics
import subprocess
import time

import torch

from denoiser_step import SIZES, Denoiser

RUNS = 3
EDIT_THRESHOLD = 0.9


@torch.no_grad()
def paint(network, words, sizes, pictures, steps, plausibility):
    """Codes on the processor."""
    places, mask = sizes["side"] ** 2, sizes["codes"] + 1
    codes = torch.full((pictures, places), mask, device=words.device)
    order = torch.randperm(places, device=words.device)
    laid = 0
    for step in range(steps):
        chances = network.chances(words, codes, plausibility)
        drawn = torch.multinomial(chances.flatten(0, 1), 1).view(pictures, places)
        sure, best = chances.max(-1)
        until = places - int(places * math.cos(0.5 * math.pi * (step + 1) / steps))
        edited = (codes != mask) & (sure >= EDIT_THRESHOLD)
        codes = torch.where(edited, best, codes)
        codes[:, order[laid:until]] = drawn[:, order[laid:until]]
        laid = until
    return codes.cpu()


def peer(sizes, pictures, steps, plausibility, device):
    """Seconds of a run, in bf16 on a card and in f32 on a processor, as Smalto's."""
    with torch.device(device):
        torch.set_default_dtype(torch.bfloat16 if device == "cuda" else torch.float32)
        network = Denoiser(sizes)
        torch.set_default_dtype(torch.float32)
        words = torch.randint(0, 1096, (2 * pictures, sizes["prompt"]))
    times = []
    for _ in range(1 + RUNS):
        start = time.perf_counter()
        paint(network, words, sizes, pictures, steps, plausibility)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smalto", help="the program, built with `--features cuda`")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="where to compute; default cuda")
    parser.add_argument("--pictures", type=int, default=16, help="pictures at once; default 16")
    parser.add_argument("--steps", type=int, default=64, help="steps of a run; default 64")
    parser.add_argument("--plausibility", type=float, default=0.01, help="as the workflows have it; default 0.01")
    parser.add_argument("--write", help="a Markdown file to append the table to")
    arguments = parser.parse_args()

    pictures, steps = arguments.pictures, arguments.steps
    device = ["--device", arguments.device]
    subprocess.run([arguments.smalto, "bench", "verify", *device], check=True, stdout=subprocess.DEVNULL)
    command = [arguments.smalto, "bench", "sample", *device, "--json"]
    command += ["--pictures", str(pictures), "--steps", str(steps), "--plausibility", str(arguments.plausibility)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    lines = ["| | run, s | pictures a second |", "|---|---|---|"]
    assert said["codes"] == SIZES["shipped"]["codes"], "both must be of one network"
    other = peer(SIZES["shipped"], pictures, steps, arguments.plausibility, arguments.device)
    for name, seconds in (("Smalto", said["run_s"]), ("PyTorch", other)):
        lines.append(f"| {name} | {seconds:.3f} | {pictures / seconds:.1f} |")
        print(lines[-1], flush=True)
    if arguments.write:
        with open(arguments.write, "a", encoding="utf-8") as file:
            heading = f"## Runs of the sampler, {said['versions']}, {datetime.date.today()}"
            told = (
                f"`kernels/peers/sampling.py`, {pictures} pictures of 16 × 16 tokens in {steps} steps with guidance, a plausibility of {arguments.plausibility:g} and editing "
                f"by the small network, beside PyTorch {torch.__version__}, not compiled, in one call:"
            )
            file.write("\n".join(["", heading, "", told, "", *lines, ""]))


if __name__ == "__main__":
    main()
