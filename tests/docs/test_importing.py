"""docs/importing-a-benchmark.md, run from top to bottom in an empty folder; its table, held against the registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rlrig_eval.suite import importers
from tests.docs.blocks import DOCS, blocks, commands, run

GUIDE = "importing-a-benchmark.md"


def test_every_block_does_what_the_guide_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(GUIDE):
        if block.language == "jsonl":
            Path("evaluation_metadata.jsonl").write_text(block.text)
        elif block.language == "py":
            Path("my_benchmark.py").write_text(block.text)
        elif block.language == "python":
            exec(compile(block.text, str(block), "exec"), {})
        else:
            assert block.language == "bash"
            for command in commands(block):
                run(command, monkeypatch)


def test_the_table_has_every_benchmark_with_its_variants_images_and_licence() -> None:
    rows = re.findall(r"^\| (`.*?) \| .*? \| (\d+) \| .*? \| (.*?) \|$", (DOCS / GUIDE).read_text(), re.MULTILINE)
    told = {names.split("`")[1]: (names, int(images), licence) for names, images, licence in rows}
    assert set(told) == set(importers.names())
    for name, (names, images, licence) in told.items():
        known = importers.benchmark(name)
        assert (images, licence) == (known.images_per_prompt, known.licence.split(" (")[0])
        assert {word.rpartition(":")[2] for word in re.findall(r"`(.*?)`", names)[1:]} == set(known.variants[1:])
