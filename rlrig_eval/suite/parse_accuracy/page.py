"""The report, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rlrig_eval.markdown import fixed, table

TARGET = 0.98
TARGET_SPEED = 5000  # prompts a second and core
HEADLINE = ("position", "two_object", "colors", "counting")
SPEED_OVER = "visor_enumerated"

TITLES = {
    "geneval": "GenEval, all 553 prompts, by tag",
    "visor": "VISOR, the records at hand",
    "visor_enumerated": "VISOR, all prompts by its published enumeration",
    "spatial": "This project's suite `spatial` and its dev split, by structure",
    "laion_sg": "LAION-SG's linear form (three published records)",
    "constructions": "Constructions of English, written around a gold graph",
}
EXACT = (
    "A prompt is read exactly when no word is left over and the graph is the gold graph: the same things with the same "
    "attributes and counts, and each relation with the predicate and direction that the text states, its frame and "
    "negation. The gold comes from the benchmark's own fields, never from the words. *Unawares* counts prompts that "
    "were read as another graph with no word named as not understood: the silent errors."
)
DSG = (
    "Free text, mostly captions, far from the grammar. The gold is DSG-1k's own propositions: an entity is found when "
    "a thing with its name is read, a relation when the same canonical triple of names is. Precision counts what was "
    "read; what DSG does not propose counts as wrong even where the text says it."
)


def page(measured: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    lines = ["# How well `scene.parse` reads", "", EXACT, "", "Made by:", "", "```", measured["command"], "```", ""]
    lines += [*_summary(measured), ""]
    for name, title in TITLES.items():
        lines += [f"## {title}", "", *_accuracy(measured["exact"][name]), ""]
    lines += ["## What must not be read unawares", ""]
    lines += ["Texts with something that no reader can know, or that the grammar does not hold: named, of all.", ""]
    rows = ((group, str(row["prompts"]), _share(row["named"], row["prompts"])) for group, row in
            measured["refused"]["groups"].items())  # fmt: skip
    lines += [*table(("what is amiss", "prompts", "named"), rows), "", *_texts(measured["refused"]["accepted"])]
    lines += ["## DSG-1k", "", DSG, "", *_dsg(measured["dsg"]), ""]
    return "\n".join(lines)


def _summary(measured: Mapping[str, Any]) -> list[str]:
    groups = measured["exact"]["geneval"]["groups"]
    chosen = [groups[tag] for tag in HEADLINE if tag in groups]
    fast = measured["speed"]
    per_second = fast["prompts_per_cpu_second"]
    figures = [
        ("GenEval position, two_object, colors, counting: exact", chosen, TARGET),
        ("VISOR, records at hand: exact", [measured["exact"]["visor"]["all"]], TARGET),
        ("VISOR, all by enumeration: exact", [measured["exact"]["visor_enumerated"]["all"]], TARGET),
        ("spatial and spatial:dev: exact", [measured["exact"]["spatial"]["all"]], TARGET),
    ]
    rows = [
        (what, _share(sum(r["exact"] for r in parts), sum(r["prompts"] for r in parts)), f"{target:g}")
        for what, parts, target in figures
    ]
    what = f"prompts a second of processor time, batch of {fast['prompts']}, best of {fast['rounds']} rounds"
    rows.append((f"{what} (slowest {fast['slowest_round']:,})", f"{per_second:,}", f"{TARGET_SPEED:,}"))
    return table(("figure", "measured", "asked for"), rows)


def _accuracy(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (group, str(row["prompts"]), _share(row["exact"], row["prompts"]), str(row["wrong"]))
        for group, row in [*found["groups"].items(), ("all", found["all"])]
    ]
    lines = table(("group", "prompts", "exact", "unawares"), rows)
    if found["misses"]:
        lines += ["", f"{found['missed']} missed, for example:", ""]
        lines += [f"- `{miss['text']}`: {miss['why']}" for miss in found["misses"]]
    return lines


def _dsg(groups: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    figures = (
        *(("entity", "recall"), ("entity", "precision"), ("relation", "recall"), ("relation", "precision")),
        *(("spatial", "recall"), ("other", "recall")),
    )
    head = ("prompts from", "prompts", "understood in full", *(" ".join(figure) for figure in figures))
    rows = [
        (
            group,
            str(row["prompt"]["gold"]),
            str(row["prompt"]["found"]),
            *(fixed(row[kind][figure], 3) for kind, figure in figures),
        )
        for group, row in groups.items()
    ]
    return table(head, rows)


def _texts(texts: Sequence[str]) -> list[str]:
    return [*(["Read although they should not be:", ""] if texts else []), *(f"- `{text}`" for text in texts), ""]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.4f} ({part} of {whole})" if whole else ""
