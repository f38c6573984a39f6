"""The code blocks of a guide, and how to run them: shell blocks command by command, Python blocks as they stand."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.main import get_command

from rlrig.cli import app as rlrig
from rlrig_eval.cli import app as rlrig_eval
from rlrig_eval.cli import main

APPS = {"rlrig": rlrig, "rlrig-eval": rlrig_eval}
DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EXIT = re.compile(r"#\s*exit (\d+)")


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its first line of code."""

    guide: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.guide}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A line of a shell block. A comment `# exit 3` says how it ends; without one it ends well."""

    where: str
    words: tuple[str, ...]
    exit_code: int


def blocks(guide: str) -> list[Block]:
    text = (DOCS / guide).read_text("utf-8")
    return [Block(guide, text.count("\n", 0, found.start()) + 2, found[1], found[2]) for found in _FENCE.finditer(text)]


def commands(block: Block) -> list[Command]:
    found = []
    for offset, line in enumerate(block.text.replace("\\\n", " ").splitlines()):
        words = tuple(shlex.split(line, comments=True))
        stated = _EXIT.search(line)
        if words:
            found.append(Command(f"{block.guide}:{block.line + offset}", words, int(stated[1]) if stated else 0))
    return found


def parse(command: Command) -> None:
    """Where running takes hours, or a GPU: the command line is one that our programs take."""
    words = command.words
    if words[0] == "torchrun":  # which runs what stands behind the dashes, in several processes
        words = words[words.index("--") + 1 :]
    program, verb, *arguments = words
    assert program in APPS, f"{command.where}: not a command of ours"
    get_command(APPS[program]).commands[verb].make_context(verb, list(arguments))


def run(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run one command line of ours in this process, which is faster than a process each."""
    assert command.words[0] == "rlrig-eval", f"{command.where}: not a command of ours"
    monkeypatch.setattr(sys, "argv", list(command.words))
    with pytest.raises(SystemExit) as end:
        main()
    assert (end.value.code or 0) == command.exit_code, command.where
