"""python tools/readme_tables.py: the two tables of README.md, from the committed results and the committed ablation.

Each stands between its two marks; what they leave out is in reports/leaderboard.md and reports/ablation-shapes.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rlrig_eval.report.ablation.contestants import BEST, BOTH, LOOP, SINGLE
from rlrig_eval.report.ablation.figures import ALL, HARD, UNSEEN
from rlrig_eval.report.ablation.page import estimate
from rlrig_eval.report.ablation.spending import UNITS
from rlrig_eval.report.ranking import leaderboard
from rlrig_eval.report.render import render_table
from rlrig_eval.report.table import Column, Table

REPO = Path(__file__).parents[1]
COLUMNS = ("all_correct", "requirements", "pair_accuracy", "rank", "difference", "images_per_prompt")
REFERENCE = "flux-shapes"
ABLATION = REPO / "reports" / "ablation-shapes.json"
PARTS = {ALL: "all prompts", HARD: HARD, UNSEEN: UNSEEN}
ACTOR, EDITOR, RANDOM = "Actor trained", "editor trained", "random edits"


def ranking() -> str:
    """The leaderboard, its main columns."""
    found = leaderboard([REPO / "baselines" / "results"], COLUMNS, reference=REFERENCE)
    kept = found.main()
    table = Table(
        title=found.title,
        columns=tuple(found.columns[index] for index in kept),
        rows=tuple(tuple(row[index] for index in kept) for row in found.rows),
        notes=found.notes,
    )
    return render_table(table, "md")


def parts() -> str:
    """What each part of RL-RIG is worth in all-correct: differences of the ablation's rows, paired by prompt."""
    found = json.loads(ABLATION.read_text("utf-8"))
    capped, both = found["same_cap"], "RL-RIG"
    images, operations = (
        {part: one["differences"] for part, one in found[f"matched_{unit}"][BOTH].items()} for unit in UNITS
    )
    random = {part: {"all_correct": _turned(by["all_correct"])} for part, by in capped[LOOP][RANDOM].items()}
    compared = {
        f"{both} − best-of-5, the same Checker": capped[BEST][BOTH],
        f"{both} − best-of-n of as many pictures": images,
        f"{both} − best-of-n of equal denoiser work": operations,
        f"{both} − itself without reinforcement learning": capped[LOOP][BOTH],
        "of that, the editor's adapter alone": capped[LOOP][EDITOR],
        "of that, the Actor's adapter alone": capped[LOOP][ACTOR],
        "without reinforcement learning − best-of-5": capped[BEST][LOOP],
        "without it, the Actor's edits − random ones": random,
    }
    names = {
        SINGLE: "one picture of its Diffuser",
        BEST: "best-of-5",
        RANDOM: RANDOM,
        LOOP: "without reinforcement learning",
        BOTH: both,
    }
    means = {name: found["rows"][name]["metrics"][ALL]["all_correct"]["mean"] for name in names}
    table = Table(
        title="What each part is worth, in all-correct",
        columns=(
            Column(name="compared", title="compared"),
            *(Column(name=part, title=title, kind="difference") for part, title in PARTS.items()),
        ),
        rows=tuple((words, *(estimate(by[part]["all_correct"]) for part in PARTS)) for words, by in compared.items()),
        notes=(
            f"{len(found['seeds'])} seeds a prompt, paired by prompt. Means: "
            + ", ".join(f"{words} {means[name]:.3f}" for name, words in names.items())
            + ".",
        ),
    )
    return render_table(table, "md")


TABLES: Mapping[str, Callable[[], str]] = {"leaderboard": ranking, "parts": parts}


def refreshed(readme: str) -> str:
    """The README with the tables of today.

    Raises ValueError where a table's marks are not there.
    """
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        if readme.count(begin) != 1 or readme.count(end) != 1:
            raise ValueError(f"README.md: the marks of the table {name!r} should stand there once")
        before, _, rest = readme.partition(begin)
        _, _, after = rest.partition(end)
        readme = f"{before}{begin}{table()}{end}{after}"
    return readme


def _turned(one: Mapping[str, Any]) -> dict[str, Any]:
    """The difference the other way round."""
    low, high = one["ci95"]
    return {"mean": -one["mean"], "ci95": [-high, -low], "n": one["n"]}


if __name__ == "__main__":
    path = REPO / "README.md"
    path.write_text(refreshed(path.read_text("utf-8")), "utf-8")
