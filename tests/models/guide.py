"""The code blocks of a guide in docs/, and a package that declares one of them as an entry point."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def block(guide: str, language: str) -> str:
    """The first code block of that language."""
    found = re.search(rf"```{language}\n(.*?)```", (DOCS / guide).read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def install(site: Path, module: str, source: str, entry_point: str) -> None:
    """A package ``my_package`` in `site`, as pip would leave it, with the entry point that the guide declares."""
    (site / "my_package").mkdir(parents=True)
    (site / "my_package" / "__init__.py").write_text("")
    (site / "my_package" / f"{module}.py").write_text(source)
    info = site / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    group, line = re.fullmatch(r'\[project\.entry-points\."(.*?)"\]\n(.*?)\n', entry_point).groups()
    (info / "entry_points.txt").write_text(f"[{group}]\n{line.replace(chr(34), '')}\n")
