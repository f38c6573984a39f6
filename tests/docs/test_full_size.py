"""docs/full-size.md: its Python runs, and the models that it names exist."""

from __future__ import annotations

import re

import pytest

from rlrig_eval.models import names
from tests.docs.blocks import DOCS, blocks, commands, parse


@pytest.mark.parametrize("block", [one for one in blocks("full-size.md") if one.language == "python"], ids=str)
def test_a_block_runs(block) -> None:
    exec(compile(block.text, str(block), "exec"), {})


@pytest.mark.parametrize(
    "command",
    [line for one in blocks("full-size.md") if one.language == "bash" for line in commands(one)],
    ids=lambda line: line.where,
)
def test_its_commands_are_parsed(command) -> None:
    parse(command)


def test_every_model_that_it_names_exists() -> None:
    text = (DOCS / "full-size.md").read_text("utf-8")
    listed = re.search(r"names them: `(.*?)`, and the systems `(.*?)`", text, re.DOTALL)
    assert {*listed[1].split(), *listed[2].split()} <= names().keys()
