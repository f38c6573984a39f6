"""Who is compared: the runs of the ablation, drawn or gone on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rlrig_eval.errors import NotComparable, RunError, UsageError
from rlrig_eval.models.rlrig import untrained
from rlrig_eval.report.ablation.budget import CAP, MOST
from rlrig_eval.report.ablation.cuts import answers, require_answers
from rlrig_eval.report.ablation.pooled import pooled, require_distinct
from rlrig_eval.runs import Request, open_run, settle
from rlrig_eval.runs.evaluation import execute
from rlrig_eval.runs.judging import Asked
from rlrig_eval.runs.opened import Opened

SINGLE, BEST, LOOP, BOTH = "single pass", "best-of-n", "loop without RL", "both trained"
TRUTH = "truth through the VAE"


@dataclass(frozen=True)
class AblationRow:
    """A row: a model, its options, and the phases whose trained adapters it needs."""

    name: str
    model: str
    options: Mapping[str, Any]
    needs: frozenset[str] = frozenset()

    def folder(self, seeds: Sequence[int] | None) -> str:
        """
        >>> AblationRow("both trained", "rlrig", {}).folder((2, 3))
        'both-trained-2-3'
        """
        return "-".join([self.name.replace(" ", "-").lower(), *map(str, seeds or ())])


@dataclass(frozen=True)
class System:
    """What is taken apart: an RL-RIG preset, the model that is its Diffuser alone, and where its autoencoder lies.

    `retrained` are other training seeds of both phases: their labels, and the presets that their runs exported.
    """

    preset: str = "shapes"
    base: str = "flux-shapes"
    vae: str = "bundled:diffuser"
    retrained: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """The runs by row; the rows that were left out, and those with samples in error, with the reason.

    `capped` is what best-of-n answers with at `CAP`, as a run that was judged; None where no judge was asked.
    """

    runs: Mapping[str, Opened]
    left_out: Mapping[str, str]
    in_error: Mapping[str, str] = field(default_factory=dict)
    capped: Opened | None = None


def contestants(system: System) -> tuple[AblationRow, ...]:
    """Every row, in the order of the report."""

    def rlrig(name: str, rl: str, actor: str = "vlm") -> AblationRow:
        needs = {"none": set[str](), "actor": {"actor"}, "editor": {"editor"}, "both": {"actor", "editor"}}[rl]
        return AblationRow(name, "rlrig", {"preset": system.preset, "rl": rl, "actor": actor}, frozenset(needs))

    best = {"base": system.base, "n": MOST, "preset": system.preset}
    return (
        AblationRow(SINGLE, system.base, {}),
        AblationRow(BEST, "best-of-n", best),
        rlrig(LOOP, "none"),
        rlrig("Actor trained", "actor"),
        rlrig("editor trained", "editor"),
        rlrig(BOTH, "both"),
        *(
            AblationRow(f"{BOTH}, {label}", "rlrig", {"preset": preset, "actor": "vlm"})
            for label, preset in system.retrained.items()
        ),
        rlrig("random edits", "none", "random"),
        AblationRow(TRUTH, "vae-truth", {"checkpoint": system.vae}),
    )


def draw(
    system: System,
    suite: str,
    folder: Path,
    limit: int | None = None,
    judge: str | None = None,
    seeds: Sequence[tuple[int, ...] | None] = (None,),
    progress: bool = True,
) -> Drawn:
    """Do every row's runs in folders of their own below `folder`, or go on with them.

    A row is a run for each of `seeds` (the suite's where that is None), so that more can be drawn later beside those
    that there are.

    What loops draw alike, and what the Checker says of it, is kept in `folder`/kept.sqlite for all of them. A judge
    sees what best-of-n answers with at `CAP`, put in a folder, not what it goes on to.

    Rows whose adapters were not trained, or on other weights, are left out. Errors are those of `evaluate`.

    Raises:
        NotComparable: two rows draw with different Diffusers, or loop by different rules; or the judge saw other
            answers of best-of-n than there are now.
        RunError: a row has no picture at all.
        UsageError: a seed is in two of `seeds`.
    """
    require_distinct(seeds)
    runs, left_out, in_error = dict[str, Opened](), dict[str, str](), dict[str, str]()

    def drawn(row: AblationRow, *, judged: bool) -> Opened:
        judges: tuple[Asked, ...] = ((judge, {}),) if judge is not None and judged else ()
        asked = Request(suite=suite, model=row.model, options=row.options, limit=limit, judges=judges)
        run = pooled([_run(replace(asked, seeds=some), folder / row.folder(some), progress) for some in seeds], folder)
        failed = [one.error or "" for one in run.rows.values() if one.status == "error"]
        if len(failed) == len(run.rows):
            raise RunError(f"{row.name}: no picture of it was drawn: {failed[0]}")
        if failed:
            in_error[row.name] = f"{len(failed)} of {len(run.rows)} samples are in error: {failed[0]}"
        return run

    lacking = untrained(system.preset)
    for row in contestants(system):
        missing = sorted(row.needs & lacking.keys())
        if missing:
            left_out[row.name] = "; ".join(lacking[phase] for phase in missing)
            continue
        shared = {"kept": str(folder / "kept.sqlite")} if row.model == "rlrig" else {}
        judged = row.name not in (BEST, TRUTH)
        runs[row.name] = drawn(replace(row, options={**row.options, **shared}), judged=judged)
    require_one_system(runs)
    if judge is None:
        return Drawn(runs, left_out, in_error)
    pictures = answers(runs[BEST], CAP, folder / f"best-of-{CAP}-pictures")
    capped = drawn(AblationRow(f"best-of-{CAP}", "folder", {"path": str(pictures)}), judged=True)
    require_answers(capped, pictures)
    return Drawn(runs, left_out, in_error, capped)


def _run(asked: Request, folder: Path, progress: bool) -> Opened:
    done = execute(settle(asked), folder, progress=progress)
    if not done.whole:
        raise UsageError(f"{done.folder}: the run is not whole: other shards are out")
    return open_run(done.folder)


def require_one_system(runs: Mapping[str, Opened]) -> None:
    """Raises NotComparable unless every row draws with one Diffuser, sampled alike, and loops by the same rules.

    A setting that a row does not state is its pipeline's own, and is not compared.
    """
    told = {name: _told(run) for name, run in runs.items()}
    for what in ("weights", *_SAMPLING, "loop"):
        found = {name: one[what] for name, one in told.items() if one.get(what) is not None}
        if len(set(map(str, found.values()))) > 1:
            raise NotComparable(f"the rows draw with different Diffusers, or loop differently: {what}: {found}")


_SAMPLING = ("steps", "size", "guidance", "true_cfg", "max_sequence_length", "dtype", "quantise", "scheduler")


def _told(run: Opened) -> dict[str, Any]:
    """The Diffuser's weights and sampling, and the rules of the loop where there is one."""
    settings = run.config.settings or {}
    weights = settings.get("weights")
    if not isinstance(weights, Mapping):
        return settings
    return {**settings["diffuser"], "size": settings["size"], "loop": settings["loop"], "weights": weights["diffuser"]}
