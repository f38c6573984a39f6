"""What a call costs: USD per million tokens by model, from ``baselines/judges/prices.yaml``."""

from __future__ import annotations

from datetime import date
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from rlrig_eval.assets import baselines_dir
from rlrig_eval.errors import UnreadableFile
from rlrig_eval.scene.graph import Frozen


class Price(Frozen):
    """USD per million tokens, with the page that says so and the day it did."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    source: str = Field(pattern=r"^https?://")
    date: date


class Prices(Frozen):
    """The content of ``prices.yaml``; a model that is not in it has no known price."""

    schema_version: Literal[1] = Field(alias="schema")
    models: dict[str, Price] = Field(default_factory=dict)


def price_of(model: str) -> Price | None:
    """The price of a model, or None where none is known. Raises UnreadableFile for a damaged ``prices.yaml``."""
    path = baselines_dir() / "judges" / "prices.yaml"
    try:
        return Prices.model_validate(yaml.safe_load(path.read_text("utf-8"))).models.get(model)
    except OSError as problem:
        raise UnreadableFile(problem.strerror or "cannot be read", path=path) from None
    except yaml.YAMLError as problem:
        raise UnreadableFile(f"bad YAML: {problem}", path=path) from None
    except ValidationError as problem:
        raise UnreadableFile.invalid(problem, Prices, path=path) from None
