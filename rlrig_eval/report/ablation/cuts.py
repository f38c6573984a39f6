"""One run of best-of-n, cut at every number of candidates: the pictures, their scores, what was spent by then."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from rlrig_eval import extract
from rlrig_eval.errors import NotComparable
from rlrig_eval.report.ablation.budget import MOST, Candidate, Cut, chosen
from rlrig_eval.report.ablation.spending import TOLD, spent_by_prompt
from rlrig_eval.report.ablation.traces import drawn_rows, rounds
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.scorers import GRAPH, graph_scores
from rlrig_eval.runs.scoring import Scoring, score_all
from rlrig_eval.runs.summary import prompt_scores


def best_of_n(run: Opened) -> list[Cut]:
    """Best-of-1 to best-of-`MOST`; each picture that any of them answers is read."""
    rows, suite = drawn_rows(run), run.suite
    found = {one.id: rounds(run, one) for one in rows}
    candidates = {id_: _seen(each) for id_, each in found.items()}
    scoring = Scoring(suite, extract.build(run.config.extractor), {GRAPH: graph_scores})
    samples, read = {sample.id: sample for sample in run.samples}, dict[tuple[str, int], ScoreRow]()

    def answered(picked: Mapping[str, int]) -> dict[str, ScoreRow]:
        """The scores of one candidate of each sample; a picture that was read before is not read again."""
        new = {id_: k for id_, k in picked.items() if (id_, k) not in read}
        rows = {id_: run.rows[id_].model_copy(update={"image": _picture(run.rows[id_], k)}) for id_, k in new.items()}
        found = score_all([samples[id_] for id_ in new], rows, run.folder, scoring)
        read.update({(id_, k): scores[GRAPH] for (id_, k), scores in zip(new.items(), found, strict=True)})
        return {id_: read[id_, k] for id_, k in picked.items()}

    def up_to(cap: int, one: SampleRow) -> dict[str, float]:
        """What a sample took until its candidate `cap`; every candidate of a prompt costs the same."""
        drawn, of = found[one.id][:cap], len(found[one.id])
        told = {unit: one.cost[unit] / of * len(drawn) for unit in TOLD if unit in one.cost}
        return {"images": len(drawn), "operations": len(drawn), "seconds": sum(r["seconds"] for r in drawn), **told}

    cuts = []
    for cap in range(1, MOST + 1):
        picked = {one.id: chosen(candidates[one.id], cap) for one in rows}
        scores = prompt_scores(run.samples, {GRAPH: answered(picked)})
        pictures = tuple(_picture(run.rows[id_], k) for id_, k in picked.items())
        cuts.append(Cut(cap, scores, spent_by_prompt(rows, partial(up_to, cap)), pictures))
    return cuts


def answers(run: Opened, cap: int, to: Path) -> Path:
    """Copy what best-of-`cap` answers with to the folder `to`, each under the name of the run's own answer."""
    to.mkdir(parents=True, exist_ok=True)
    for row in drawn_rows(run):
        picture = _picture(row, chosen(_seen(rounds(run, row)), cap))
        shutil.copyfile(run.folder / picture, to / Path(row.image or "").name)
    return to


def require_answers(judged: Opened, pictures: Path) -> None:
    """Raises NotComparable where a run of the folder `pictures` is of others than lie there now: it was judged before
    best-of-n was drawn anew."""
    for row in drawn_rows(judged):
        image = judged.folder / (row.image or "")
        with Image.open(image) as then, Image.open(pictures / image.name) as now:
            if then.convert("RGB").tobytes() != now.convert("RGB").tobytes():
                raise NotComparable(
                    f"{image}: best-of-n answers otherwise now; take that run's folder away, to have it judged anew"
                )


def _seen(found: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    return [Candidate(r["reward"], sum(r["probabilities"].values()) / max(1, len(r["probabilities"]))) for r in found]


def _picture(row: SampleRow, candidate: int) -> str:
    trace = Path(row.trace or "")
    return str(trace.with_name(f"{trace.stem}_r{candidate}.png"))
