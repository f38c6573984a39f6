"""What a user asks for, and what that comes to when names are looked up. Loads no model, writes no file."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Real
from operator import index
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from rlrig_eval import extract, models
from rlrig_eval.errors import UsageError
from rlrig_eval.extract import ExtractorSpec
from rlrig_eval.models import Generator, ModelSpec
from rlrig_eval.models.registry import DEFAULT_BATCH
from rlrig_eval.plugins import loading
from rlrig_eval.plugins.redaction import redacted, refuse_hidden
from rlrig_eval.runs import scorers
from rlrig_eval.runs.config import RunConfig, suite_ref
from rlrig_eval.runs.executors import executor
from rlrig_eval.runs.judging import Asked, Judging, judging_of, recorded_specs
from rlrig_eval.runs.plan import Batch, Shard, plan, share
from rlrig_eval.runs.provenance import provenance
from rlrig_eval.runs.scoring import Scoring
from rlrig_eval.suite import Protocol, Suite, load
from rlrig_eval.suite.loader import locate
from rlrig_eval.suite.variants import GRAPH


@dataclass(frozen=True)
class Request:
    """The flags of ``rlrig-eval run``; None means what the suite or the model prefers.

    `suite` and `model` are names, or the objects themselves. `variant` is the wording of the prompts: the suite's own,
    or "graph" (`suite.variants`). `scorers` are those of the suite as a run has recorded them, with where their files
    lie. `max_calls` and `max_cost` (USD) limit what this process spends on `judges`.
    """

    suite: str | Path | Suite
    model: str | Generator
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    extractor: str | None = None
    extractor_options: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] | None = None
    variant: str | None = None
    limit: int | None = None
    shard: Shard | None = None
    batch_size: int | Literal["auto"] = "auto"
    executor: str = "local"
    scorers: tuple[str, ...] | None = None
    judges: tuple[Asked, ...] = ()
    max_calls: int | None = None
    max_cost: float | None = None


@dataclass(frozen=True)
class Settled:
    """A request with every name looked up. `spec` and `reader` still hold the secrets that `config` hides."""

    config: RunConfig
    suite: Suite
    spec: ModelSpec
    reader: ExtractorSpec
    ready: Generator | None
    scoring: Scoring
    shard: Shard | None

    @cached_property
    def batches(self) -> tuple[Batch, ...]:
        """Every batch of the run."""
        return planned(self.config, self.suite)

    @cached_property
    def share(self) -> tuple[Batch, ...]:
        """The batches of this process."""
        return share(self.batches, self.shard)

    def generator(self) -> Generator:
        """The model, loaded."""
        return self.ready or models.build(self.spec)


def planned(config: RunConfig, suite: Suite) -> tuple[Batch, ...]:
    """Every batch of a run."""
    return plan(suite, config.protocol.seeds, config.limit, config.batch_size, config.protocol.variant)


def settle(request: Request) -> Settled:
    """Look up every name in a request.

    Raises:
        UsageError: a name, value or file in it is wrong.
    """
    request = _checked(request)
    executor(request.executor)
    suite = request.suite if isinstance(request.suite, Suite) else load(request.suite)
    source = None if isinstance(request.suite, Suite) else str(request.suite)
    spec, ready = _model(request)
    judging = judging_of(request.judges, request.max_calls, request.max_cost)
    if source is not None and request.scorers is None:
        for problem in scorers.not_found(locate(source)[0], suite.scorers):
            raise problem
    placed = [scorers.placed(name) for name in (suite.scorers if request.scorers is None else request.scorers)]
    usual = models.own_reader(ready or spec, suite.world) or extract.default_for(suite.world)
    refuse_hidden(request.extractor_options, "-E")
    reader = extract.resolve(request.extractor or usual, request.extractor_options)
    config = RunConfig(
        run_id=uuid.uuid4().hex,
        suite=suite_ref(suite, source),
        model=models.recorded(spec) if ready is None else _described(spec),
        protocol=_protocol(suite, request),
        extractor=extract.recorded(reader),
        scorers=tuple(name for name, _ in placed),
        scorer_sha256={scorers.slug(name): digest for name, digest in placed if digest is not None},
        judges=recorded_specs(judging.specs),
        limit=request.limit,
        batch_size=_batch_size(request, spec),
        executor=request.executor,
        provenance=provenance(),
    )
    scoring = scoring_of(config, reader, suite, judging)
    return Settled(config, suite, spec, reader, ready, scoring, request.shard)


def scoring_of(config: RunConfig, reader: ExtractorSpec, suite: Suite, judging: Judging) -> Scoring:
    """What scores a run; UsageError when its extractor or a scorer of it cannot be found."""
    extractor = extract.build(reader)
    named = {scorers.slug(name): scorers.resolve(name) for name in config.all_scorers}
    return Scoring(suite, extractor, named, judging)


def _model(request: Request) -> tuple[ModelSpec, Generator | None]:
    if isinstance(request.model, str):
        refuse_hidden(request.options, "-M")
        refuse_hidden(request.settings, "-G")
        return models.resolve(request.model, request.options, request.settings), None
    if request.options or request.settings:
        raise UsageError("a model that is already built takes no options or settings")
    kind = type(request.model)
    adapter = f"{kind.__module__}:{kind.__qualname__}"
    with loading(f"model {kind.__name__!r}"):
        spec = ModelSpec(name=kind.__name__, adapter=adapter, settings=dict(request.model.settings))
    return spec, request.model


def _described(spec: ModelSpec) -> ModelSpec:
    """A model that came built, as ``run.json`` keeps it, without secrets."""
    return spec.model_copy(update={"settings": redacted(spec.settings or {})})


def _protocol(suite: Suite, request: Request) -> Protocol:
    stated = suite.protocol
    seeds = stated.seeds if request.seeds is None else request.seeds
    variant = stated.variant if request.variant is None else request.variant
    if variant not in (stated.variant, GRAPH):
        raise UsageError.unknown(f"prompt variant of {suite.name}", variant, (stated.variant, GRAPH))
    if variant == GRAPH:
        for prompt in suite.prompts[: request.limit]:
            if not prompt.graph.entities:
                raise UsageError(f"prompt variant {GRAPH}: prompt {prompt.id!r} of {suite.name} has no graph to write")
    try:
        return Protocol(seeds=seeds, variant=variant)
    except ValidationError as problem:
        raise UsageError(f"--seeds: {problem.errors()[0]['msg'].removeprefix('Value error, ')}") from None


def _batch_size(request: Request, spec: ModelSpec) -> int:
    if request.batch_size != "auto":
        return request.batch_size
    if isinstance(request.model, str):
        return models.preferred_batch_size(spec)
    return int(getattr(request.model, "batch_size", DEFAULT_BATCH))


def _checked(request: Request) -> Request:
    """A request whose numbers are numbers: from Python they come as they are, unlike from the command line."""
    if (shard := request.shard) is not None and not 1 <= shard.index <= shard.count:
        raise UsageError(f"--shard {shard.index}/{shard.count}: shards count from 1 to {shard.count}")
    cost = request.max_cost
    if cost is not None and not (isinstance(cost, Real) and cost >= 0):  # nor is NaN
        raise UsageError(f"--max-cost {cost!r}: not a number from 0")
    size = request.batch_size
    return replace(
        request,
        limit=None if request.limit is None else whole("--limit", request.limit, 1),
        batch_size=size if size == "auto" else whole("--batch-size", size, 1),
        max_calls=None if request.max_calls is None else whole("--max-calls", request.max_calls, 0),
    )


def wholes(flag: str, numbers: Any, least: int) -> tuple[int, ...]:
    """`whole` of each; UsageError for what is no sequence."""
    try:
        given = tuple(numbers)
    except TypeError:
        raise UsageError(f"{flag} {numbers!r}: not a sequence of whole numbers") from None
    return tuple(whole(flag, number, least) for number in given)


def whole(flag: str, number: Any, least: int) -> int:
    """A whole number (numpy's too) that is at least `least`; UsageError for anything else."""
    try:
        found = index(number)
    except TypeError:
        raise UsageError(f"{flag} {number!r}: not a whole number") from None
    if found < least:
        raise UsageError(f"{flag} {found}: at least {least}")
    return found
