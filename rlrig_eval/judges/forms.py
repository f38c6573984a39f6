"""Forms of replies. A reply is one JSON object of a stated shape, or one word; anything else is a Misfit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from rlrig_eval.judges.contract import Misfit, Reply

YesNo = Annotated[
    Literal["yes", "no"], BeforeValidator(lambda said: said.casefold() if isinstance(said, str) else said)
]
"""In any case, as `WordForm` takes it; the schema asks for lower case."""
LONGEST = 100_000
"""Characters of a reply that are looked at; no fitting one is nearly as long."""

_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*?)\n?```\Z", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


class Strict(BaseModel):
    """Base of every reply that is an object: no other key, no value of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True)
class ObjectForm:
    """One JSON object that a pydantic model takes; its schema and its reader are both that model."""

    model: type[BaseModel]

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        return self.model.model_json_schema()

    def read(self, reply: Reply) -> Any:
        found = the_object(reply.text)
        try:
            return self.model.model_validate(found)
        except ValidationError as problem:
            fault = problem.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            raise Misfit(f"the reply does not fit: {where + ': ' if where else ''}{fault['msg']}") from None


class Word(NamedTuple):
    """P(yes) in [0, 1]. `soft`: it is the model's own; else it is 1 for the word yes and 0 for no."""

    p: float
    soft: bool


@dataclass(frozen=True)
class WordForm:
    """The one word yes or no, with the model's own P(yes) where the back end knows it."""

    schema: Mapping[str, Any] | None = None

    def read(self, reply: Reply) -> Word:
        if reply.p_yes is not None:
            return Word(_chance(reply.p_yes), soft=True)
        word = reply.text.strip().removesuffix(".").casefold()
        if word not in ("yes", "no"):
            raise Misfit("the reply is not the one word yes or no")
        return Word(float(word == "yes"), soft=False)


@dataclass(frozen=True)
class ChanceForm:
    """The model's own P(yes), in [0, 1]: a word alone is no measure of it."""

    schema: Mapping[str, Any] | None = None

    def read(self, reply: Reply) -> float:
        if reply.p_yes is None:
            raise Misfit(
                "the judge gave a word and no P(yes): its server sends no logprobs, or yes and no are unlikely in them"
            )
        return _chance(reply.p_yes)


def _chance(p: float) -> float:
    if not 0.0 <= p <= 1.0:  # false for NaN too
        raise Misfit(f"P(yes) is {p}, not between 0 and 1")
    return float(p)


@lru_cache(maxsize=256)
def answers_form(names: tuple[str, ...]) -> ObjectForm:
    """An object with "yes" or "no" under each of `names`."""
    fields: dict[str, Any] = dict.fromkeys(names, (YesNo, ...))
    return ObjectForm(create_model("Answers", __base__=Strict, **fields))


def the_object(text: str) -> dict[str, Any]:
    """The one JSON object in a reply.

    Mended are a code fence around it, words before or after it, and commas before a closing bracket: damage
    that leaves no doubt what was meant. Half an object, two of them, or a key twice is a Misfit.

    >>> the_object('Sure! ```json is fun``` {"q1": "yes",} Hope it helps.')
    {'q1': 'yes'}
    """
    if len(text) > LONGEST:
        raise Misfit(f"the reply is {len(text)} characters long")
    stripped = text.strip()
    if not stripped:
        raise Misfit("the reply is empty")
    fenced = _FENCE.match(stripped)
    body = fenced[1] if fenced else stripped
    found = _objects(body) or _objects(_TRAILING_COMMA.sub(r"\1", body))
    if not found:
        raise Misfit("there is no whole JSON object in the reply")
    if len(found) > 1:
        raise Misfit(f"there are {len(found)} JSON objects in the reply, and one was asked for")
    return found[0]


def _objects(text: str) -> list[dict[str, Any]]:
    """Every outermost JSON object in a text, in order."""
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse)
    found: list[dict[str, Any]] = []
    start = text.find("{")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except (json.JSONDecodeError, RecursionError):
            # An object that does not close may hold whole ones, which were never meant alone.
            return found if not found else [*found, {}]
        found.append(value)
        start = text.find("{", end)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise Misfit(f"the key {key!r} stands twice in the reply")
    return dict(pairs)


def _refuse(constant: str) -> Any:
    raise Misfit(f"{constant} is no JSON value")
