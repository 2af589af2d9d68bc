#!/usr/bin/env python3
"""Makes tables and plots of what run.py measured.

    python3 docs/evidence/page.py LINES... [--only abc] [--page docs/evidence.md] [--plots docs/evidence]

LINES are files of lines, or folders that hold a lines.jsonl; where a run stands in several, the last counts.
The page keeps what people wrote: only what stands between `<!-- figures: NAME -->` and `<!-- end -->` is made anew.
Where there is no page yet, it begins as template.py says.
--only takes the letters of experiments whose figures are made anew; those of the others stay as they are.
What was not measured stays empty.
"""

import argparse
import json
import pathlib
import re
import sys

import template
from chart import chart
from figures import Mean, cell, differences

HERE = pathlib.Path(__file__).resolve().parent
OBJECTIVES = {"ce": "CE", "gce": "GCE", "snce": "SNCE", "knn": "kNN"}
FLIPS = {"gce-noflips": "none", "gce": "uniform", "gce-neighbours": "neighbours", "gce-own": "own"}
HEADS = {
    "fused": "Smalto",
    "fused_in_parts": "Smalto, `--memory 128`",
    "chunked": "PyTorch, 1024 rows at a time",
    "naive": "PyTorch, all logits",
}


class Lines:
    """The lines of all runs, by name."""

    def __init__(self, paths):
        self.by_name = {}
        for path in paths:
            path = path / "lines.jsonl" if path.is_dir() else path
            for text in path.read_text(encoding="utf-8").splitlines():
                if text.strip():
                    line = json.loads(text)
                    self.by_name[line["name"]] = line

    def of(self, kind):
        return [line for line in self.by_name.values() if line["kind"] == kind]

    def results(self, name):
        line = self.by_name.get(name)
        return line and line["results"]

    def denoisers(self, codebook, objective):
        """The denoisers of one sort, by seed."""
        found = {}
        for line in self.of("denoiser"):
            settings = line["settings"]
            if (settings["codebook"], settings["objective"]) == (codebook, objective):
                found[settings["seed"]] = line["results"]
        return dict(sorted(found.items()))

    def codebooks(self):
        return sorted({line["settings"]["codebook"] for line in self.of("denoiser")})


def loss(stage):
    return stage["filling"]["loss_nats"]


def of_ratios(name):
    def mean(stage):
        ratios = stage["filling"]["ratios"]
        return sum(ratio[name] for ratio in ratios) / len(ratios)

    return mean


def score(report):
    return report["scenes"]["score"]["overall"]["score"]


FIGURES = {
    "masked loss, nats": (loss, 3),
    "top-1": (of_ratios("accuracy"), 3),
    "right group of 8": (of_ratios("group_accuracy"), 3),
    "scenes score": (score, 3),
}


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def last(results):
    return results["stages"][-1]


def sorts(lines):
    """Codebooks and objectives of experiment a, with their denoisers by seed."""
    for codebook in lines.codebooks():
        for objective, name in OBJECTIVES.items():
            found = lines.denoisers(codebook, objective)
            if found:
                yield codebook, name, found


def losses(lines):
    """What each loss comes to at the end."""
    rows = []
    for codebook, name, found in sorts(lines):
        updates = last(next(iter(found.values())))["updates"]
        values = [cell(Mean([of(last(one)) for one in found.values()]), digits) for of, digits in FIGURES.values()]
        rows.append([str(codebook), name, str(len(found)), str(updates), *values])
    return table(["codes", "loss", "seeds", "updates", *FIGURES], rows)


def grouped_minus_plain(lines):
    """GCE minus CE, seed by seed."""
    rows = []
    for codebook in lines.codebooks():
        grouped, plain = lines.denoisers(codebook, "gce"), lines.denoisers(codebook, "ce")
        values = []
        for of, digits in FIGURES.values():
            left, right = ({seed: of(last(one)) for seed, one in found.items()} for found in (grouped, plain))
            values.append(cell(differences(left, right), digits, "+"))
        rows.append([str(codebook), *values])
    return table(["codes", *FIGURES], rows)


def over_updates(lines, of, digits):
    """A figure at each stage of training."""
    rows, stages = [], []
    for codebook, name, found in sorts(lines):
        by_stage = by_updates(found, of)
        stages = sorted({*stages, *by_stage})
        rows.append((codebook, name, by_stage))
    cells = []
    for codebook, name, by_stage in rows:
        cells.append([str(codebook), name, *(cell(by_stage.get(stage), digits) for stage in stages)])
    return table(["codes", "loss", *(f"{stage} updates" for stage in stages)], cells)


def by_updates(found, of):
    """The mean of a figure over seeds, by updates."""
    stages = sorted({stage["updates"] for one in found.values() for stage in one["stages"]})
    return {
        updates: Mean([of(stage) for one in found.values() for stage in one["stages"] if stage["updates"] == updates])
        for updates in stages
    }


def tokenizers(lines):
    """What the tokenizers lose, as far as scenes tell."""
    rows = []
    for codebook in lines.codebooks():
        trained = lines.results(f"tokenizer-{codebook}") or {}
        some = next((found for own, _, found in sorts(lines) if own == codebook), {})
        reports = [last(one)["scenes"] for one in some.values()]
        checker = [
            f"{reports[0][name]['overall']['score']:.3f}" if reports else ""
            for name in ("checker_on_true_pictures", "checker_on_reconstructions")
        ]
        psnr = f"{trained['psnr']:.1f}" if trained else "that of the model card"
        steps = str(trained["steps"]) if trained else "that of the model card"
        seconds = lines.by_name.get(f"tokenizer-{codebook}", {}).get("seconds", "")
        rows.append([str(codebook), steps, f"{seconds}", psnr, *checker])
    checked = ["checker on true scenes", "checker behind the tokenizer"]
    head = ["codes", "steps", "seconds", "PSNR of held-out scenes, dB", *checked]
    return table(head, rows)


def editing(lines):
    """Sampled with editing and without, trained with flips and without."""
    rows = []
    for objective, name in FLIPS.items():
        found = lines.denoisers(4096, objective)
        if not found:
            continue
        off = {seed: score(one["without_editing"]) for seed, one in found.items()}
        on = {seed: score(last(one)) for seed, one in found.items()}
        mended = [last(one)["mended"]["on"] for one in found.values()]
        rows.append([
            name,
            str(len(found)),
            cell(Mean(list(off.values())), 3),
            cell(Mean(list(on.values())), 3),
            cell(differences(on, off), 3, "+"),
            *(cell(Mean([one[part]["mean"] for one in mended]), 3) for part in ("restored", "damaged", "difference")),
        ])
    head = ["flips", "seeds", "score, editing off", "on", "on − off", "restored", "damaged", "restored − damaged"]
    return table(head, rows)


def swept_threshold(lines):
    rows = []
    for point in (lines.results("sweep-threshold") or {"points": []})["points"]:
        on = point["mended"]["on"]
        parts = [f"{on[part]['mean']:.3f}" for part in ("restored", "damaged")]
        between = on["difference"]
        interval = f"{between['mean']:.3f} ({between['low']:.3f} … {between['high']:.3f})"
        rows.append([f"{point['threshold']:g}", f"{score(point):.3f}", *parts, interval])
    return table(["threshold", "scenes score", "restored", "damaged", "restored − damaged"], rows)


def swept_steps(lines):
    points = (lines.results("sweep-steps") or {"points": []})["points"]
    rows = []
    for point in points:
        rows.append([str(point["steps"]), *(f"{score({'scenes': point[name]}):.3f}" for name in ("off", "on"))])
    return table(["steps", "score, editing off", "on"], rows)


def heads(lines):
    rows = []
    for line in sorted(lines.of("head"), key=lambda line: line["settings"]["codes"]):
        row = [str(line["settings"]["codes"])]
        for way in HEADS:
            found = line["results"].get(way) or {}
            for name, digits in (("both_ms", 2), ("extra_mib", 0)):
                number = found.get(name)
                row.append("" if number is None else f"{number:.{digits}f}")
        rows.append(row)
    head = [f"{name}, {unit}" for name in HEADS.values() for unit in ("ms", "MiB")]
    return table(["codes", *head], rows)


def measured_on(lines):
    """Where it was measured, how long it took, and how many runs there are."""
    devices = {line["results"]["fused"]["versions"] for line in lines.of("head")}
    where = "".join(f", measured with {device}" for device in sorted(devices))
    seconds = sum(line["seconds"] for line in lines.by_name.values())
    together = f"their programs ran for {seconds / 60:.0f} minutes taken together, several at a time"
    return f"{len(lines.by_name)} runs{where}; {together}."


def plots(lines):
    """All plots that there are points for: names and SVG."""
    def means(by):
        return [(at, mean.mean, mean.low, mean.high) for at, mean in by.items()]

    for codebook in lines.codebooks():
        own = [(name, found) for some, name, found in sorts(lines) if some == codebook]
        for file, of, y in (("loss", loss, "masked loss, nats"), ("score", score, "scenes score")):
            drawn = [(name, means(by_updates(found, of))) for name, found in own]
            yield f"{file}_{codebook}", chart(f"{codebook} codes", "updates", y, drawn)
    points = (lines.results("sweep-threshold") or {}).get("points")
    if points:
        of_score = [(point["threshold"], *[score(point)] * 3) for point in points]
        mended = [point["mended"]["on"]["difference"] for point in points]
        of_mended = [(point["threshold"], one["mean"], one["low"], one["high"]) for point, one in zip(points, mended)]
        drawn = [("scenes score", of_score), ("restored − damaged", of_mended)]
        yield "threshold", chart("The edit threshold", "threshold", "share", drawn)
    points = (lines.results("sweep-steps") or {}).get("points")
    if points:
        drawn = [
            (f"editing {name}", [(point["steps"], *[score({"scenes": point[name]})] * 3) for point in points])
            for name in ("off", "on")
        ]
        yield "steps", chart("Steps of the sampler", "steps", "scenes score", drawn, x_logarithmic=True)
    rows = sorted(lines.of("head"), key=lambda line: line["settings"]["codes"])
    sorts_of_cost = (("time", "both_ms", "forward and backward, ms"), ("memory", "extra_mib", "extra memory, MiB"))
    for file, figure, y in sorts_of_cost:
        drawn = []
        for way, name in HEADS.items():
            told = [(line["settings"]["codes"], (line["results"].get(way) or {}).get(figure)) for line in rows]
            own = [(codes, *[number] * 3) for codes, number in told if number]
            drawn += [(name.replace("`", ""), own)] if own else []
        if drawn:
            yield f"head_{file}", chart("The loss of a head", "codes", y, drawn, x_logarithmic=True, y_logarithmic=True)


def sections(lines, experiments):
    """The figures of some experiments."""
    makers = {
        "abc": {"measured": measured_on},
        "a": {
            "tokenizers": tokenizers,
            "losses": losses,
            "grouped minus plain": grouped_minus_plain,
            "loss over updates": lambda lines: over_updates(lines, loss, 3),
            "score over updates": lambda lines: over_updates(lines, score, 3),
        },
        "b": {"editing": editing, "threshold": swept_threshold, "steps": swept_steps},
        "c": {"heads": heads},
    }
    wanted = [of for letters, of in makers.items() if set(letters) <= set(experiments)]
    return {name: make(lines) for of in wanted for name, make in of.items()}


def filled(page, made):
    """The page with all figures made anew."""
    for name, text in made.items():
        pattern = re.compile(rf"(<!-- figures: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
        page, count = pattern.subn(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", page)
        if count != 1:
            sys.exit(f"the page has {count} places for the figures `{name}`; it needs one, as template.py has")
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="+", type=pathlib.Path, help="files or folders of lines")
    parser.add_argument("--only", default="abc", help="letters of the experiments whose figures are made anew")
    parser.add_argument("--page", type=pathlib.Path, default=HERE.parent / "evidence.md")
    parser.add_argument("--plots", type=pathlib.Path, default=HERE)
    arguments = parser.parse_args()

    lines = Lines(arguments.lines)
    begun = arguments.page.read_text(encoding="utf-8") if arguments.page.exists() else template.PAGE
    page = filled(begun, sections(lines, arguments.only))
    arguments.plots.mkdir(parents=True, exist_ok=True)
    for name, picture in plots(lines):
        (arguments.plots / f"{name}.svg").write_text(picture, encoding="utf-8")
    arguments.page.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
