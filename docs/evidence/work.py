"""How a run of the plan is carried out: what it asks of the program, and what line of figures comes of it."""

import json
import os
import subprocess
import sys
import threading
import time

from plan import EDITING, GROUP, GROUP_WEIGHT, REPOSITORY, SHIPPED, SMALL

WORKFLOWS = REPOSITORY / "workflows/experiments"
PEER = REPOSITORY / "kernels/peers/cross_entropy.py"

# MiB that the loss may take where it works on the rows a part at a time.
CHUNKED_MEMORY = 128


class Stopped(Exception):
    """The time is up; the run goes on the next time."""


class Failed(Exception):
    """The program did not do what the run asked of it."""


def last_words(path):
    """The end of a log, on one line."""
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " / ".join(lines[-3:])


class Worker:
    """Carries out runs, each in a folder of its own; what a run has found it finds again in its folder."""

    def __init__(self, scale, smalto, out, device, deadline):
        self.scale = scale
        self.smalto = smalto
        self.out = out
        self.device = device
        self.deadline = deadline
        self.stopping = threading.Event()

    def stop(self):
        """Asks everything to stop."""
        self.stopping.set()

    def is_over(self):
        """Whether nothing more shall begin."""
        return self.stopping.is_set() or time.monotonic() >= self.deadline

    def line(self, item):
        """Carries out a run; returns its line."""
        carry_out = {
            "tokenizer": self.tokenizer,
            "codes": self.codes,
            "denoiser": self.denoiser,
            "sweep": self.sweep,
            "head": self.head,
        }
        folder = self.folder(item.name)
        folder.mkdir(parents=True, exist_ok=True)
        results = carry_out[item.kind](folder, item.settings)
        spent = (folder / "seconds").read_text(encoding="utf-8").split()
        return {
            "name": item.name,
            "kind": item.kind,
            "experiments": item.experiments,
            "settings": item.settings,
            "seconds": round(sum(map(float, spent)), 1),
            "results": results,
        }

    def has_kept(self, item):
        """Whether what others need of a run is still there."""
        codebook = item.settings.get("codebook")
        return (self.codes_path(codebook) if item.kind == "codes" else self.folder(item.name) / "model").exists()

    def forget(self, name):
        """Lets a run begin anew."""
        for path in self.folder(name).glob("*.step.json"):
            path.unlink()

    def folder(self, name):
        return self.out / "runs" / name

    def tokenizer_path(self, codebook):
        return SHIPPED if codebook == SMALL else self.folder(f"tokenizer-{codebook}") / "model"

    def codes_path(self, codebook):
        return self.folder(f"codes-{codebook}") / "codes.safetensors"

    # The kinds of runs.

    def tokenizer(self, folder, _):
        scale = self.scale
        found = self.workflow(
            folder,
            "train",
            "tokenizer.ron",
            ("psnr", "usage"),
            checkpoint=folder / "checkpoint.safetensors",
            tokenizer=folder / "model",
            levels=scale.levels,
            steps=scale.tokenizer_steps,
            batch=scale.tokenizer_batch,
            pictures=scale.pictures,
        )
        return {**found, "levels": scale.levels, "steps": scale.tokenizer_steps}

    def codes(self, folder, settings):
        scale = self.scale
        path = self.codes_path(settings["codebook"])
        tokenizer = self.tokenizer_path(settings["codebook"])
        given = {"scenes": scale.scenes, "things": scale.things}
        self.workflow(folder, "encode", "encode.ron", (), codes=path, tokenizer=tokenizer, **given)
        return {"scenes": scale.scenes, "things": scale.things.count(",") + 1}

    def denoiser(self, folder, settings):
        codebook = settings["codebook"]
        measured = []
        for updates in self.scale.stages:
            self.train(folder, settings, updates)
            found = self.measure(folder, f"measure-{updates}", settings, folder / "model")
            measured.append({"updates": updates, **found})
        without = self.measure(folder, "without-editing", settings, folder / "model", node="judge", editing=0.0)
        for path in folder.glob("checkpoint*"):
            path.unlink()
        return {"stages": measured, "without_editing": without, "batch": self.scale.batch, "codebook": codebook}

    def train(self, folder, settings, updates):
        """Trains up to so many updates, from the checkpoint on where there is one."""
        codebook = settings["codebook"]
        given = {name: settings[name] for name in ("flips", "flip_kind", "loss") if name in settings}
        if settings["objective"].startswith("gce"):
            given["levels"] = f"{codebook // GROUP}:{GROUP_WEIGHT}"
        self.workflow(
            folder,
            f"train-{updates}",
            "denoiser.ron",
            (),
            network=self.scale.network,
            batch=self.scale.batch,
            checkpoint=folder / "checkpoint.safetensors",
            codebook=codebook,
            codes=self.codes_path(codebook),
            model=folder / "model",
            seed=settings["seed"],
            steps=updates,
            tokenizer=self.tokenizer_path(codebook),
            **given,
        )

    def measure(self, folder, step, settings, model, node=None, **given):
        """What a measurement of the model says: all of it, or what one node does."""
        codebook = settings["codebook"]
        reports = {None: ("filling", "scenes", "mended"), "judge": ("judge-report",), "mend": ("mend-report",)}
        found = self.workflow(
            folder,
            step,
            "measure.ron",
            reports[node],
            until=node,
            captions=self.scale.captions,
            draws=settings["seed"],
            groups=codebook // GROUP,
            model=model,
            pictures=self.scale.pictures,
            repairs=self.scale.repairs,
            things=self.scale.things,
            tokenizer=self.tokenizer_path(codebook),
            **{"editing": EDITING, **given},
        )
        return {name.replace("judge-report", "scenes").replace("mend-report", "mended"): found[name] for name in found}

    def sweep(self, folder, settings):
        model = self.folder(settings["model"]) / "model"
        denoiser = {"codebook": SMALL, "seed": 1}
        found = []
        if settings["of"] == "threshold":
            for threshold in self.scale.thresholds:
                painted = self.measure(folder, f"paint-{threshold}", denoiser, model, "judge", editing=threshold)
                mended = self.measure(folder, f"mend-{threshold}", denoiser, model, "mend", mending=threshold)
                found.append({"threshold": threshold, **painted, **mended})
        else:
            for steps in self.scale.steps:
                scenes = {
                    name: self.measure(
                        folder, f"paint-{steps}-{name}", denoiser, model, "judge", steps=steps, editing=editing
                    )["scenes"]
                    for name, editing in (("off", 0.0), ("on", EDITING))
                }
                found.append({"steps": steps, **scenes})
        return {"points": found}

    def head(self, folder, settings):
        scale, codes = self.scale, settings["codes"]
        sizes = ["--rows", scale.rows, "--dim", scale.width, "--vocab", codes, "--group", GROUP]
        bench = [self.smalto, "bench", "gce", "--device", self.device, "--json", *sizes]
        found = {
            "rows": scale.rows,
            "width": scale.width,
            "fused": self.said(folder, "fused", bench),
            "fused_in_parts": self.said(folder, "fused-in-parts", [*bench, "--memory", CHUNKED_MEMORY]),
        }
        # PyTorch may not be there; then its columns stay empty.
        peer = [sys.executable, PEER, self.smalto, "--one", scale.rows, scale.width, codes]
        try:
            found.update(self.said(folder, "peer", peer))
        except Failed as error:
            found["peer_failed"] = str(error)
        return found

    # What they are made of.

    def workflow(self, folder, step, file, wanted, until=None, network=(), **flags):
        """Runs a workflow once; returns the results called `wanted`, whether files or numbers."""
        known = folder / f"{step}.step.json"
        if known.exists():
            return json.loads(known.read_text(encoding="utf-8"))
        results = folder / step
        command = [self.smalto, "run", WORKFLOWS / file, "--device", self.device, "--out", results, "--json"]
        for name, value in flags.items():
            command += [f"--{name.replace('_', '-')}", value]
        for assignment in network:
            command += ["--set", assignment]
        if until:
            command += ["--until", until]
        output = self.call(command, folder, step)
        numbers = [json.loads(line)["results"] for line in output.splitlines() if line.startswith('{"results"')]
        if not numbers:
            raise Failed(f"step `{step}` told no results; see {folder / step}.log")
        found = {}
        for name in wanted:
            file = results / f"{name}.json"
            found[name] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else numbers[-1][name]
        self.keep(known, found)
        return found

    def said(self, folder, step, command):
        """The JSON line that a command ends with."""
        known = folder / f"{step}.step.json"
        if known.exists():
            return json.loads(known.read_text(encoding="utf-8"))
        output = self.call(command, folder, step)
        found = json.loads(output.strip().splitlines()[-1])
        self.keep(known, found)
        return found

    @staticmethod
    def keep(path, found):
        """Writes what a step found, whole or not at all."""
        new = path.with_suffix(".tmp")
        new.write_text(json.dumps(found), encoding="utf-8")
        os.replace(new, path)

    def call(self, command, folder, step):
        """What a command writes to standard output; the seconds that it took are added to those of the run."""
        if self.is_over():
            raise Stopped
        said, log = folder / f"{step}.out", folder / f"{step}.log"
        begun, is_stopped = time.monotonic(), False
        with open(said, "w", encoding="utf-8") as output, open(log, "w", encoding="utf-8") as errors:
            process = subprocess.Popen([str(word) for word in command], stdout=output, stderr=errors)
            while process.poll() is None:
                if self.is_over() and not is_stopped:
                    process.terminate()
                    is_stopped = True
                time.sleep(0.05)
        with open(folder / "seconds", "a", encoding="utf-8") as seconds:
            seconds.write(f"{time.monotonic() - begun:.3f}\n")
        if process.returncode != 0 and (is_stopped or self.is_over()):
            raise Stopped
        if process.returncode != 0:
            raise Failed(f"exit code {process.returncode}: {last_words(log)}")
        return said.read_text(encoding="utf-8")
