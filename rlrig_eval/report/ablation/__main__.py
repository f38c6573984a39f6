"""python -m rlrig_eval.report.ablation: see the package."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rlrig_eval.atomic import replace_json, replace_text
from rlrig_eval.errors import Exit, leave
from rlrig_eval.folders import writable
from rlrig_eval.report.ablation.contestants import System, draw
from rlrig_eval.report.ablation.figures import figures
from rlrig_eval.report.ablation.page import as_markdown
from rlrig_eval.suite.seeds import read_seeds

_JUDGED = (
    "The judge is `{judge}`. If it is the one that watched the training runs, it chose no weights there: those were "
    "chosen by the Checker's reward on dev; a run that it stopped says so in its log."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write ablation-shapes.json and .md; 1 when samples of a row are in error. What could not be scored, which the
    tables tell of, is no error here. Raises what `draw` raises, and UsageError for a folder that cannot be written."""
    parser = argparse.ArgumentParser(prog="python -m rlrig_eval.report.ablation", description=__doc__)
    parser.add_argument("--suite", default="spatial", help="NAME or NAME:dev")
    parser.add_argument("--limit", type=int, help="only the first so many prompts")
    parser.add_argument(
        "--seeds",
        type=read_seeds,
        nargs="+",
        default=[None],
        metavar="RANGE",
        help="of every prompt, in every row: 0-1, or 0-1 2-3, each a run of its own; the suite's if none",
    )
    parser.add_argument("--judge", help="what else judges the final pictures, by name")
    parser.add_argument("--runs", type=Path, help="folder of the runs; runs/ablation/SUITE if none")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder of the report")
    parser.add_argument("--name", default="ablation-shapes", help="the report's name without its ending")
    parser.add_argument("--preset", default=System.preset, help="the RL-RIG that is taken apart")
    parser.add_argument("--base", default=System.base, help="the model that is its Diffuser alone")
    parser.add_argument("--vae", default=System.vae, help="the checkpoint that holds its autoencoder")
    parser.add_argument(
        "--retrained",
        action="append",
        default=[],
        type=_labelled,
        metavar="LABEL=PRESET",
        help="another training seed: what to call it, and the preset that its run exported; may be repeated",
    )
    given = parser.parse_args(arguments)
    folder = given.runs or Path("runs") / "ablation" / given.suite.replace(":", "-").replace("/", "-")
    if given.limit is not None:
        folder = folder.with_name(f"{folder.name}-{given.limit}")
    system = System(given.preset, given.base, given.vae, dict(given.retrained))
    writable(given.out)  # before hours of drawing
    drawn = draw(system, given.suite, folder, given.limit, given.judge, given.seeds)
    found = figures(drawn)
    told = sys.argv[1:] if arguments is None else list(arguments)
    command = shlex.join(["python", "-m", "rlrig_eval.report.ablation", *told])
    notes = () if given.judge is None else (_JUDGED.format(judge=given.judge),)
    replace_json(given.out / f"{given.name}.json", {"schema": 2, "command": command, **found})
    replace_text(given.out / f"{given.name}.md", as_markdown(found, command, notes))
    print(given.out / f"{given.name}.md")
    for row, reason in drawn.in_error.items():
        print(f"warning: {row}: {reason}", file=sys.stderr)
    return int(Exit.RUN if drawn.in_error else Exit.OK)


def _labelled(text: str) -> tuple[str, str]:
    label, _, preset = text.partition("=")
    if not label.replace(" ", "").isalnum() or not preset:
        raise argparse.ArgumentTypeError(f"{text!r} is not LABEL=PRESET, with letters, digits and spaces in the label")
    return label, preset


if __name__ == "__main__":
    leave(main)
