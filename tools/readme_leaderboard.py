"""python tools/readme_leaderboard.py: the leaderboard in README.md, from the committed results.

Between its two marks; details of the rows are in reports/leaderboard.md.
"""

from __future__ import annotations

from pathlib import Path

from rlrig_eval.report.ranking import leaderboard
from rlrig_eval.report.render import render_table
from rlrig_eval.report.table import Table

REPO = Path(__file__).parents[1]
BEGIN, END = "<!-- leaderboard -->\n", "<!-- end of leaderboard -->\n"
COLUMNS = ("all_correct", "requirements", "pair_accuracy", "rank", "difference", "images_per_prompt")
REFERENCE = "flux-shapes"


def block() -> str:
    """The table as it is to stand in the README."""
    found = leaderboard([REPO / "baselines" / "results"], COLUMNS, reference=REFERENCE)
    kept = found.main()
    table = Table(
        title=found.title,
        columns=tuple(found.columns[index] for index in kept),
        rows=tuple(tuple(row[index] for index in kept) for row in found.rows),
        notes=found.notes,
    )
    return render_table(table, "md")


def refreshed(readme: str) -> str:
    """The README with the table of today."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{block()}{END}{after}"


if __name__ == "__main__":
    path = REPO / "README.md"
    path.write_text(refreshed(path.read_text("utf-8")), "utf-8")
