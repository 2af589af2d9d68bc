#!/usr/bin/env python3
"""Runs the experiments of docs/evidence.md, a piece at a time.

    python3 docs/evidence/run.py --smalto SMALTO --out DIR [--only abc] [--jobs 4] [--until-seconds 520]

Every run of the plan trains or measures in a folder of its own, DIR/runs/NAME, and ends as one line of JSON in
DIR/lines.jsonl; a run that has its line is not begun again.
After --until-seconds what is under way is asked to stop: trainings write a checkpoint and go on from there next time.
To go on elsewhere, take along DIR/lines.jsonl and, of DIR/runs, the model of tokenizer-65536 and 4096-gce-1; what is
missing of what others still need is made again.
Several runs share a card, since small networks wait for the processor to launch; what is timed runs alone, at the end.
--only takes the letters of experiments: a, losses and codebooks; b, editing; c, time and memory of the loss.
--tiny runs all of it with next to nothing, within minutes of a processor, to see that the chain holds.

Exit code: 0 when every run has its line, 75 when some are still to do, 1 when one failed.

python3 docs/evidence/page.py makes the tables and plots of the lines.
"""

import argparse
import concurrent.futures
import json
import pathlib
import signal
import sys
import threading
import time

import plan
from work import Failed, Stopped, Worker


class Lines:
    """The lines of finished runs, by name."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        self.names = {json.loads(line)["name"] for line in text.splitlines() if line.strip()}

    def add(self, line):
        with self.lock:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            self.names.add(line["name"])


def do_again(items, worker, lines):
    """Takes runs for undone whose models or codes are gone, where others still need them."""
    by_name = {item.name: item for item in items}
    needed = [name for item in items if item.name not in lines.names for name in item.needs]
    while needed:
        name = needed.pop()
        if name in lines.names and not worker.has_kept(by_name[name]):
            worker.forget(name)
            lines.names.discard(name)
            needed += by_name[name].needs


def carry_out(items, worker, lines, jobs):
    """Works on all that is not done, each run behind those that it needs; returns the names of those that failed."""
    waiting = [item for item in items if item.name not in lines.names]
    failed, running = set(), {}

    def begin(item):
        print(f"begins: {item.name}", flush=True)
        running[pool.submit(worker.line, item)] = item

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        while not worker.is_over():
            lost = [item for item in waiting if set(item.needs) & failed]
            failed |= {item.name for item in lost}
            waiting = [item for item in waiting if item not in lost]
            ready = [item for item in waiting if set(item.needs) <= lines.names]
            shared = [item for item in ready if not item.alone][: jobs - len(running)]
            # What is timed begins when nothing else is left.
            if not shared and not running:
                shared = [item for item in ready if item.alone][:1]
            for item in shared:
                waiting.remove(item)
                begin(item)
            if not running:
                break
            take_in(running, lines, failed)
        while running:
            take_in(running, lines, failed)
    return failed


def take_in(running, lines, failed):
    """Waits until something ends, and takes its line."""
    ended, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
    for future in ended:
        item = running.pop(future)
        try:
            lines.add(future.result())
            print(f"done: {item.name}", flush=True)
        except Stopped:
            print(f"stopped: {item.name}", flush=True)
        except Failed as error:
            failed.add(item.name)
            print(f"failed: {item.name}: {error}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smalto", required=True, help="the program, built with `--features cuda` for a card")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="the folder of lines, models and logs")
    parser.add_argument("--only", default="abc", help="letters of experiments")
    parser.add_argument("--jobs", type=int, default=4, help="how many runs go on at a time")
    parser.add_argument("--until-seconds", type=float, default=float("inf"), help="when to stop, counted from now")
    parser.add_argument("--updates", type=int, default=6000, help="updates of each denoiser")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:INDEX")
    parser.add_argument("--tiny", action="store_true", help="next to nothing of everything")
    arguments = parser.parse_args()

    scale = plan.tiny() if arguments.tiny else plan.full(arguments.updates)
    items = plan.chosen(plan.plan(scale), arguments.only)
    arguments.out.mkdir(parents=True, exist_ok=True)
    lines = Lines(arguments.out / "lines.jsonl")
    deadline = time.monotonic() + arguments.until_seconds
    worker = Worker(scale, arguments.smalto, arguments.out.resolve(), arguments.device, deadline)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())

    do_again(items, worker, lines)
    failed = carry_out(items, worker, lines, max(1, arguments.jobs))
    left = [item.name for item in items if item.name not in lines.names]
    print(f"{len(items) - len(left)} of {len(items)} runs are done")
    if failed:
        print(f"failed, or in want of what failed: {', '.join(sorted(failed))}", file=sys.stderr)
        return 1
    return 75 if left else 0


if __name__ == "__main__":
    sys.exit(main())
