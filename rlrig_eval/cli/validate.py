"""rlrig-eval validate: are these files what they should be?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rlrig_eval.errors import UnreadableFile


def validate(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Suites by folder, file or name.")],
    suite: Annotated[str | None, typer.Option(help="The paths are downloads of this benchmark: NAME.")] = None,
) -> None:
    """Check suites: every prompt, graph, twin and tag; a line for each problem, with file, line and field.

    With --suite geneval, check downloads of that benchmark, and say what is in them.
    """
    from rlrig_eval.errors import UsageError
    from rlrig_eval.suite.validate import validate as inspect

    if suite is not None:
        for path in paths:
            typer.echo(f"{path}: {_contents(suite, path)}")
        return
    findings: list[object] = []
    for path in paths:
        found = inspect([path]) or _unknown_scorers(path)
        findings.extend(found)
        if not found:
            typer.echo(f"{path}: ok")
    if findings:
        raise UsageError("\n".join(map(str, findings)))


def _unknown_scorers(path: str) -> list[UnreadableFile]:
    """The scorers that the header of a sound suite names, and a run would not find."""
    from rlrig_eval.runs.scorers import not_found
    from rlrig_eval.suite.documents import read_yaml
    from rlrig_eval.suite.loader import Header, locate

    header, _ = locate(path)
    return list(not_found(header, read_yaml(header, Header).scorers))


def _contents(name: str, path: str) -> str:
    """How many prompts of which categories were imported, and what a user should know of them."""
    from collections import Counter

    from rlrig_eval.suite import load

    suite = load(name, path)
    categories = Counter(prompt.tags[0] for prompt in suite.prompts if prompt.tags)
    groups = len({prompt.group for prompt in suite.prompts})
    questions = sum(len(prompt.questions) for prompt in suite.prompts)
    empty = sum(not prompt.graph.entities for prompt in suite.prompts)
    lines = [
        f"ok: {len(suite.prompts)} prompts in {groups} groups, {questions} questions, {empty} prompts without graph"
    ]
    lines += [f"{number:7}  {category}" for category, number in sorted(categories.items())]
    return "\n".join((*lines, f"  {suite.description}"))
