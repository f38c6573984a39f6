"""rlrig-eval list: what can be named."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """What there are names of."""

    SUITES = "suites"
    MODELS = "models"
    EXTRACTORS = "extractors"
    SCORERS = "scorers"
    JUDGES = "judges"


def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object: name to description.")] = False,
) -> None:
    """List the suites, models, extractors, scorers or judges that can be named."""
    from json import dumps

    found = _names(kind)
    if json:
        typer.echo(dumps(found, indent=2))
        return
    width = max(map(len, found), default=0)
    for name, description in sorted(found.items()):
        typer.echo(f"{name:{width}}  {description}".rstrip())


def _names(kind: Kind) -> dict[str, str]:
    from rlrig_eval import extract, models, suite
    from rlrig_eval.runs import scorers

    if kind is Kind.MODELS:
        return models.names()
    if kind is Kind.JUDGES:
        from rlrig_eval import judges

        return judges.names()
    if kind is Kind.SUITES:
        return {name: suite.load(name).description for name in suite.names()} | _importable()
    return extract.names() if kind is Kind.EXTRACTORS else scorers.names()


def _importable() -> dict[str, str]:
    from rlrig_eval.suite import importers

    known = {name: importers.benchmark(name) for name in importers.names()}
    return {name: f"{one.title}, imported from --suite-path {one.files}; {one.licence}" for name, one in known.items()}
