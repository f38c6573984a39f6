"""Extractors by name: built in, an entry point, or ``path/to/file.py:Class``."""

from __future__ import annotations

from rlrig_eval.errors import UsageError
from rlrig_eval.extract.contract import Extractor
from rlrig_eval.plugins import find, load
from rlrig_eval.plugins import names as plugin_names

GROUP = "rlrig_eval.extractors"
_BUILT_IN = {"shapes": "rlrig_eval.extract.shapes:ShapesExtractor"}
_BY_WORLD = {"shapes": "shapes"}


def names() -> list[str]:
    """Every extractor that can be named."""
    return sorted({*_BUILT_IN, *plugin_names(GROUP)})


def default_for(world: str) -> str:
    """The name of the extractor that reads pictures of a suite's world.

    Raises:
        UsageError: there is none for it yet.
    """
    if world not in _BY_WORLD:
        raise UsageError(f"no extractor reads pictures of world {world!r} by default: name one with --extractor")
    return _BY_WORLD[world]


def build(name: str) -> Extractor:
    """The extractor called `name`; UsageError when there is none."""
    where = _BUILT_IN[name] if name in _BUILT_IN else find("extractor", name, GROUP, _BUILT_IN).where
    extractor: Extractor = load(where, "extractor")()
    return extractor
