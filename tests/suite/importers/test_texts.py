"""Benchmarks of which the text is all, or questions: T2I-CompBench, GenEval 2, TIIF, SpatialGenEval, UniGenBench++,
T2I-CoReBench, DPG."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rlrig_eval.errors import UsageError
from rlrig_eval.suite import load
from rlrig_eval.suite.importers.counted import counted
from tests.suite.importers.conftest import FIXTURES, Changed, by_id, message, told

READABLE, UNREADABLE = "a lamp left of a stool", "tranquillity, as Monet would have it"


# T2I-CompBench


def compbench(folder: Path, **files: list[str]) -> Path:
    for name, texts in files.items():
        (folder / f"{name.lstrip('_')}.txt").write_text("\n".join(texts))
    return folder


def test_trap_300_lines_but_299_newlines(tmp_path: Path) -> None:
    compbench(tmp_path, spatial_val=[f"a lamp left of a stool number {n}" for n in range(300)])
    assert (tmp_path / "spatial_val.txt").read_text().count("\n") == 299
    prompts = by_id(load("t2i-compbench", tmp_path / "spatial_val.txt"))
    assert len(prompts) == 300
    assert prompts["spatial-0299"].text.endswith("number 299")


def test_trap_an_underscore_inside_a_prompt(tmp_path: Path) -> None:
    compbench(tmp_path, spatial_val=["a lamp_shade_000001 left of a stool"])
    (prompt,) = load("t2i-compbench", tmp_path).prompts
    assert (prompt.id, prompt.text) == ("t2i-compbench-spatial-0000", "a lamp_shade_000001 left of a stool")


def test_every_category_of_a_folder_and_not_the_parts_of_one(tmp_path: Path) -> None:
    compbench(
        tmp_path,
        spatial_val=[READABLE],
        _3d_spatial_val=["a lamp in front of a stool"],
        numeracy_val=["three lamps"],
        color_val_seen=["a red lamp"],
        complex_val=["The Lamp hangs over the stool", "a lamp"],
        complex_val_spatial=["the lamp hangs over the stool"],
    )
    suite = load("t2i-compbench", tmp_path)
    assert sorted(prompt.tags[0] for prompt in suite.prompts) == [
        "3d_spatial",
        "complex",
        "complex",
        "numeracy",
        "spatial",
    ]
    prompts = by_id(suite)
    assert "complex:spatial" in prompts["complex-0000"].tags
    assert "complex:spatial" not in prompts["complex-0001"].tags
    assert (prompts["numeracy-0000"].counting, prompts["spatial-0000"].counting) == ("exact", None)
    assert len(suite.protocol.seeds) == 10


def test_a_text_that_cannot_be_read_has_no_graph_and_says_so(tmp_path: Path) -> None:
    prompts = by_id(load("t2i-compbench", compbench(tmp_path, spatial_val=[READABLE, UNREADABLE])))
    assert told(prompts["spatial-0000"]) == [("lamp", "left of", "stool")]
    assert (prompts["spatial-0001"].graph.entities, prompts["spatial-0001"].tags) == ((), ("spatial", "unparsed"))


@pytest.mark.parametrize(
    ("category", "words", "predicate"),
    [
        ("spatial", "on side of", "near"),
        ("spatial", "on the bottom of", "below"),
        ("spatial", "on the top of", "above"),
        ("3d_spatial", "hidden by", "behind"),
    ],
)
def test_the_benchmarks_own_words_for_a_relation(tmp_path: Path, category: str, words: str, predicate: str) -> None:
    (tmp_path / f"{category}_val.txt").write_text(f"a lamp {words} a stool")
    (prompt,) = load("t2i-compbench", tmp_path).prompts
    assert told(prompt) == [("lamp", predicate, "stool")]
    assert prompt.text == f"a lamp {words} a stool"  # the model is given it as it stands


OBJECTS = "knife - knives\nlamp - lamps\nfish - fish\ntraffic light - traffic lights\n"


@pytest.mark.parametrize("objects", [OBJECTS, None])
@pytest.mark.parametrize(
    ("text", "things", "partial"),
    [
        ("a lamp, two knives, and an lamp were on the playground", [("lamp", 1), ("knife", 2), ("lamp", 1)], True),
        ("three fish and one knife", [("fish", 3), ("knife", 1)], False),
        ("Eight lamps shared a burger", [("lamp", 8)], True),
    ],
)
def test_numeracy_wants_what_is_counted_and_no_relation(
    tmp_path: Path, objects: str | None, text: str, things: list[tuple[str, int]], partial: bool
) -> None:
    compbench(tmp_path, numeracy_val=[text])
    if objects is not None:
        (tmp_path / "new_objects.txt").write_text(objects)
    (prompt,) = load("t2i-compbench", tmp_path).prompts
    assert [(thing.category, thing.count) for thing in prompt.graph.entities] == things
    assert (prompt.graph.relations, prompt.text, "partial" in prompt.tags) == ((), text, partial)


def test_numeracy_counts_what_is_listed_and_says_when_there_is_no_list(tmp_path: Path) -> None:
    texts = ["two traffic lights and two burgers", "two burgers"]
    alone = load("t2i-compbench", compbench(tmp_path, numeracy_val=texts))
    (tmp_path / "new_objects.txt").write_text(OBJECTS)
    told_by_list = load("t2i-compbench", tmp_path)
    (lights,) = by_id(told_by_list)["numeracy-0000"].graph.entities
    assert (lights.category, lights.count) == ("traffic light", 2)
    assert "unparsed" in by_id(told_by_list)["numeracy-0001"].tags
    assert "Without new_objects.txt" in alone.description
    assert "Without new_objects.txt" not in told_by_list.description
    assert alone.version != told_by_list.version
    (tmp_path / "new_objects.txt").write_text("knife knives")
    assert message("t2i-compbench", tmp_path / "numeracy_val.txt") == [
        "new_objects.txt:1: text: 'knife knives' is no 'singular - plural'"
    ]


# GenEval 2


ATOMS = {
    "prompt": "two white lamps behind a stool",
    "atom_count": 4,
    "vqa_list": [["How many lamps are in the image?", "two"], ["Are the lamps behind the stool?", "Yes"]],
    "skills": ["count", "position"],
}


def test_numeracy_counts_no_commas() -> None:
    graph, _ = counted("one, two knives", None)
    assert [(thing.category, thing.count) for thing in graph.entities] == [("knife", 2)]


def test_geneval2_has_a_question_for_every_atom(jsonl: Changed) -> None:
    suite = load("geneval2", jsonl(ATOMS))
    (prompt,) = suite.prompts
    assert [(q.answer, q.tags) for q in prompt.questions] == [("two", ("count",)), ("yes", ("position",))]
    assert told(prompt) == [("white lamp", "behind", "stool")]
    assert {"atoms=4", "asks position"} <= set(prompt.tags)
    assert (suite.counting, "NC" in suite.description) == ("exact", True)


def test_geneval2_lists_must_be_parallel(jsonl: Changed) -> None:
    said = "records.jsonl:1: skills: has 1 entries, but vqa_list has 2"
    assert message("geneval2", jsonl(ATOMS | {"skills": ["count"]})) == [said]


# TIIF


def tiif(folder: Path, checks: list[dict[str, Any]] | None) -> Path:
    lines = [
        {"type": "2d_spatial_relation", "short_description": READABLE, "long_description": UNREADABLE},
        {"type": "style", "short_description": "a lamp", "long_description": "a red lamp"},
    ]
    write(folder / "testmini_prompts" / "a_prompts.jsonl", lines)
    if checks is not None:
        write(folder / "testmini_eval_prompts" / "a_eval_prompts.jsonl", checks)
    return folder


def write(file: Path, records: list[dict[str, Any]]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(map(json.dumps, records)))


def check(kind: str, *answers: str) -> dict[str, Any]:
    return {"type": kind, "yn_question_list": [f"{n}?" for n in range(len(answers))], "yn_answer_list": list(answers)}


CHECKS = [check("2d_spatial_relation", "Yes", "no"), check("style", "YES")]


def test_trap_mixed_case_answers(tmp_path: Path) -> None:
    prompts = by_id(load("tiif", tiif(tmp_path, CHECKS)))
    assert [question.answer for question in prompts["a-0000"].questions] == ["yes", "no"]
    assert [question.answer for question in prompts["a-0001"].questions] == ["yes"]


def test_tiif_long_is_another_wording(tmp_path: Path) -> None:
    short, long = (load(name, tiif(tmp_path, CHECKS)) for name in ("tiif", "tiif:long"))
    assert (by_id(short)["a-0000"].text, by_id(long)["a-0000"].text) == (READABLE, UNREADABLE)
    assert (short.protocol.variant, long.protocol.variant) == ("short", "long")
    assert short.prompts[0].questions == long.prompts[0].questions


def test_trap_files_joined_by_line_number_must_agree(tmp_path: Path) -> None:
    (said,) = message("tiif", tiif(tmp_path, CHECKS[::-1]))
    assert said.endswith(
        "a_eval_prompts.jsonl:1: type: is 'style', but '2d_spatial_relation' on line 1 of a_prompts.jsonl"
    )
    (said,) = message("tiif", tiif(tmp_path, CHECKS[:1]))
    assert said.endswith("a_eval_prompts.jsonl: has 1 records, but a_prompts.jsonl has 2")


@pytest.mark.parametrize("named", ["testmini_prompts", "testmini_prompts/a_prompts.jsonl"])
def test_tiif_from_the_folder_of_prompts_or_one_file(tmp_path: Path, named: str) -> None:
    assert load("tiif", tiif(tmp_path, CHECKS) / named).prompts == load("tiif", tmp_path).prompts


def test_tiif_without_its_questions_says_so(tmp_path: Path) -> None:
    assert "Without questions" in load("tiif", tiif(tmp_path, None)).description


# SpatialGenEval


def scene(id_: int | str, **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "scene": "kitchen",
        "prompt": READABLE,
        "question_type": ["position", "layout"],
        "questions": [
            "Where is the lamp? A: left, B: right, C: above, D: below, E: None",
            "How?\nA: so\nB: not\nC: x\nD: y",
        ],
        "answers": ["A: left", "D"],
    } | changes


def test_spatialgeneval_answers_are_letters_of_four_or_five_options(jsonl: Changed) -> None:
    (prompt,) = load("spatialgeneval", jsonl(scene(1))).prompts
    five, four = prompt.questions
    assert (five.answer, five.choices, five.tags) == ("A", ("left", "right", "above", "below", "None"), ("position",))
    assert (four.answer, four.choices) == ("D", ("so", "not", "x", "y"))


def test_trap_sorted_ids_are_in_the_order_of_the_file(jsonl: Changed) -> None:
    file = jsonl(*(scene(number, prompt=f"a lamp {number}") for number in (1, 2, 10, 100)), scene("7"))
    assert sorted(by_id(load("spatialgeneval", file))) == ["0001", "0002", "0007", "0010", "0100"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answers": ["A", "E"]}, "answers.1: 'E' is none of the options A, B, C, D"),
        ({"answers": ["A"]}, "answers: has 1 entries, but questions has 2"),
        ({"questions": ["Where?", "What?"]}, "questions.0: has no options 'A: ..., B: ...'"),
    ],
)
def test_spatialgeneval_says_what_is_wrong(jsonl: Changed, changes: dict[str, Any], said: str) -> None:
    assert message("spatialgeneval", jsonl(scene(1, **changes))) == [f"records.jsonl:1: {said}"]


# UniGenBench++


UNIGEN = FIXTURES / "unigenbench_en.csv"


def test_trap_json_inside_csv() -> None:
    prompts = by_id(load("unigenbench", UNIGEN))
    assert [(q.text, q.tags) for q in prompts["00000"].questions] == [
        ("two pandas", ("Attribute - Quantity",)),
        ("drinking tea", ("Action - State",)),
    ]
    assert prompts["00007"].tags[:2] == ("Design", "Entity Layout - Two-Dimensional Space")
    assert told(prompts["00007"]) == [("lamp", "left of", "stool")]


def test_broken_json_inside_csv_is_located(tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(UNIGEN.read_text().replace('{""Primary Categories"": ""Design""', '{""Primary Categories""'))
    assert message("unigenbench", file) == ["wrong.csv:3: sub_dims_en: bad JSON: Expecting ':' delimiter"]
    for value, problem in (
        ('""Design"", ""Testpoints"": 1', "stands twice"),
        ("1" * 5000, "digits"),
        ("[" * 10**5, ""),
    ):
        file.write_text(UNIGEN.read_text().replace('Categories"": ""Design""', f'Categories"": {value}'))
        (said,) = message("unigenbench", file)
        assert said.startswith("wrong.csv:3: sub_dims_en: bad JSON: ")
        assert problem in said


def test_test_points_and_descriptions_are_parallel(tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(UNIGEN.read_text().replace('[""Attribute - Quantity"", ', "["))
    said = "sub_dims_en.Testpoints: has 1 entries, but sub_dims_en.Testpoint Description has 2"
    assert message("unigenbench", file) == [f"wrong.csv:2: {said}"]


def test_the_chinese_file_is_a_variant(tmp_path: Path) -> None:
    facts = {"一级垂类": "艺术", "考点": ["风格"], "考点对应描述": ["水彩画"]}
    cell = json.dumps(facts, ensure_ascii=False).replace('"', '""')
    (tmp_path / "test_prompts_zh.csv").write_text(f'index,prompt_zh,sub_dims_zh\n3,一只猫,"{cell}"\n', "utf-8")
    (prompt,) = load("unigenbench:zh", tmp_path).prompts
    assert (prompt.id, prompt.tags, prompt.questions[0].text) == (
        "unigenbench-00003",
        ("艺术", "风格", "unparsed"),
        "水彩画",
    )
    with pytest.raises(UsageError, match="these are the prompts of unigenbench:zh, not of unigenbench:en"):
        load("unigenbench", tmp_path / "test_prompts_zh.csv")
    with pytest.raises(UsageError, match="unknown variant of unigenbench 'zh-long': did you mean 'zh_long'"):
        load("unigenbench:zh-long", tmp_path)


# T2I-CoReBench


def test_corebench_ids_are_the_keys_and_its_checklist_the_questions() -> None:
    prompts = by_id(load("corebench", FIXTURES / "corebench.json"))
    assert set(prompts) == {"C-MR-001", "C-MR-002"}
    assert [(q.text, q.tags) for q in prompts["C-MR-001"].questions][1] == (
        "If there are crates, are they shut?",
        ("1-hop",),
    )
    assert prompts["C-MR-001"].tags == ("Multi-Relation", "Composition", "unparsed")


def test_corebench_records_are_located_by_the_line_of_their_key(tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text((FIXTURES / "corebench.json").read_text().replace('"Prompt": "a lamp', '"Promt": "a lamp'))
    assert message("corebench", file) == ["wrong.json:12: Prompt: Field required"]


def test_corebench_wants_an_object(tmp_path: Path) -> None:
    (record, _) = json.loads((FIXTURES / "corebench.json").read_text()).values()
    (tmp_path / "list.json").write_text(json.dumps([record]))
    said = "list.json:1: is not filed under an id: the file must be one JSON object, id to record"
    assert message("corebench", tmp_path / "list.json") == [said]


# DPG


def dpg(folder: Path) -> Path:
    (folder / "dpg_bench.csv").write_bytes((FIXTURES / "dsg.csv").read_bytes())
    return folder


def test_dpg_is_read_as_dsg_is(tmp_path: Path) -> None:
    suite = load("dpg", dpg(tmp_path))
    assert [prompt.id for prompt in suite.prompts] != []
    assert told(by_id(suite)["whoops_1"]) == [("mug", "on", "shelf")]
    assert suite.protocol.images_per_prompt == 4


def test_dpg_gives_models_the_texts_of_its_prompts_folder(tmp_path: Path) -> None:
    prompts = dpg(tmp_path) / "prompts"
    prompts.mkdir()
    (prompts / "whoops_1.txt").write_text("Three mugs, at some length\n")
    assert message("dpg", tmp_path / "dpg_bench.csv") == ["dpg_bench.csv:6: item_id: there is no prompts/vrd_2.txt"]
    (prompts / "vrd_2.txt").write_text("A vase, at some length")
    assert by_id(load("dpg", tmp_path))["whoops_1"].text == "Three mugs, at some length"
