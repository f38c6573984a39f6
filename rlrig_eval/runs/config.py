"""``run.json``: everything that decided a run, written first, and enough to run it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from rlrig_eval.errors import UsageError
from rlrig_eval.extract import ExtractorSpec
from rlrig_eval.judges.registry import JudgeSpec
from rlrig_eval.models import ModelSpec
from rlrig_eval.plugins.redaction import alike
from rlrig_eval.runs.calibration_record import Calibration
from rlrig_eval.runs.scorers import slug
from rlrig_eval.scene.graph import Frozen
from rlrig_eval.suite import Protocol, Suite

Status = Literal["started", "partial", "finished", "failed", "interrupted"]


class SuiteRef(Frozen):
    """Which suite; `source` is what the user named it by."""

    name: str
    version: str
    split: str
    world: str
    sha256: str
    source: str | None = None


class Provenance(Frozen):
    """Where and when a run happened; nothing in it decides a result."""

    argv: tuple[str, ...] = ()
    commit: str | None = None
    dirty: bool | None = None
    python: str = ""
    packages: dict[str, str] = Field(default_factory=dict)
    hardware: dict[str, str | int] = Field(default_factory=dict)
    started: str = ""


class RunConfig(Frozen):
    """The content of ``run.json``. All but the fields in `PASSING` decides results.

    `scorers` are names, or where their files lie; `scorer_sha256`: slug -> the hash of a plug-in's file, absent in
    runs that were begun before it was kept.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    run_id: str
    status: Status = "started"
    suite: SuiteRef
    model: ModelSpec
    settings: dict[str, Any] | None = None
    protocol: Protocol
    extractor: ExtractorSpec
    scorers: tuple[str, ...]
    added_scorers: tuple[str, ...] = ()
    scorer_sha256: dict[str, str] = Field(default_factory=dict, exclude_if=lambda hashes: not hashes)
    judges: tuple[JudgeSpec, ...] = ()
    added_judges: tuple[JudgeSpec, ...] = ()
    limit: int | None = None
    batch_size: int
    executor: str = "local"
    calibration: Calibration | None = None
    provenance: Provenance = Provenance()

    @property
    def all_scorers(self) -> tuple[str, ...]:
        """The suite's scorers, and those that were added to the finished run."""
        return (*self.scorers, *self.added_scorers)

    @property
    def all_judges(self) -> tuple[JudgeSpec, ...]:
        """The judges that the run began with, and those that were added later."""
        return (*self.judges, *self.added_judges)

    @property
    def row_names(self) -> tuple[str, ...]:
        """What the files of score rows are called: the slugs of scorers, and ``judge.<slug>``."""
        return (*map(slug, self.all_scorers), *(judge.metric for judge in self.all_judges))

    @property
    def distrust(self) -> str | None:
        """Why the numbers of this run are not to be believed: its chain failed the calibration that was asked for."""
        return None if self.calibration is None else self.calibration.failure

    def dump(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


PASSING = {"run_id", "status", "added_scorers", "added_judges", "provenance", "settings", "executor", "calibration"}
"""Fields that may differ when a run is resumed; `settings` is compared once the model is loaded."""
_SOURCES = (("suite", "source"), ("extractor", "source"), ("extractor", "traffic"))


def decisive(config: RunConfig) -> dict[str, Any]:
    """Every value that affects results, by dotted name.

    A deny-list, so that a field that is added later is decisive until somebody says otherwise.
    """
    document = config.model_dump(mode="json", exclude=PASSING)
    for part, field in _SOURCES:
        document[part].pop(field)
    document["judges"] = [judge.identity() for judge in config.judges]
    document["scorers"] = [slug(name) for name in config.scorers]
    document["scorer_sha256"] = {name: config.scorer_sha256.get(name) for name in document["scorers"]}
    return dict(_flat(document))


def check_same(found: RunConfig, wanted: RunConfig, folder: Path) -> None:
    """Raises UsageError unless a run of `wanted` may go on in the folder of `found`."""
    _refuse_difference(decisive(found), decisive(_as_kept(found, wanted)), folder)


def _as_kept(found: RunConfig, wanted: RunConfig) -> RunConfig:
    """`wanted` without the hashes of plug-ins that `found` has not, as it is from before they were kept."""
    model = wanted.model.model_copy(update={} if found.model.source_sha256 else {"source_sha256": None})
    hashes = {name: digest for name, digest in wanted.scorer_sha256.items() if name in found.scorer_sha256}
    return wanted.model_copy(update={"model": model, "scorer_sha256": hashes})


def check_settings(found: RunConfig, wanted: RunConfig, folder: Path) -> None:
    """Raises UsageError unless the model describes itself as it did when the run in `folder` was begun."""
    before, now = ({"settings": config.settings or {}} for config in (found, wanted))
    _refuse_difference(dict(_flat(before)), dict(_flat(now)), folder)


def _refuse_difference(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    for name in sorted(before.keys() | now.keys()):
        if not alike(before.get(name), now.get(name)):
            raise UsageError(
                f"{folder} holds another run: {name} is {_shown(before.get(name))} there and "
                f"{_shown(now.get(name))} here; give another --out, or --fresh to start anew"
            )


def suite_ref(suite: Suite, source: str | None) -> SuiteRef:
    """How ``run.json`` names a suite; `source` is what the user named it by, None for one made in Python."""
    fields = {name: getattr(suite, name) for name in ("name", "version", "split", "world", "sha256")}
    return SuiteRef(**fields, source=source)


def _flat(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in document.items():
        if isinstance(value, Mapping) and value:
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found


def _shown(value: Any) -> str:
    return json.dumps(value)
