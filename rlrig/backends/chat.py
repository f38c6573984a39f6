"""What is said to a vision-language model: the same words to the bundled one and to a full-size one."""

from collections.abc import Sequence

from transformers import ProcessorMixin

from rlrig.reward import roots
from rlrig_eval.scene import Requirement

ANSWERS = " answer yes or no."


def ask(question: str) -> str:
    """The Checker's turn: a yes/no question of `Requirement.question()`."""
    return question + ANSWERS


def ask_repair(prompt: str, failed: Sequence[Requirement]) -> str:
    """The Actor's turn: the prompt, and what of it the picture does not show, root failures alone.

    >>> ask_repair("a red circle", ())
    'the picture should show: a red circle. write one edit.'
    """
    wrong = " and ".join(requirement.statement() for requirement in roots(failed))
    return f"the picture should show: {prompt}. {f'not true yet: {wrong}. ' if wrong else ''}write one edit."


def render(processor: ProcessorMixin, text: str) -> str:
    """One user turn of an image and `text` in the model's own chat template, up to the answer."""
    content = [{"type": "image"}, {"type": "text", "text": text}]
    rendered = processor.apply_chat_template(
        [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
    )
    return str(rendered)
