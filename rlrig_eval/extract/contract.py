"""What reads a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from PIL import Image

from rlrig_eval.errors import RunError
from rlrig_eval.extract.words import Words
from rlrig_eval.scene import SceneGraph


class Unscored(RunError):
    """This picture cannot be read, for a reason that says nothing on how good it is. `raw`: what was said of it."""

    def __init__(self, reason: str, raw: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.raw = raw


@dataclass(frozen=True)
class Looked:
    """A picture (RGB, any size), and the words that it is looked at with."""

    image: Image.Image
    words: Words


class Extractor(Protocol):
    """Reads what a picture shows, without knowing what it should show. Built with the `-E` options.

    Boxes are in pixels of the picture. An extractor whose boxes are in other units has an attribute `long_side`: how
    many of them the picture's longer side is, whatever its size.
    """

    name: str
    version: str
    """Goes up when a picture may be read otherwise; runs read by two versions are not compared."""

    def extract(self, image: Image.Image) -> SceneGraph:
        """Instances with boxes, and every vocabulary relation that holds between them with margin.

        Args:
            image: RGB, any size.

        Raises:
            Unscored: the picture is not of a kind that this extractor reads.
        """
        ...


@runtime_checkable
class WordedExtractor(Protocol):
    """An extractor that must be told words to look for: an open-vocabulary detector, a VLM with closed lists.

    It learns which words, never how many things, or what stands where.
    """

    name: str
    version: str

    def extract_worded(self, image: Image.Image, words: Words) -> SceneGraph:
        """As `Extractor.extract`; categories are `words` wherever a word of them means the same thing.

        Raises:
            Unscored: also when `words` ask for what this extractor cannot see.
        """
        ...


@runtime_checkable
class StreamingExtractor(WordedExtractor, Protocol):
    """A worded extractor that is faster when it gets many pictures at once."""

    def extract_all(self, pictures: Iterable[Looked]) -> Iterator[SceneGraph | Unscored]:
        """One for each picture, in order; pulls few ahead. Raises for nothing that concerns one picture only."""
        ...


AnyExtractor = Extractor | WordedExtractor


def opened(extractor: AnyExtractor) -> AnyExtractor:
    """The extractor with what it needs loaded, if it says how (`open`), so that bad weights are found before a run."""
    if hasattr(extractor, "open"):
        extractor.open()
    return extractor


def read_all(extractor: AnyExtractor, pictures: Iterable[Looked]) -> Iterator[SceneGraph | Unscored | Exception]:
    """What `extractor` reads in each picture, in order, or what it raised; it gets the words if it wants any."""
    if isinstance(extractor, StreamingExtractor):
        yield from extractor.extract_all(pictures)
        return
    for picture in pictures:
        try:
            if isinstance(extractor, WordedExtractor):
                yield extractor.extract_worded(picture.image, picture.words)
            else:
                yield extractor.extract(picture.image)
        except Exception as problem:  # one picture that breaks an extractor must not take the others with it
            yield problem
        except SystemExit as problem:
            yield RuntimeError(f"SystemExit: {problem}")
