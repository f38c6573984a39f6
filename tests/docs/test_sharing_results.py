"""docs/sharing-results.md, run from top to bottom; the documentation site and its pages."""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.blocks import DOCS
from tests.docs.test_statistics_pages import follow

REPO = DOCS.parent
SITE = yaml.safe_load((REPO / "mkdocs.yml").read_text())


def pages(nav: object) -> list[str]:
    """The files that a navigation names."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in pages(part)]  # type: ignore[attr-defined]


def test_the_first_page(tmp_path: Path) -> None:
    assert follow("index.md", tmp_path) == []
    assert (tmp_path / "runs" / "first" / "report.html").is_file()


def test_sharing_results(tmp_path: Path) -> None:
    assert follow("sharing-results.md", tmp_path) == []
    assert (tmp_path / "site" / "index.html").is_file()
    assert (tmp_path / "shared" / "hf" / "README.md").is_file()


def test_the_site_has_every_guide_and_names_no_file_that_is_not_there() -> None:
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert set(pages(SITE["nav"])) == there  # a new guide also goes into mkdocs.yml


def test_what_the_reference_documents_exists() -> None:
    for page in (DOCS / "api").glob("*.md"):
        for name in re.findall(r"^::: (\S+)", page.read_text(), re.MULTILINE):
            home, _, attribute = name.rpartition(".")
            module = importlib.import_module(home)
            found = getattr(module, attribute, None) or importlib.import_module(name)
            assert found.__doc__, name


def test_links_out_of_the_guides_name_files_of_the_repository() -> None:
    links = {
        (path.name, link)
        for path in DOCS.rglob("*.md")
        for link in re.findall(r"\]\((?!https?:|#)([^)\s#]+)", path.read_text("utf-8"))
    }
    assert [(page, link) for page, link in sorted(links) if not (DOCS / link).is_file()] == []


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="the extra `docs` is not installed")
def test_the_site_builds(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    ran = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, ran.stderr
    assert "scene_graph_iou" in (tmp_path / "api" / "metrics" / "index.html").read_text()
