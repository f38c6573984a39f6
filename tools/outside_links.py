"""A hook of mkdocs: links from a guide to files of the repository, which the site does not have, become their names."""

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./([^)\s]+)\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """
    >>> on_page_markdown("by every tag: [spatial-hard](../reports/blind/spatial-hard.md)")
    'by every tag: spatial-hard (`reports/blind/spatial-hard.md`)'
    >>> on_page_markdown("[`reports/a.json`](../reports/a.json)")
    '`reports/a.json`'
    """
    return _OUTSIDE.sub(lambda found: _named(found[1], found[2]), markdown)


def _named(words: str, path: str) -> str:
    return f"`{path}`" if words.strip("`") == path else f"{words} (`{path}`)"
