"""A page, or a site, of runs: the leaderboard, then every prompt with its pictures, verdicts and film strips."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

from markupsafe import Markup

from rlrig_eval.atomic import replace_text
from rlrig_eval.report.album import Album
from rlrig_eval.report.cards import Card, cards
from rlrig_eval.report.confusion import confusions
from rlrig_eval.report.entry import read_entries
from rlrig_eval.report.folder import Contestant, read_runs
from rlrig_eval.report.pareto import paretos
from rlrig_eval.report.plots import plots
from rlrig_eval.report.ranking import DIFFERENCE, PRIMARY, VERSUS, by_tag, rank
from rlrig_eval.report.render import html
from rlrig_eval.report.table import Cell, Estimate, Table
from rlrig_eval.report.templates import environment


@dataclass(frozen=True)
class Legend:
    """How a run is called in the cards: a letter, its label, and how many pictures it drew for a prompt."""

    key: str
    label: str
    seeds: int


CHUNK = 25
"""Cards of a file of a site: what is loaded at once when one of them comes near."""


def page(run_dirs: Sequence[Path], out: Path) -> Path:
    """Write the page of one or several runs as one file; nothing in it is fetched from anywhere.

    Args:
        out: the file to write, or a folder that gets a ``report.html``.

    Raises:
        UsageError: a folder that is no finished run.
        OSError: `out` cannot be written.
    """
    path = out if out.suffix in (".html", ".htm") else out / "report.html"
    contestants, album = read_runs(run_dirs), Album()
    replace_text(path, _page(contestants, cards(contestants, album), album, inline=True))
    return path


def site(run_dirs: Sequence[Path], folder: Path, limit: int | None = None) -> Path:
    """Write a site of one or several runs: ``index.html``, ``cards/`` and ``pictures/``, to be served or sent.

    The cards and pictures of `page` lie in files of their own here, which the index loads as they come near: it stays
    small however many pictures there are. All of it is relative and works from a disk.

    Args:
        limit: show the first so many prompts alone; leaderboard, tags and plots stay those of all.

    Raises:
        UsageError: a folder that is no finished run.
        OSError: `folder` cannot be written.
    """
    contestants, album = read_runs(run_dirs, limit), Album(folder)
    found, runs = cards(contestants, album), _legends(contestants)
    body = environment().get_template("body.html.j2")
    for number, start in enumerate(range(0, len(found), CHUNK)):
        part = {f"p-{card.key}": body.render(card=card, runs=runs) for card in found[start : start + CHUNK]}
        replace_text(folder / "cards" / f"{number}.js", f"rlrigCards({json.dumps(part)});\n")
    replace_text(folder / "index.html", _page(contestants, found, album, inline=False))
    return folder / "index.html"


def _page(contestants: Sequence[Contestant], found: Sequence[Card], album: Album, inline: bool) -> str:
    """The document; the bodies of its cards stand in it (`inline`) or in the files of a site."""
    entries = read_entries([one.run.folder for one in contestants])
    board = rank(entries)
    script = environment().get_template("page.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    own = "" if inline else "'self' "
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            title=", ".join(dict.fromkeys(one.suite for one in contestants)),
            lede=lede(board),
            leaderboard=Markup(html(board)),
            tag_table=Markup(html(by_tag(entries))),
            plots=[*plots(entries), *paretos(entries)],
            confusions=[Markup(html(table)) for table in confusions(contestants)],
            tags=_tags(found),
            judged=any(shot.disputes for card in found for shot in card.shots),
            runs=_legends(contestants),
            cards=found,
            inline=inline,
            chunk=CHUNK,
            album=album.uris,
            script=Markup(script),
            # No other script runs, whatever a prompt smuggles in.
            scripts=f"{own}'sha256-{digest}'",
            pictures=f"{own}data:",
        )
    )


def _legends(contestants: Sequence[Contestant]) -> list[Legend]:
    return [
        Legend(_key(number), one.label, one.run.config.protocol.images_per_prompt)
        for number, one in enumerate(contestants)
    ]


def lede(board: Table) -> str:
    """The leaderboard's first row in a sentence, and who is level with it; empty when it has no score."""
    first, *others = board.records()
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
    level = [str(one["model"]) for one in others if _level(one, first)]
    as_many = f" {' and '.join(level)} {'draw' if len(level) > 1 else 'draws'} as many." if level else ""
    return f"{told}.{as_many}"


def _level(one: Mapping[str, Cell], first: Mapping[str, Cell]) -> bool:
    """Whether a row has the very mean of the first, of the same suite by the same protocol."""
    mine, best = one[PRIMARY], first[PRIMARY]
    alike = all(one.get(term) == first.get(term) for term in ("suite", "protocol"))
    return alike and isinstance(mine, Estimate) and isinstance(best, Estimate) and mine.mean == best.mean


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
