"""docs/training-with-grpo.md: its Python runs, its commands are ones that the command line takes."""

import pytest

from rlrig.grpo import bundle, mean
from rlrig_eval.report.ablation import __main__ as ablation
from tests.docs.blocks import blocks, commands, parse

GUIDE = blocks("training-with-grpo.md")
PARSERS = {"rlrig.grpo.bundle": bundle, "rlrig.grpo.mean": mean, "rlrig_eval.report.ablation": ablation}


@pytest.mark.parametrize("block", [block for block in GUIDE if block.language == "python"], ids=str)
def test_python(block):
    exec(compile(block.text, str(block), "exec"), {})


@pytest.mark.parametrize(
    "command", [line for block in GUIDE if block.language == "bash" for line in commands(block)], ids=str
)
def test_commands_are_parsed(command):
    """Parsed, not run: training takes hours."""
    words = list(command.words)
    if words[:2] == ["python", "-m"]:
        module = PARSERS[words[2]]
        with pytest.raises(SystemExit) as end:
            module.main([*words[3:], "--help"])
        assert end.value.code == 0
        return
    parse(command)
