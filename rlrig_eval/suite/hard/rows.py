"""Groups to prompts: ids, twins, tags and texts."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import Split
from rlrig_eval.suite.hard.groups import Group
from rlrig_eval.suite.hard.wordings import paraphrases
from rlrig_eval.suite.order import interleaved
from rlrig_eval.suite.schema import Prompt, World
from rlrig_eval.suite.tags import derived
from rlrig_eval.suite.wording import word

PARAPHRASED_EVERY = 2
"""One group in so many, of those with one member or two, has paraphrases of its first member."""

Tell = Callable[[SceneGraph], str]


def prompts(
    suite: str, bucket: Split, world: World, groups: Mapping[str, Sequence[Group]], tell: Tell = word
) -> list[Prompt]:
    """The prompts of a split in its fixed stratified order; the groups of a structure keep theirs."""
    prefix = suite if bucket == "test" else f"{suite}-{bucket}"
    found: list[Prompt] = []
    for number, group in enumerate(interleaved(groups), start=1):
        found.extend(rows(group, f"{prefix}-{number:04d}", world, tell))
    _refuse_repeats(found)
    return found


def rows(group: Group, name: str, world: World, tell: Tell = word) -> Iterator[Prompt]:
    """The prompts of one group: each member and its twin side by side, then the paraphrases of the first."""

    def prompt(id_: str, text: str, graph: SceneGraph, tags: Sequence[str], twin: str | None = None) -> Prompt:
        tagged = (*derived(graph, world), f"structure:{group.structure}", *tags)
        return Prompt(id=id_, text=text, graph=graph, tags=tagged, twin=twin, group=name)

    for member in group.members:
        own = f"{name}-{member.role}" if member.role else name
        yield prompt(own, tell(member.graph), member.graph, member.tags, f"{own}-t")
        yield prompt(f"{own}-t", tell(member.twin), member.twin, (*_shared(member.tags), "twin"), own)
    if group.number % PARAPHRASED_EVERY or len(group.members) > 2:
        return
    first = group.members[0]
    rng = np.random.default_rng(list(name.encode()))
    used = {tell(graph) for member in group.members for graph in (member.graph, member.twin)}
    for number, (text, graph) in enumerate(paraphrases(rng, first.graph, used), start=1):
        yield prompt(f"{name}-p{number}", text, graph, (*first.tags, "paraphrase"))


def _shared(tags: Sequence[str]) -> Iterator[str]:
    """The tags of a member that its twin has too: a contact, or the order of two counts, is what they differ in."""
    return (tag for tag in tags if not tag.startswith(("contact:", "counts=")))


def _refuse_repeats(prompts: Sequence[Prompt]) -> None:
    """AssertionError when two prompts have one text: a paraphrase of one group then says what another does."""
    first: dict[str, str] = {}
    for prompt in prompts:
        other = first.setdefault(prompt.text, prompt.id)
        assert other == prompt.id, f"{prompt.id} and {other} have one text: {prompt.text}"
