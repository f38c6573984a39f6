"""The gate's verdict in words, JSON, JUnit XML and GitHub annotations; all of it from one `Check`."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

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
    if rule.gate == "exact":
        what = f"{len(found.moved)} scores differ" if found.moved else "every score is"
        return f"{found.verdict}: exact gate, {what} {'from' if found.moved else 'that of'} {found.baseline}"
    return (
        f"{found.verdict}: {rule.metric} {_number(gate.mean)} against {found.baseline}, "
        f"one-sided bounds {_number(gate.lower)} and {_number(gate.upper)}, delta {rule.delta}, "
        f"{gate.n} prompts (at least {rule.least_n})"
    )


def named(found: Check) -> list[str]:
    """The prompts behind a verdict that is no pass, in a line."""
    if found.verdict == "pass" or not found.moved:
        return []
    more = f" and {len(found.moved) - NAMED} more" if len(found.moved) > NAMED else ""
    return [f"{'changed' if found.rule.gate == 'exact' else 'fell'}: {', '.join(found.moved[:NAMED])}{more}"]


def as_dict(found: Check, strict: bool) -> dict[str, object]:
    """The gate's numbers, the rule, the prompts, and whether the gate is shut."""
    return found.gate.as_dict() | {
        "verdict": found.verdict,
        "failed": found.failed(strict),
        "suite": found.suite,
        "model": found.model,
        "baseline": found.baseline,
        "rule": found.rule.model_dump(mode="json"),
        "moved": list(found.moved),
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
    text = "\n".join([message(found), *named(found)])
    if failed or skipped:
        ElementTree.SubElement(case, "failure" if failed else "skipped", {"message": message(found)}).text = text
    else:
        ElementTree.SubElement(case, "system-out").text = text
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def github(found: Check, strict: bool) -> str:
    """A workflow command: an error, warning or notice on the job."""
    level = "error" if found.failed(strict) else "warning" if found.verdict == "inconclusive" else "notice"
    text = "\n".join([message(found), *named(found)])
    return f"::{level} title={_property(f'{found.model} on {found.suite}')}::{_data(text)}\n"


def _data(text: str) -> str:
    """Escaped as the runner's toolkit does it (actions/toolkit, core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
