"""The page before there is anything on it: what was done, and where the figures go."""

PAGE = """\
# Evidence

What token editing, the grouped loss and the fused operator bring, measured on small models that anyone can train again within about an hour of one card.
Every claim stands with its figures, also where it does not hold.

<!-- figures: measured -->
<!-- end -->

```sh
python3 docs/evidence/run.py --smalto target/release/smalto --out runs/evidence --until-seconds 520   # again until it says that all runs are done
python3 docs/evidence/page.py runs/evidence
```

What is trained: the workflows in [workflows/experiments](../workflows/experiments), on 100,000 composed scenes of every ninth of the repository's things, 65 in all.
The denoiser is that of the repository with 6 blocks instead of 10; batches of 128, AdamW at 0.001 throughout with weights averaged over about 1000 updates, so that a run can be measured on its way.
The same seed gives the same first weights and the same batches, whatever the loss.
What is measured: 256 held-out scenes, the same for all runs.
*Masked loss*, *top-1* and *right group* are means over six shares of masked tokens, from 0.1 to 1; the *scenes score* is the share of pictures of which everything that the caption says holds, painted in 16 steps with guidance 1 at temperature 0.8.
Intervals are those of 95 % over seeds, by Student's t, unless it says otherwise: with three seeds they are wide.

## Codebooks and losses

GCE is cross-entropy + 0.2 · that of groups of 8 codes; SNCE shares the target among the 8 nearest codes, kNN takes any of them for right.
The 4096 codes are those of the repository's tokenizer; the others are of one that was trained in the same way, but for the time that it had.

<!-- figures: tokenizers -->
<!-- end -->

<!-- figures: losses -->
<!-- end -->

GCE minus CE, seed by seed; where an interval holds 0, three seeds do not tell them apart:

<!-- figures: grouped minus plain -->
<!-- end -->

Masked loss over training:

<!-- figures: loss over updates -->
<!-- end -->

Scenes score over training:

<!-- figures: score over updates -->
<!-- end -->

![masked loss, 4096 codes](evidence/loss_4096.svg)
![masked loss, 65536 codes](evidence/loss_65536.svg)
![scenes score, 4096 codes](evidence/score_4096.svg)
![scenes score, 65536 codes](evidence/score_65536.svg)

## Editing

4096 codes, trained with GCE; flips are 20 % of the visible tokens.
Editing on replaces a token where another has more than 0.9.
*Restored* and *damaged*: a tenth of the tokens of 256 held-out scenes is replaced by random codes, then eight steps only edit, with a threshold of 0.6; the share of replaced tokens that comes back, and of others that is lost.

<!-- figures: editing -->
<!-- end -->

The threshold, one seed; the last column's interval is over pictures:

<!-- figures: threshold -->
<!-- end -->

The steps, one seed:

<!-- figures: steps -->
<!-- end -->

![threshold](evidence/threshold.svg)
![steps](evidence/steps.svg)

## Time and memory of the loss

8192 rows of width 1024 in bf16, groups of 8; forward and backward, and what that takes of the card beside operands and gradients.
Smalto's loss never holds all logits; `--memory` lets it keep less.
PyTorch is not compiled here; [the benchmarks](benchmarks.md) have it compiled, too.

<!-- figures: heads -->
<!-- end -->

![time](evidence/head_time.svg)
![memory](evidence/head_memory.svg)
"""
