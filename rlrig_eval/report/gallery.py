"""One self-contained page: the leaderboard, then every prompt with its pictures, verdicts and film strips."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

from markupsafe import Markup

from rlrig_eval.report.album import Album
from rlrig_eval.report.cards import Card, cards
from rlrig_eval.report.folder import Contestant, read_runs
from rlrig_eval.report.ranking import DIFFERENCE, PRIMARY, VERSUS, by_tag, rank
from rlrig_eval.report.render import html
from rlrig_eval.report.table import Estimate, Table
from rlrig_eval.report.templates import environment
from rlrig_eval.runs.store import replace_text


@dataclass(frozen=True)
class Legend:
    """How a run is called in the cards: a letter, its label, and how many pictures it drew for a prompt."""

    key: str
    label: str
    seeds: int


def page(run_dirs: Sequence[Path], out: Path) -> Path:
    """Write the page of one or several runs; nothing in it is fetched from anywhere.

    Args:
        out: the file to write, or a folder that gets a ``report.html``.

    Raises:
        UsageError: a folder that is no finished run.
        OSError: `out` cannot be written.
    """
    path = out if out.suffix in (".html", ".htm") else out / "report.html"
    replace_text(path, compose(read_runs(run_dirs)))
    return path


def compose(contestants: Sequence[Contestant]) -> str:
    """The page as text."""
    album = Album()
    found = cards(contestants, album)
    board = rank(contestants)
    script = environment().get_template("page.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            title=", ".join(dict.fromkeys(one.suite for one in contestants)),
            lede=lede(board),
            leaderboard=Markup(html(board)),
            tag_table=Markup(html(by_tag(contestants))),
            tags=_tags(found),
            runs=[
                Legend(_key(number), one.label, one.run.config.protocol.images_per_prompt)
                for number, one in enumerate(contestants)
            ],
            cards=found,
            album=album.uris,
            script=Markup(script),
            script_hash=f"sha256-{digest}",  # no other script runs, whatever a prompt smuggles in
        )
    )


def lede(board: Table) -> str:
    """The leaderboard's first row in a sentence; empty when it has no score."""
    first = board.records()[0]
    score, difference = first[PRIMARY], first.get(DIFFERENCE)
    if not isinstance(score, Estimate) or score.mean is None:
        return ""
    told = f"{first['model']} draws {_percent(score.mean)} % of the prompts wholly right"
    told += _interval(score.ci95)
    if isinstance(difference, Estimate) and difference.mean is not None:
        # The words carry the direction, so the interval is turned round with it.
        sign, word = (1, "more") if difference.mean >= 0 else (-1, "fewer")
        ends = tuple(sorted(sign * end for end in difference.ci95 if end is not None))
        title = next(column.title for column in board.columns if column.name == DIFFERENCE)
        told += f": {_percent(sign * difference.mean)} points {word} than {title.removeprefix(VERSUS)}"
        told += _interval(ends)
    return f"{told}."


def _interval(ends: Sequence[float | None]) -> str:
    known = [_percent(end) for end in ends if end is not None]
    return f" (95 % interval {' to '.join(known)})" if len(known) == 2 else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f}".replace("-", "−")


def _tags(found: Sequence[Card]) -> dict[str, int]:
    return dict(sorted(Counter(tag for card in found for tag in card.prompt.tags).items()))


def _key(number: int) -> str:
    """A, B, ... Z, A2, B2, ..."""
    round_, letter = divmod(number, len(ascii_uppercase))
    return ascii_uppercase[letter] + (str(round_ + 1) if round_ else "")
