"""The gate's verdict in words, JSON, JUnit XML and GitHub annotations; all of it from one `Check`."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from rlrig_eval.errors import UsageError
from rlrig_eval.runs.baseline import Check

FORMATS = ("text", "json", "junit", "github")
NAMED = 10
"""Prompts named in a message; JSON has all of them."""


def render_check(found: Check, format: str, strict: bool = False) -> str:
    """The verdict as text that ends in a newline; `format` is one of `FORMATS`.

    Raises:
        UsageError: there is no such format.
    """
    if format == "text":
        return "\n".join([message(found), *named(found)]) + "\n"
    if format == "json":
        return json.dumps(as_dict(found, strict), indent=2, allow_nan=False) + "\n"
    if format == "junit":
        return junit(found, strict)
    if format == "github":
        return github(found, strict)
    raise UsageError.unknown("format", format, FORMATS)


def message(found: Check) -> str:
    """One line with everything that the verdict was read from."""
    rule, gate = found.rule, found.gate
    covered = f"coverage {found.coverage['ok']}/{found.coverage['planned']}"
    doubts = "".join(f"; {doubt}" for doubt in found.doubts)
    if rule.gate == "exact":
        what = f"{len(found.moved)} scores differ" if found.moved else "every score is"
        whose = f"{'from' if found.moved else 'that of'} {found.baseline}"
        return f"{found.verdict}: exact gate, {what} {whose}, {covered}{doubts}"
    return (
        f"{found.verdict}: {rule.metric} {_number(gate.mean)} against {found.baseline}, "
        f"one-sided bounds {_number(gate.lower)} and {_number(gate.upper)}, delta {rule.delta}, "
        f"{gate.n} prompts (at least {rule.least_n}), {covered}, "
        f"{sum(found.lost.values())} of {found.owed} samples unscored that the baseline has scored{doubts}"
    )


def named(found: Check) -> list[str]:
    """The prompts behind a verdict that is no pass: a line of those whose score moved, one of those without a score."""
    if found.verdict == "pass":
        return []
    lost = () if found.rule.gate == "exact" else tuple(found.lost)  # the exact gate counts them among the changed
    lines = {"changed" if found.rule.gate == "exact" else "fell": found.moved, "unscored": lost}
    return [f"{word}: {_first(prompts)}" for word, prompts in lines.items() if prompts]


def _first(prompts: Sequence[str]) -> str:
    more = f" and {len(prompts) - NAMED} more" if len(prompts) > NAMED else ""
    return f"{', '.join(prompts[:NAMED])}{more}"


def warnings(found: Check) -> list[str]:
    """What to mind of a run whatever its verdict, and why an inconclusive one is no pass."""
    why = "; ".join(found.doubts) or "more prompts or seeds would tell"
    return [
        *found.distrust,
        *([found.shortfall] if found.shortfall is not None else []),
        *([f"inconclusive: {why}"] if found.verdict == "inconclusive" else []),
    ]


def as_dict(found: Check, strict: bool) -> dict[str, object]:
    """The gate's numbers, the rule, the prompts, the coverage, and whether the gate is shut."""
    return found.gate.as_dict() | {
        "verdict": found.verdict,
        "failed": found.failed(strict),
        "suite": found.suite,
        "model": found.model,
        "baseline": found.baseline,
        "rule": found.rule.model_dump(mode="json"),
        "moved": list(found.moved),
        "coverage": dict(found.coverage),
        "shortfall": found.shortfall,
        "owed": found.owed,
        "lost": dict(found.lost),
        "doubts": list(found.doubts),
        "distrust": list(found.distrust),
    }


def junit(found: Check, strict: bool) -> str:
    """A test suite with one case, in the dialect that Jenkins and GitLab read; an inconclusive case is skipped."""
    failed = found.failed(strict)
    skipped = found.verdict == "inconclusive" and not failed
    counts = {"tests": "1", "failures": str(int(failed)), "errors": "0", "skipped": str(int(skipped))}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": f"rlrig-eval check: {found.suite}", **counts})
    about = {"classname": f"{found.suite}.{found.model}", "name": f"{found.rule.metric} against {found.baseline}"}
    case = ElementTree.SubElement(suite, "testcase", about)
    text = _whole(found)
    if failed or skipped:
        ElementTree.SubElement(case, "failure" if failed else "skipped", {"message": message(found)}).text = text
    else:
        ElementTree.SubElement(case, "system-out").text = text
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def github(found: Check, strict: bool) -> str:
    """A workflow command: an error, warning or notice on the job. A pass at too little coverage is a warning."""
    level = "error" if found.failed(strict) else "warning" if warnings(found) else "notice"
    return f"::{level} title={_property(f'{found.model} on {found.suite}')}::{_data(_whole(found))}\n"


def _whole(found: Check) -> str:
    """The message, the prompts, and what to mind: for those who see no standard error."""
    mind = [f"warning: {warning}" for warning in (*found.distrust, found.shortfall) if warning is not None]
    return "\n".join([message(found), *named(found), *mind])


def _data(text: str) -> str:
    """Escaped as the runner's toolkit does it (actions/toolkit, core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
