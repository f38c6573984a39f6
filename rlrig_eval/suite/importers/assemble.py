"""What an importer read, as a suite: in a stratified order, with repeated prompts as one unit."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.suite.documents import BadFile
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Placed
from rlrig_eval.suite.order import interleaved
from rlrig_eval.suite.schema import Prompt, Protocol, Suite
from rlrig_eval.suite.tags import derived

SPLIT = "test"


def assembled(benchmark: Benchmark, imported: Imported, variant: str) -> Suite:
    """The suite of what was read. Its version is a hash of the files, which a benchmark itself seldom numbers.

    Raises:
        UsageError: there are no prompts, or two have the same id.
    """
    if not imported.prompts:
        raise UnreadableFile("there are no prompts in it", path=imported.files[0])
    _check_ids(imported.prompts)
    prompts = [_tagged(prompt) for prompt in _grouped(placed.prompt for placed in imported.prompts)]
    return Suite(
        name=benchmark.name,
        version=_digest(imported.files),
        world="photo",
        split=SPLIT,
        protocol=Protocol(seeds=tuple(range(benchmark.images_per_prompt)), variant=variant),
        prompts=tuple(stratified(prompts)),
        scorers=benchmark.scorers,
        counting=benchmark.counting,
        description=". ".join(
            (f"{benchmark.title}, from {benchmark.source}", f"Licence: {benchmark.licence}", *imported.notes)
        ),
    )


def stratified(prompts: Sequence[Prompt]) -> list[Prompt]:
    """Every head has the categories (the first tags) in about their shares; twins stand side by side.

    Within a category a hash decides, because files are sorted: VISOR's first 790 prompts are all about persons.
    """
    by_id = {prompt.id: prompt for prompt in prompts}
    strata: defaultdict[str, list[list[Prompt]]] = defaultdict(list)
    for prompt in prompts:
        if prompt.twin is None or prompt.id < prompt.twin:
            together = [prompt] if prompt.twin is None else [prompt, by_id[prompt.twin]]
            strata[prompt.tags[0] if prompt.tags else ""].append(together)
    for units in strata.values():
        units.sort(key=lambda unit: hashlib.sha256(unit[0].id.encode()).digest())
    return [prompt for unit in interleaved(strata) for prompt in unit]


def _grouped(prompts: Iterable[Prompt]) -> Iterator[Prompt]:
    """A prompt that stands alone joins the group of an earlier one with the same text: they are not independent."""
    groups: dict[str, str] = {}
    for prompt in prompts:
        group = groups.setdefault(prompt.text, prompt.group)
        alone = prompt.group == prompt.id and group != prompt.group
        yield prompt.model_copy(update={"group": group}) if alone else prompt


def _tagged(prompt: Prompt) -> Prompt:
    """With the tags that follow from the graph; of the relations only those of the vocabulary."""
    if not prompt.graph.entities:
        return prompt
    spatial = {f"relation:{relation.predicate}" for relation in prompt.graph.relations if relation.spatial}
    found = (tag for tag in derived(prompt.graph, "photo") if not tag.startswith("relation:") or tag in spatial)
    return prompt.model_copy(update={"tags": tuple(dict.fromkeys((*prompt.tags, *found)))})


def _check_ids(prompts: Sequence[Placed]) -> None:
    first: dict[str, Placed] = {}
    problems = []
    for placed in prompts:
        # Lower case: two ids that differ in case alone are one file on some systems.
        other = first.setdefault(placed.prompt.id.lower(), placed)
        if other is not placed:
            problem = f"{placed.prompt.id!r} is already at {other.row.path.name}:{other.row.line}"
            problems.append(UnreadableFile(problem, path=placed.row.path, line=placed.row.line, field="id"))
    if problems:
        raise BadFile(problems)


def _digest(files: Sequence[Path]) -> str:
    """The first 12 hex digits of the SHA-256 of the files' bytes, in order; of all files of a folder."""
    found = hashlib.sha256()
    for path in files:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                try:
                    found.update(file.read_bytes())
                except OSError as error:
                    raise UsageError(f"{file}: {error.strerror}") from None
    return found.hexdigest()[:12]
