"""Judges by name: built in, an entry point, or ``path/to/file.py:Class``.

`resolve` finds out all that decides a verdict without loading a model; `build` loads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from rlrig_eval.errors import UsageError
from rlrig_eval.judges.asking import AskingJudge
from rlrig_eval.judges.budget import Budget, Metered
from rlrig_eval.judges.cache import Cached, open_cache
from rlrig_eval.judges.contract import Judge
from rlrig_eval.judges.guarded import Guarded
from rlrig_eval.judges.rubrics import PAIRS, PICTURES, Family, fingerprint, rubric
from rlrig_eval.plugins import converted, find, load, load_callable
from rlrig_eval.plugins import names as plugin_names
from rlrig_eval.scene.graph import Frozen

GROUP = "rlrig_eval.judges"
PREFIX = "judge."
"""A judge's rows and metrics are called ``judge.<slug>``."""

_BUILT_IN = {
    "local": ("rlrig_eval.judges.local:Local", "a vision-language model of transformers"),
    "openai": ("rlrig_eval.judges.openai:OpenAI", "a model behind an OpenAI-compatible server"),
    "panel": ("rlrig_eval.judges.panel:Panel", "several judges: majority, mean or minimum"),
    "scripted": ("rlrig_eval.judges.scripted:Scripted", "recorded replies, replayed"),
    "shapes-vlm": ("rlrig_eval.judges.local:ShapesVLM", "the bundled judge of the shapes world"),
}


class JudgeSpec(Frozen):
    """A judge as a run records it. All but `traffic` decides verdicts."""

    slug: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    name: str
    adapter: str
    options: dict[str, Any] = Field(default_factory=dict)
    traffic: dict[str, Any] = Field(default_factory=dict)
    rubric: str | None = None
    rubric_sha256: str | None = None
    revision: str | None = None
    source_sha256: str | None = None

    @property
    def metric(self) -> str:
        """The name of its rows and of its headline."""
        return PREFIX + self.slug

    def identity(self) -> dict[str, Any]:
        """All that decides its verdicts, and nothing of where it was reached."""
        return self.model_dump(mode="json", exclude={"traffic"})


def names() -> dict[str, str]:
    """Every judge that can be named, with a line on what it is."""
    found = {name: f"plug-in {GROUP}:{name}" for name in plugin_names(GROUP)}
    return found | {name: what for name, (_, what) in _BUILT_IN.items()}


def resolve(name: str, options: Mapping[str, Any], family: Family = PICTURES) -> JudgeSpec:
    """The judge called `name`, its options converted to the types that its class states.

    Args:
        options: the `-J` options. Every judge takes `name` (its slug); one that answers requests also `rubric`.
        family: the rubrics that it may be asked in.

    Raises:
        UsageError: no such judge, class, rubric or option, or a value that does not fit.
    """
    if name in _BUILT_IN:
        title, where, source = name, _BUILT_IN[name][0], None
    else:
        target = find("judge", name, GROUP, _BUILT_IN)
        title, where, source = target.name, target.where, target.sha256
    factory = load_callable(where, "judge")
    given = dict(options)
    called, asked = given.pop("name", None), given.pop("rubric", None)
    if getattr(factory, "of_judges", False):
        given = _members_folded(given, name)
    decided = converted(factory, given, f"judge {name!r}", "-J")
    words = None
    if hasattr(factory, "replies"):
        words = rubric(str(asked or getattr(factory, family.preferred, family.default)), family)
    elif not hasattr(factory, "verdicts"):
        raise UsageError(f"judge {name!r} has neither a `replies` nor a `verdicts`")
    elif family is PAIRS:
        raise UsageError(f"judge {name!r} judges single pictures in its own way, so it cannot be asked about pairs")
    elif asked is not None:
        raise UsageError(f"judge {name!r} asks in its own way, so -J rubric means nothing to it")
    if hasattr(factory, "check"):
        decided = factory.check(**decided)
    passing = getattr(factory, "passing", frozenset())
    return JudgeSpec(
        slug=slug(str(called)) if called is not None else slug(title, given.get("model")),
        name=title,
        adapter=where,
        options={key: value for key, value in decided.items() if key not in passing},
        traffic={key: value for key, value in decided.items() if key in passing},
        rubric=words and words.name,
        rubric_sha256=words and fingerprint(words),
        revision=factory.revision_of(**decided) if hasattr(factory, "revision_of") else None,
        source_sha256=source,
    )


def _members_folded(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The options with those of members, given as ``label.key=value``, under `options`, by label."""
    dotted = {key: value for key, value in given.items() if "." in key}
    rest = {key: value for key, value in given.items() if key not in dotted}
    if not dotted:
        return rest
    options = rest.get("options", {})
    if not isinstance(options, Mapping):
        raise UsageError(f"judge {name!r}: -J options={options}: write each option of a member as -J label.key=value")
    for key, value in dotted.items():
        label, _, inner = key.partition(".")
        options = {**options, label: {**options.get(label, {}), inner: value}}
    return {**rest, "options": options}


def build(spec: JudgeSpec, budget: Budget | None = None) -> Judge:
    """The judge itself, loaded.

    Args:
        budget: what it may spend, together with others that share it.

    Raises:
        UsageError: what it was told, or the checkpoint it was told of, cannot be used.
    """
    factory = load_callable(spec.adapter, "judge")
    arguments = {**spec.options, **spec.traffic}
    if spec.rubric is None:
        shared = {"budget": budget} if getattr(factory, "of_judges", False) else {}
        return Guarded(factory(**arguments, **shared))
    backend = factory(**arguments)
    if budget is not None:
        backend = Metered(backend, budget, costs=hasattr(factory, "priced"))
    if getattr(factory, "cached", False):
        backend = Cached(backend, open_cache(arguments.get("cache")), spec.identity())
    called = spec.rubric.partition("/")[0]
    return AskingJudge(rubric(called, PAIRS if called in PAIRS.rubrics else PICTURES), backend)


def require_price(spec: JudgeSpec) -> None:
    """Raises UsageError when it is not known what a call of this judge costs."""
    priced = getattr(load(spec.adapter, "judge"), "priced", None)
    if priced is not None and not priced(**spec.options, **spec.traffic):
        raise UsageError(
            f"judge {spec.slug}: --max-cost needs a price, and none is known: give -J input_price= and "
            "-J output_price= (USD per million tokens), or --max-calls instead"
        )


def slug(name: str, model: str | None = None) -> str:
    """What a judge's rows and metric are called: the base name of its model, else its own.

    Raises:
        UsageError: a name without a letter or digit.

    >>> slug("openai", "Qwen/Qwen2.5-VL-7B-Instruct"), slug("local", "bundled:judge"), slug("shapes-vlm")
    ('Qwen2.5-VL-7B-Instruct', 'judge', 'shapes-vlm')
    """
    base = re.split(r"[/\\:]", str(model).rstrip("/\\"))[-1] if model else name
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", base).lstrip("._-")[:80]
    if not made:
        raise UsageError(f"judge: {base!r} makes no name for a file; give one with -J name=")
    return made
