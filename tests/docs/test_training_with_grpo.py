"""docs/training-with-grpo.md: its Python runs, its commands are ones that the command line takes."""

import pytest
from typer.main import get_command

from rlrig.cli import app
from tests.docs.blocks import blocks, commands

GUIDE = blocks("training-with-grpo.md")


@pytest.mark.parametrize("block", [block for block in GUIDE if block.language == "python"], ids=str)
def test_python(block):
    exec(compile(block.text, str(block), "exec"), {})


@pytest.mark.parametrize(
    "command", [line for block in GUIDE if block.language == "bash" for line in commands(block)], ids=str
)
def test_commands_are_parsed(command):
    """Parsed, not run: training takes hours."""
    program, verb, *arguments = command.words
    assert program == "rlrig"
    get_command(app).commands[verb].make_context(verb, arguments)
