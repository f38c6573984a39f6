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
from rlrig_eval.report.ranking import leaderboard
from rlrig_eval.report.render import render_table
from rlrig_eval.report.table import Column, Estimate, Table

REPO = Path(__file__).parents[1]
COLUMNS = ("all_correct", "requirements", "pair_accuracy", "rank", "difference", "images_per_prompt")
REFERENCE = "flux-shapes"
ABLATION = REPO / "reports" / "ablation-shapes.json"
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
    compared: list[tuple[str, Callable[[str], Estimate]]] = [
        (f"{both} − best-of-5, the same Checker", lambda part: _difference(capped[BEST][BOTH][part])),
        (f"{both} − best-of-n of as many pictures", lambda part: _matched(found["matched_images"][BOTH][part])),
        (f"{both} − best-of-n of equal denoiser work", lambda part: _matched(found["matched_operations"][BOTH][part])),
        (f"{both} − itself without reinforcement learning", lambda part: _difference(capped[LOOP][BOTH][part])),
        ("of that, the editor's adapter alone", lambda part: _difference(capped[LOOP][EDITOR][part])),
        ("of that, the Actor's adapter alone", lambda part: _difference(capped[LOOP][ACTOR][part])),
        ("without reinforcement learning − best-of-5", lambda part: _difference(capped[BEST][LOOP][part])),
        ("without it, the Actor's edits − random ones", lambda part: _turned(_difference(capped[LOOP][RANDOM][part]))),
    ]
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
            Column(name="all", title="all prompts", kind="difference"),
            Column(name="hard", title=HARD, kind="difference"),
            Column(name="unseen", title=UNSEEN, kind="difference"),
        ),
        rows=tuple((words, of(ALL), of(HARD), of(UNSEEN)) for words, of in compared),
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


def _difference(by: Mapping[str, Any]) -> Estimate:
    one = by["all_correct"]
    return Estimate(mean=one["mean"], ci95=tuple(one["ci95"]), n=one["n"])


def _matched(by: Mapping[str, Any]) -> Estimate:
    return _difference(by["differences"])


def _turned(one: Estimate) -> Estimate:
    low, high = one.ci95
    return Estimate(mean=-one.mean, ci95=(-high, -low), n=one.n)


if __name__ == "__main__":
    path = REPO / "README.md"
    path.write_text(refreshed(path.read_text("utf-8")), "utf-8")
