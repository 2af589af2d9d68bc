"""What is run for docs/evidence.md: plain data, in the order in which it is best begun."""

import csv
import pathlib
from dataclasses import dataclass, field

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
THINGS = REPOSITORY / "workflows/data/emoji/fluent-3d/captions.csv"
SHIPPED = REPOSITORY / "workflows/models/emoji-128/tokenizer"

# The codebook of that tokenizer, and how many codes stand in a group.
SMALL = 4096
GROUP = 8
GROUP_WEIGHT = 0.2

# What the sampler takes for a wrong token, where editing is on.
EDITING = 0.9


@dataclass(frozen=True)
class Scale:
    """How much of everything there is."""

    things: str
    scenes: int
    # Levels of the large tokenizer, how many codes they make, and how it is trained.
    levels: str
    large: int
    tokenizer_steps: int
    tokenizer_batch: int
    # Updates behind which a denoiser is measured; the last ends its training.
    stages: tuple
    batch: int
    network: tuple
    # How many pictures each measurement looks at.
    captions: int
    pictures: int
    repairs: int
    thresholds: tuple
    steps: tuple
    # The heads of the loss: rows, width, and sizes of the codebook.
    rows: int
    width: int
    heads: tuple


@dataclass(frozen=True)
class Item:
    """A run of the plan, which makes one line of figures."""

    name: str
    kind: str
    # The letters of the experiments that look at it.
    experiments: str
    needs: tuple = ()
    settings: dict = field(default_factory=dict)
    # Whether nothing else may run beside it, because it is timed.
    alone: bool = False


def things(every):
    """The concepts of the repository's drawings in alphabetical order, every so-manieth, with commas between."""
    with open(THINGS, encoding="utf-8") as file:
        concepts = {row["concept"] for row in csv.DictReader(file) if not row["tone"]}
    return ", ".join(sorted(concepts)[::every])


def full(updates):
    """What the page is made of."""
    return Scale(
        things=things(9),
        scenes=100_000,
        levels="16, 16, 16, 16",
        large=65536,
        tokenizer_steps=8000,
        tokenizer_batch=256,
        stages=tuple(updates * quarter // 4 for quarter in (1, 2, 3, 4)),
        batch=128,
        network=(),
        captions=256,
        pictures=256,
        repairs=256,
        thresholds=(0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99),
        steps=(4, 8, 16, 32, 64),
        rows=8192,
        width=1024,
        heads=tuple(2**power for power in range(12, 19)),
    )


def tiny():
    """The same chain within minutes of a processor; its figures say nothing."""
    sizes = {"width": 32, "heads": 1, "key_heads": 1, "head_width": 32, "inner_width": 64, "layers": 1}
    return Scale(
        things=things(20),
        scenes=24,
        levels="8, 8, 4, 4",
        large=1024,
        tokenizer_steps=2,
        tokenizer_batch=2,
        stages=(1, 2),
        batch=2,
        network=tuple(f"new.{name}={size}" for name, size in sizes.items()),
        captions=2,
        pictures=2,
        repairs=2,
        thresholds=(0.3, 0.9),
        steps=(1, 2),
        rows=16,
        width=16,
        heads=(64, 128),
    )


def plan(scale):
    """All runs; each stands behind those that it needs."""
    small, large = f"codes-{SMALL}", f"codes-{scale.large}"
    tokenizer = f"tokenizer-{scale.large}"
    items = [
        Item(tokenizer, "tokenizer", "a"),
        Item(small, "codes", "ab", settings={"codebook": SMALL}),
        Item(large, "codes", "a", (tokenizer,), {"codebook": scale.large}),
    ]

    def denoiser(experiments, codebook, name, seed, **settings):
        needs = (small,) if codebook == SMALL else (large,)
        settings = {"codebook": codebook, "seed": seed, "objective": name, **settings}
        return Item(f"{codebook}-{name}-{seed}", "denoiser", experiments, needs, settings)

    for seed in (1, 2, 3):
        items.append(denoiser("ab", SMALL, "gce", seed))
        items.append(denoiser("a", SMALL, "ce", seed))
        items.append(denoiser("b", SMALL, "gce-noflips", seed, flips=0.0))
    for kind in ("neighbours", "own"):
        items.append(denoiser("b", SMALL, f"gce-{kind}", 1, flip_kind=kind))
    for seed in (1, 2, 3):
        items.append(denoiser("a", scale.large, "gce", seed))
        items.append(denoiser("a", scale.large, "ce", seed))
    for name, loss in (("snce", "soft_neighbours"), ("knn", "neighbour_marginal")):
        items.append(denoiser("a", scale.large, name, 1, loss=loss))

    swept = f"{SMALL}-gce-1"
    items += [
        Item("sweep-threshold", "sweep", "b", (swept,), {"model": swept, "of": "threshold"}),
        Item("sweep-steps", "sweep", "b", (swept,), {"model": swept, "of": "steps"}),
    ]
    items += [Item(f"head-{codes}", "head", "c", settings={"codes": codes}, alone=True) for codes in scale.heads]
    return items


def chosen(items, experiments):
    """The runs of some experiments, and those that they need."""
    by_name = {item.name: item for item in items}
    wanted = set()

    def want(item):
        wanted.add(item.name)
        for name in item.needs:
            want(by_name[name])

    for item in items:
        if set(item.experiments) & set(experiments):
            want(item)
    return [item for item in items if item.name in wanted]
