"""Pictures read back as scene graphs."""

from rlrig_eval.extract.contract import (
    AnyExtractor,
    Extractor,
    Looked,
    StreamingExtractor,
    Unscored,
    WordedExtractor,
    opened,
    read_all,
)
from rlrig_eval.extract.registry import ExtractorSpec, build, default_for, names, recorded, resolve
from rlrig_eval.extract.words import Words, categories_of

__all__ = [
    "AnyExtractor",
    "Extractor",
    "ExtractorSpec",
    "Looked",
    "StreamingExtractor",
    "Unscored",
    "WordedExtractor",
    "Words",
    "build",
    "categories_of",
    "default_for",
    "names",
    "opened",
    "read_all",
    "recorded",
    "resolve",
]
