#!/usr/bin/env python3
"""The cross-entropy of large heads here and elsewhere, on one card in one go.

    python3 kernels/peers/cross_entropy.py SMALTO [--write docs/benchmarks.md] [--one ROWS WIDTH CODES]

Runs `SMALTO bench verify` first, and measures nothing where a kernel is wrong.
Then times `SMALTO bench gce`, PyTorch (as it is, and compiled), and, where they are installed, Liger's and Apple's
fused losses (of plain cross-entropy, as they know no groups) on operands of the same sizes and distributions.
Prints one table a size, and appends them with the card and the versions to the file named by --write.

Times are medians of five runs after two, by the card's events; memory is what a run had at its peak beyond operands
and gradients, as the allocators count it.
With --one nothing of that: PyTorch alone at one size, from all logits and a part of the rows at a time, as a line of JSON.
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

SIZES = [(4096, 4096, 131072), (8192, 2048, 262144)]
GROUP = 8
WEIGHT = 0.2
# By how many nats targets stand out of a head that is sure, and what may be left out of its gradients.
MARGIN, SKIP = 20, 1e-4
# Rows whose logits are held at a time, where PyTorch does not hold all.
PART = 1024
WARM_UP, RUNS = 2, 5
MIB = 2**20


def measure(run):
    """Milliseconds and MiB of a function that lets go of its gradients when it starts."""
    torch.cuda.synchronize()
    time.sleep(1.0)
    for _ in range(WARM_UP):
        run()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    held = torch.cuda.memory_allocated()
    times = []
    for _ in range(RUNS):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        run()
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times), (torch.cuda.max_memory_allocated() - held) / MIB


def grouped(hidden, weight, targets):
    """The grouped loss from all logits, in f32."""
    logits = (hidden @ weight.T).float()
    lse = logits.logsumexp(-1)
    own = logits.gather(1, targets[:, None])[:, 0]
    rows = torch.arange(len(targets), device=targets.device)
    group = logits.unflatten(1, (-1, GROUP))[rows, targets // GROUP].logsumexp(-1)
    return (lse - own + WEIGHT * (lse - group)).mean()


def contenders(hidden, weight, targets):
    """Names and functions, as far as they are installed."""

    def backward(loss):
        def run():
            hidden.grad = weight.grad = None
            loss().backward()

        return run

    compiled = torch.compile(grouped)
    yield "PyTorch, grouped", backward(lambda: grouped(hidden, weight, targets))
    yield "PyTorch compiled, grouped", backward(lambda: compiled(hidden, weight, targets))
    yield "PyTorch, plain", backward(lambda: F.cross_entropy((hidden @ weight.T).float(), targets))
    try:
        from liger_kernel.transformers.fused_linear_cross_entropy import LigerFusedLinearCrossEntropyLoss

        liger = LigerFusedLinearCrossEntropyLoss()
        yield "Liger, plain", backward(lambda: liger(weight, hidden, targets))
    except ImportError:
        print("Liger is not installed", file=sys.stderr)
    try:
        from cut_cross_entropy import linear_cross_entropy

        for kind in ("cce", "torch_compile"):
            yield f"Apple {kind}, plain", backward(
                lambda kind=kind: linear_cross_entropy(hidden, weight, targets, impl=kind)
            )
    except ImportError:
        print("Apple's cut_cross_entropy is not installed", file=sys.stderr)


def smalto(program, *arguments):
    """What one `bench gce` said."""
    command = [program, "bench", "gce", "--device", "cuda", "--json", *map(str, arguments)]
    time.sleep(1.0)
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def operands(rows, width, codes):
    """Hidden vectors, head and targets as `bench gce` draws them."""
    hidden = torch.randn(rows, width, device="cuda", dtype=torch.bfloat16).requires_grad_()
    weight = (torch.randn(codes, width, device="cuda") * 0.02).bfloat16().requires_grad_()
    return hidden, weight, torch.randint(0, codes, (rows,), device="cuda")


def one(rows, width, codes):
    """Milliseconds and MiB of the grouped loss from all logits, and from those of some rows at a time."""
    hidden, weight, targets = operands(rows, width, codes)

    def naive():
        hidden.grad = weight.grad = None
        grouped(hidden, weight, targets).backward()

    def chunked():
        hidden.grad = weight.grad = None
        for own, wanted in zip(hidden.split(PART), targets.split(PART)):
            (grouped(own, weight, wanted) * (len(wanted) / rows)).backward()

    found = {"torch": torch.__version__}
    for name, run in (("chunked", chunked), ("naive", naive)):
        try:
            milliseconds, extra = measure(run)
            found[name] = {"both_ms": milliseconds, "extra_mib": extra}
        except torch.OutOfMemoryError:
            found[name] = None
        torch.cuda.empty_cache()
    return found


def table(program, rows, width, codes):
    """A Markdown table of one size."""
    lines = [
        f"{rows} rows, width {width}, {codes} codes, groups of {GROUP}, bf16:",
        "",
        "| | forward, ms | forward and backward, ms | extra memory, MiB |",
        "|---|---|---|---|",
    ]
    for memory in (None, 128, 256):
        given = [] if memory is None else ["--memory", memory]
        said = smalto(program, "--rows", rows, "--dim", width, "--vocab", codes, "--group", GROUP, *given)
        name = "Smalto, grouped" + ("" if memory is None else f", `--memory {memory}`")
        lines.append(f"| {name} | {said['forward_ms']:.2f} | {said['both_ms']:.2f} | {said['extra_mib']:.0f} |")
    versions = said["versions"]
    trained = ["--margin", MARGIN]
    for skip in (0, SKIP):
        said = smalto(
            program, "--rows", rows, "--dim", width, "--vocab", codes, "--group", GROUP, *trained, "--skip", skip
        )
        name = f"Smalto, `--margin {MARGIN} --skip {skip}`"
        lines.append(f"| {name} | {said['forward_ms']:.2f} | {said['both_ms']:.2f} | {said['extra_mib']:.0f} |")
    hidden_error, head_error = said["gradient_errors"]
    left_out = f"`--skip {SKIP}` left out {hidden_error:.1e} of the gradient in hidden vectors, {head_error:.1e} of that in the head."

    hidden, weight, targets = operands(rows, width, codes)
    with torch.no_grad():
        product, extra = measure(lambda: hidden @ weight.T)
    lines.append(f"| PyTorch, the product of the logits alone | {product:.2f} | | {extra:.0f} |")
    for name, run in contenders(hidden, weight, targets):
        try:
            milliseconds, extra = measure(run)
            lines.append(f"| {name} | | {milliseconds:.2f} | {extra:.0f} |")
        except Exception as error:  # a contender that fails must not end the others
            print(f"{name} failed: {str(error)[:200]}", file=sys.stderr)
            lines.append(f"| {name} | | failed | |")
        torch.cuda.empty_cache()
    return [*lines, "", left_out], versions


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smalto", help="the program, built with `--features cuda`")
    parser.add_argument("--write", help="a Markdown file to append the tables to")
    parser.add_argument("--one", nargs=3, type=int, metavar=("ROWS", "WIDTH", "CODES"), help="PyTorch alone at one size")
    arguments = parser.parse_args()

    if arguments.one:
        print(json.dumps(one(*arguments.one)))
        return
    subprocess.run([arguments.smalto, "bench", "verify", "--device", "cuda"], check=True, stdout=subprocess.DEVNULL)
    tables = []
    for sizes in SIZES:
        lines, versions = table(arguments.smalto, *sizes)
        print("\n".join(lines), "\n", flush=True)
        tables += [*lines, ""]
        torch.cuda.empty_cache()
    if arguments.write:
        with open(arguments.write, "a", encoding="utf-8") as file:
            heading = f"## Cross-entropy of large heads, {versions}, {datetime.date.today()}"
            peers = f"`kernels/peers/cross_entropy.py`, beside PyTorch {torch.__version__}, in one call:"
            file.write("\n".join(["", heading, "", peers, "", *tables]))


if __name__ == "__main__":
    main()
