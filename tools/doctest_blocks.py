"""For the documentation site: doctests that stand in a docstring's text are shown as code, not read as Markdown."""

from __future__ import annotations

import re
from typing import Any

import griffe

_DOCTEST = re.compile(r"^([ \t]*)>>> .*(?:\n(?![ \t]*$).+)*", re.MULTILINE)


class DoctestBlocks(griffe.Extension):
    """Puts each run of lines that begins with ``>>>`` into a fence."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = _DOCTEST.sub(r"\1```pycon\n\g<0>\n\1```", obj.docstring.value)
