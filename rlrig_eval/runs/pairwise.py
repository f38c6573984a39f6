"""Runs held against each other picture by picture: a judge prefers one of two, and Bradley-Terry ranks the runs.

Both pictures were drawn for the same prompt with the same seed number. A pair is shown in both orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from rlrig_eval.atomic import replace_json
from rlrig_eval.errors import UsageError
from rlrig_eval.folders import writable
from rlrig_eval.judges import PAIRS, JudgeSpec
from rlrig_eval.judges.rubrics.pairwise import Pair
from rlrig_eval.plugins.redaction import alike
from rlrig_eval.runs.compare import require_comparable, terms
from rlrig_eval.runs.judging import Asked, Judging, built, judging_of, recorded_specs, score_row
from rlrig_eval.runs.latest import read_rows
from rlrig_eval.runs.opened import Opened, open_run
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.progress import bar
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.store import read_document
from rlrig_eval.runs.writing import appending
from rlrig_eval.stats import cluster_mean_ci
from rlrig_eval.stats.ranking import bradley_terry

TIE = 0.5


@dataclass(frozen=True)
class Meeting:
    """Two runs' pictures for one sample. `digest` tells whether a row is of these very pictures."""

    a: str
    b: str
    sample: str
    group: str
    digest: str
    alike: bool
    pair: Pair

    @property
    def id(self) -> str:
        return f"{self.sample} {self.a} {self.b}"


@dataclass(frozen=True)
class Unmet:
    """Two runs on a sample that they planned, and why there are no two pictures of it."""

    a: str
    b: str
    sample: str
    why: str

    @property
    def id(self) -> str:
        return f"{self.sample} {self.a} {self.b}"


def rank(
    folders: Sequence[Path],
    asked: Asked,
    out: Path | None = None,
    limit: int | None = None,
    max_calls: int | None = None,
    max_cost: float | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Preferences of a judge between the runs, and the ranking they make; also in ``ranking.json``.

    Pairs that were asked before, and got an answer, are not asked again.

    Args:
        out: the folder of ``ranking.json`` and ``pairs.jsonl``; by default ``pairwise/<slug>`` in the first run's.
        limit: only the first so many prompts.
        progress: whether a bar is shown, on a terminal.

    Raises:
        UsageError: fewer than two runs, no such judge, no pair, or a folder that cannot be written to or holds another
            judge's answers.
        NotComparable: the runs differ in suite or protocol.
    """
    if len(folders) < 2:
        raise UsageError("name at least two run folders")
    runs = {name: open_run(folder) for name, folder in zip(_names(folders), folders, strict=True)}
    first, *others = runs.values()
    for other in others:
        require_comparable(_drawn(first), _drawn(other))
    judging = judging_of([asked], max_calls, max_cost, PAIRS)
    (spec,) = judging.specs
    met = meetings(runs, limit)
    if not met:
        raise UsageError(f"{folders[0]}: there is no sample of which two runs have a picture")
    where = out or folders[0] / "pairwise" / spec.slug
    writable(where)
    _claim(where, spec)
    rows = _asked(met, judging, where / "pairs.jsonl", progress)
    report = {
        "schema": 1,
        "judge": recorded_specs([spec])[0].identity(),
        "runs": {name: {"model": run.config.model.name, "folder": str(run.folder)} for name, run in runs.items()},
    }
    report |= ranking(met, rows, unmet(runs, limit))
    replace_json(where / "ranking.json", report)
    return report


def meetings(runs: Mapping[str, Opened], limit: int | None = None) -> list[Meeting]:
    """Every pair of runs on every sample of which both have a picture, in the order of the plan."""
    found = []
    for sample, a, b in _planned(runs, limit):
        one, other = _drawn_row(runs[a], sample), _drawn_row(runs[b], sample)
        if one is None or other is None:
            continue
        pair = Pair(_picture(runs[a], one), sample.prompt.text, (), other=_picture(runs[b], other))
        alike = one.image_sha256 == other.image_sha256 is not None
        digest = f"{one.image_sha256} {other.image_sha256}"
        found.append(Meeting(a, b, sample.id, sample.prompt.group, digest, alike, pair))
    return found


def unmet(runs: Mapping[str, Opened], limit: int | None = None) -> list[Unmet]:
    """Every pair of runs on every sample that both planned and one or both have no picture of."""
    found = []
    for sample, a, b in _planned(runs, limit):
        why = [f"{name}: {_missing(runs[name], sample)}" for name in (a, b) if _drawn_row(runs[name], sample) is None]
        if why:
            found.append(Unmet(a, b, sample.id, "; ".join(why)))
    return found


def _planned(runs: Mapping[str, Opened], limit: int | None) -> Iterator[tuple[Sample, str, str]]:
    """Every sample and pair of runs that both planned it; of a suite's runs, one's plan is the head of another's."""
    longest = max(runs.values(), key=lambda run: len(run.samples))
    prompts = {prompt.id for prompt in longest.suite.prompts[:limit]}
    plans = {name: {sample.id for sample in run.samples} for name, run in runs.items()}
    for sample in longest.samples:
        if sample.prompt.id in prompts:
            for a, b in combinations([name for name, plan in plans.items() if sample.id in plan], 2):
                yield sample, a, b


def _drawn_row(run: Opened, sample: Sample) -> SampleRow | None:
    row = run.rows.get(sample.id)
    return row if row is not None and row.status == "ok" else None


def _missing(run: Opened, sample: Sample) -> str:
    row = run.rows.get(sample.id)
    return "not drawn" if row is None else row.error or "in error"


def ranking(met: Sequence[Meeting], rows: Mapping[str, ScoreRow], missed: Sequence[Unmet] = ()) -> dict[str, Any]:
    """Strengths, pairs of runs, and how much the order of two pictures decided; intervals over groups of prompts.

    Two pictures that are the same to the last bit are a tie that is not asked about. Those `missed` are in error:
    planned, and part of no score.
    """
    scored = {one.id: row.values for one in met if (row := rows.get(one.id)) is not None and row.status == "ok"}
    settled = [one for one in met if one.alike or one.id in scored]

    def share(one: Meeting) -> float:
        score = TIE if one.alike else scored[one.id]["score"]
        assert score is not None, one.id  # `scored` are those that the judge answered
        return float(score)

    outcomes = [(one.a, one.b, share(one)) for one in settled]
    strengths = bradley_terry(outcomes, [one.group for one in settled])
    planned = Counter((one.a, one.b) for one in (*met, *missed))
    pairs: dict[tuple[str, str], list[Meeting]] = {pair: [] for pair in planned}
    for one in settled:
        pairs[one.a, one.b].append(one)
    unscored = {one.id: _why(rows, one) for one in met if not one.alike and one.id not in scored}
    asked = [one for one in settled if not one.alike]

    def mean(value: str) -> dict[str, Any]:
        values = [scored[one.id][value] for one in asked]
        return cluster_mean_ci(values, [one.group for one in asked]).as_dict()

    return {
        "ranking": [
            {"run": one.name, "strength": one.value, "ci95": [one.lo, one.hi], "comparisons": one.n}
            for one in strengths
        ],
        "pairs": [
            {"a": a, "b": b, "planned": planned[a, b], "alike": sum(one.alike for one in those)}
            | {"a_wins": cluster_mean_ci([share(one) for one in those], [one.group for one in those]).as_dict()}
            for (a, b), those in pairs.items()
        ],
        "position": {"first": mean("first"), "consistent": mean("consistent")},
        "coverage": {
            "planned": planned.total(),
            "ok": len(settled),
            "error": len(missed),
            "unscored": len(unscored),
        },
        "error": {one.id: one.why for one in missed},
        "unscored": unscored,
    }


def _asked(met: Sequence[Meeting], judging: Judging, path: Path, progress: bool) -> dict[str, ScoreRow]:
    """Meeting id -> its last row, once all that are owed were asked."""
    with appending(path) as append:
        rows = {row.id: row for row in read_rows(path, ScoreRow)}
        owed = [one for one in met if not one.alike and not _answered(rows.get(one.id), one)]
        rows = {one.id: rows[one.id] for one in met if one.id in rows}
        if owed:
            (spec,) = judging.specs
            judge = built(spec, judging.budget())
            with bar(f"ask {spec.slug}", len(owed), progress) as advance:
                for one, found in zip(owed, judge.verdicts(one.pair for one in owed), strict=True):
                    rows[one.id] = score_row(one.id, one.digest, found, spec.slug)
                    append([rows[one.id]])
                    advance(1)
    return rows


def _answered(row: ScoreRow | None, one: Meeting) -> bool:
    return row is not None and row.status == "ok" and row.image_sha256 == one.digest


def _why(rows: Mapping[str, ScoreRow], one: Meeting) -> str:
    row = rows.get(one.id)
    return (row.reason if row is not None else None) or "not asked"


def _claim(folder: Path, spec: JudgeSpec) -> None:
    """Raises UsageError when the folder is another judge's."""
    path = folder / "judge.json"
    identity = recorded_specs([spec])[0].identity()
    if path.is_file() and not alike(read_document(path, JudgeSpec).identity(), identity):
        raise UsageError(f"{folder} holds the answers of another judge; give another --out, or -J name=")
    replace_json(path, identity)


def _picture(run: Opened, row: SampleRow) -> Path:
    return run.folder / (row.image or "")


def _names(folders: Sequence[Path]) -> list[str]:
    """What the runs are called: their folders' names, or whole paths where those are not distinct."""
    for names in ([folder.name for folder in folders], [str(folder) for folder in folders]):
        if len(set(names)) == len(names):
            return names
    raise UsageError("a run folder is named twice")


def _drawn(run: Opened) -> dict[str, Any]:
    """What two runs must share so that their pictures may be held against each other."""
    return {name: value for name, value in terms(run.config).items() if name in ("suite", "protocol")}
