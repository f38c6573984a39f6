"""Questions that stand in parallel lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from rlrig_eval.suite.importers.benchmark import Row
from rlrig_eval.suite.schema import Question


def asked(
    row: Row[Any], texts: Sequence[str], field: str, lists: Mapping[str, Sequence[str]], tags: str | None = None
) -> tuple[Question, ...]:
    """A question for each of `texts`, which stand in `field`, numbered from 1.

    Args:
        lists: what stands beside it, by field: the answers first (none means yes to all).
        tags: the field in `lists` that says of what kind a question is.

    Raises:
        UnreadableFile: a list has another length, or something in one is empty.
    """
    for name, values in lists.items():
        if len(values) != len(texts):
            row.wrong(name, f"has {len(values)} entries, but {field} has {len(texts)}")
    for name, values in {field: texts, **lists}.items():
        if (empty := next((n for n, value in enumerate(values) if not value.strip()), None)) is not None:
            row.wrong(f"{name}.{empty}", "is empty")
    answers = next((values for name, values in lists.items() if name != tags), ["yes"] * len(texts))
    kinds = [(kind,) for kind in lists[tags]] if tags is not None else [()] * len(texts)
    return tuple(
        Question(id=str(number), text=text, answer=answer(said), tags=kind)
        for number, (text, said, kind) in enumerate(zip(texts, answers, kinds, strict=True), start=1)
    )


def answer(said: str) -> str:
    """Yes and no in lower case; anything else as it stands.

    >>> answer("Yes "), answer("NO"), answer("four")
    ('yes', 'no', 'four')
    """
    plain = said.strip()
    return plain.lower() if plain.lower() in ("yes", "no") else plain
