"""Extractors by name: built in, an entry point, or ``path/to/file.py:Class``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from rlrig_eval.errors import UsageError
from rlrig_eval.extract.contract import AnyExtractor
from rlrig_eval.plugins import converted, defaults, find, load_callable, loading
from rlrig_eval.plugins import names as plugin_names
from rlrig_eval.plugins.redaction import redacted
from rlrig_eval.scene.graph import Frozen

GROUP = "rlrig_eval.extractors"
_BUILT_IN = {
    "detector": ("rlrig_eval.extract.detector:Detector", "object detection on photographs, with depth where asked"),
    "shapes": ("rlrig_eval.extract.shapes:ShapesExtractor", "drawings of the shapes world, without learning"),
    "vlm": (
        "rlrig_eval.extract.vlm:VLM",
        "a vision-language model tells a scene graph, as LAION-SG asks or strictly",
    ),
    "written": ("rlrig_eval.extract.written:Written", "what `synthetic` wrote into its pictures of common things"),
}
"""Name -> where it is, and what it reads."""
_BY_WORLD = {"shapes": "shapes", "photo": "detector"}


class ExtractorSpec(Frozen):
    """An extractor as a run records it; `source` is what the user named it by. All but `traffic` decides readings.

    `revision` is that of its weights, where it has any; of a server without a name it is a digest of the address.
    """

    name: str
    version: str
    source: str
    options: dict[str, Any] = Field(default_factory=dict)
    traffic: dict[str, Any] = Field(default_factory=dict)
    revision: str | None = None

    def identity(self) -> dict[str, Any]:
        """All that decides what it reads; an extractor without options is its name and version."""
        more = {"options": self.options, "revision": self.revision}
        return {"name": self.name, "version": self.version} | {key: value for key, value in more.items() if value}


def names() -> dict[str, str]:
    """Every extractor that can be named, with a line on what it reads."""
    found = {name: f"plug-in {GROUP}:{name}" for name in plugin_names(GROUP)}
    return found | {name: what for name, (_, what) in _BUILT_IN.items()}


def default_for(world: str) -> str:
    """The name of the extractor that reads pictures of a suite's world.

    Raises:
        UsageError: there is none for it yet.
    """
    if world not in _BY_WORLD:
        raise UsageError(f"no extractor reads pictures of world {world!r} by default: name one with --extractor")
    return _BY_WORLD[world]


def resolve(name: str, options: Mapping[str, Any] | None = None) -> ExtractorSpec:
    """The extractor called `name`, its options converted to the types that its class states.

    Raises:
        UsageError: no such extractor or option, a value that does not fit, weights that are not there, or whatever its
            class raises.
    """
    factory = _factory(name)
    decided = converted(factory, options or {}, f"extractor {name!r}", "-E")
    with loading(f"extractor {name!r}"):
        if hasattr(factory, "check"):
            decided = factory.check(**decided)
        built: AnyExtractor = factory(**decided)
        passing = getattr(factory, "passing", frozenset())
        return ExtractorSpec(
            name=built.name,
            version=built.version,
            source=name,
            options={key: value for key, value in decided.items() if key not in passing},
            traffic={key: value for key, value in decided.items() if key in passing},
            revision=factory.revision_of(**decided) if hasattr(factory, "revision_of") else None,
        )


def build(extractor: str | ExtractorSpec) -> AnyExtractor:
    """The extractor itself; one that is only named is built as it is by default. Errors as in `resolve`."""
    spec = resolve(extractor) if isinstance(extractor, str) else extractor
    factory = _factory(spec.source)
    with loading(f"extractor {spec.source!r}"):
        built: AnyExtractor = factory(**spec.options, **spec.traffic)
    return built


def recorded(spec: ExtractorSpec) -> ExtractorSpec:
    """An extractor as ``run.json`` keeps it, without secrets."""
    usual = defaults(_factory(spec.source))
    return spec.model_copy(update={"options": redacted(spec.options, usual), "traffic": redacted(spec.traffic, usual)})


def _factory(name: str) -> Any:
    where = _BUILT_IN[name][0] if name in _BUILT_IN else find("extractor", name, GROUP, _BUILT_IN).where
    return load_callable(where, "extractor")
