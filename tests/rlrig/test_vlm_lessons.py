"""What the bundled VLMs are taught: answers from the drawing's truth, evenly asked, each question alone."""

from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from rlrig.backends.vlm import VLM
from rlrig.bundled import judge, vlm
from rlrig.bundled.actor import Failures
from rlrig.bundled.damage import damaged
from rlrig.bundled.fit import optimisers
from rlrig.bundled.grading import Mark, calibration_error, exam, quality
from rlrig.bundled.lessons import BEGINNER, Lessons
from rlrig.bundled.packing import DOUBT, IGNORED, Packer, answer_logits, answer_loss, token_losses
from rlrig.bundled.questions import NO, YES, Examiner, description, dictation, guessed, verdicts, whereabouts
from rlrig.bundled.teaching import Student
from rlrig.bundled.variations import stage, vary
from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.shapes import PAIRINGS, SEEN, render, split, truth, unseen
from rlrig_eval.yes_no import answer_ids, yes_share


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module", params=[vlm, judge], ids=["qwen2.5-vl", "idefics3"])
def student(request) -> VLM:
    torch.manual_seed(0)
    processor = request.param.build_processor()
    model = request.param.build(processor).eval()
    for weight in model.parameters():
        if weight.ndim == 2:
            nn.init.normal_(weight, std=0.15)
    return VLM(model, processor)


@pytest.fixture(scope="module")
def staged():
    rng = np.random.default_rng(5)
    return [stage(rng, SEEN) for _ in range(40)]


@torch.no_grad()
def test_a_question_in_a_pack_is_answered_as_if_it_were_asked_alone(student):
    lessons, rng = Lessons(SEEN, had=BEGINNER), np.random.default_rng(0)
    items = [lessons(rng) for _ in range(2)]
    batch = Packer(student.processor, student.model).pack(items)
    yes, no = answer_ids(student.processor.tokenizer)
    packed = yes_share(answer_logits(student.model, batch, batch.first), yes, no)
    alone = []
    for lesson in items:
        image, turns = lesson.picture, lesson.turns
        inputs = student.read([image] * len(turns), [turn.prompt for turn in turns])
        alone.append(yes_share(student.model(**inputs, logits_to_keep=1).logits[:, -1], yes, no))
    # float32 sums in another order; measured 1e-6
    assert torch.allclose(packed, torch.cat(alone), atol=1e-4)


def test_a_verdict_is_best_given_with_a_little_doubt_and_another_word_with_none():
    chances = torch.tensor([0.9, 1 - DOUBT, 0.999])
    logits = torch.stack([chances, 1 - chances], -1).log()
    yes, no = torch.zeros(3, dtype=torch.long), torch.ones(3, dtype=torch.long)
    assert token_losses(logits, yes, no).argmin() == 1
    assert token_losses(logits, yes, torch.full((3,), IGNORED)).argmin() == 2


def test_a_student_learns_a_lesson_by_heart(student):
    model = student.model.train()
    lessons, rng = Lessons(SEEN, had=BEGINNER), np.random.default_rng(0)
    batch = Packer(student.processor, model).pack([lessons(rng)])
    found = optimisers(model, 2e-3, 2e-3)
    losses = []
    for _ in range(25):
        loss, _ = answer_loss(model, batch)
        loss.backward()
        losses.append(float(loss.detach()))
        for optimiser in found:
            optimiser.step()
            optimiser.zero_grad()
    model.eval()
    assert losses[-1] < losses[0] / 2


def test_a_student_learns_what_lies_under_its_picture_tokens(student):
    lessons, rng = Lessons(SEEN, had=BEGINNER), np.random.default_rng(0)
    packer = Packer(student.processor, student.model)
    pupil, batch = Student(student.model.train(), packer.picture_tokens), packer.pack([lessons(rng)])
    found = optimisers(pupil, 2e-3, 2e-3)
    owner = []
    for _ in range(25):
        loss, parts = pupil(batch)
        loss.backward()
        owner.append(parts["owner"])
        for optimiser in found:
            optimiser.step()
            optimiser.zero_grad()
    student.model.eval()
    assert owner[-1] < owner[0] / 2


def test_answers_come_from_the_truth_of_the_drawing():
    red = Entity(id="a", category="circle", attributes=("red",), box=(4.0, 20.0, 18.0, 34.0), depth=0.0)
    blue = Entity(id="b", category="square", attributes=("blue",), box=(40.0, 20.0, 64.0, 44.0), depth=1.0)
    scene = truth(SceneGraph(entities=(red, blue)))
    right = SceneGraph.from_triples([("red circle", "left of", "square")])
    wrong = SceneGraph.from_triples([("blue circle", "right of", "square")])
    assert {turn.answer for turn in verdicts(right, scene)} == {YES}
    assert [turn.prompt for turn in verdicts(wrong, scene) if turn.answer == NO] == [
        "is the circle blue? answer yes or no.",
        "is the circle right of the square? answer yes or no.",
    ]
    assert description(scene).answer == "small red circle at 6 14; large blue square at 26 16"


def test_yes_and_no_are_even_in_every_topic(staged):
    examiner, rng = Examiner(SEEN), np.random.default_rng(0)
    asked = Counter((turn.topic, turn.answer) for each in staged for turn in examiner.ask(rng, each, 10))
    topics = {topic for topic, _ in asked}
    assert {"exists", "count", "attribute", "left of", "negated"} <= topics
    assert all(abs(asked[topic, YES] - asked[topic, NO]) <= 3 for topic in topics)


def test_what_is_guessed_to_lie_between_is_often_in_the_middle_and_seldom_between():
    rng = np.random.default_rng(0)
    asked = [
        (each.staged.model_copy(update={"relations": (relation,)}), each.scene)
        for each in (stage(rng, SEEN) for _ in range(150))
        if all(entity.count == 1 for entity in each.staged.entities)
        for relation in guessed(rng, each, 30).relations
        if relation.predicate == "between"
    ]
    middling = [_is_nearest_the_middle(graph.relations[0], scene) for graph, scene in asked]
    between = [turn.answer == YES for case in asked for turn in verdicts(*case) if turn.topic == "between"]
    assert np.mean(middling) > 0.5  # as many orders of three as there are, it would be a third
    assert 0.02 < np.mean(between) < 0.3


def _is_nearest_the_middle(relation, scene):
    places = [np.mean(np.reshape(scene.entity(name).box, (2, 2)), 0) for name in (relation.subject, *relation.objects)]
    off = [np.hypot(*(3 * place - sum(places))) for place in places]  # twice how far from the others' middle
    return off[0] == min(off)


def test_the_prompt_s_own_questions_come_before_others_of_their_topic(staged):
    rng = np.random.default_rng(0)
    asked = [(each, Examiner(SEEN).ask(rng, each, 12)) for each in staged if each.prompt.relations]
    own = [len({*verdicts(each.prompt, each.scene)} & {*turns}) / len(turns) for each, turns in asked]
    assert np.mean(own) > 0.3  # of twelve; one asked in a hundred candidates otherwise


def test_a_dictation_is_answered_by_the_words_that_were_said(student):
    tokenizer, rng = student.processor.tokenizer, np.random.default_rng(0)
    for turn in (dictation(rng) for _ in range(20)):
        assert turn.prompt == f"keep: {turn.answer}."
        assert tokenizer.unk_token_id not in tokenizer(turn.prompt)["input_ids"]


def test_where_is_asked_only_of_what_a_phrase_picks_out_alone(staged):
    rng = np.random.default_rng(0)
    for each in staged:
        for turn in whereabouts(rng, each.scene, 4):
            words = turn.prompt.removeprefix("where is the ").removesuffix("?").split()
            fitting = [e for e in each.scene.entities if {*words[:-1]} <= {*e.attributes} and e.category == words[-1]]
            assert len(fitting) == 1


def test_lessons_stay_in_their_split_and_pairings(staged):
    assert {split(each.prompt) for each in staged} == {"train"}
    assert not any(unseen(each.prompt) or unseen(each.scene) for each in staged)
    rng = np.random.default_rng(0)
    assert {split(stage(rng, PAIRINGS, "dev").prompt) for _ in range(5)} == {"dev"}


def test_the_first_lessons_are_short_and_of_few_things():
    first, later = Lessons(SEEN), Lessons(SEEN, had=BEGINNER)
    rng = np.random.default_rng(0)
    lessons = [[maker(rng).turns for _ in range(12)] for maker in (first, later)]
    turns = [[len(lesson) for lesson in each] for each in lessons]
    things = [
        [turn.answer.count(" at ") for lesson in each for turn in lesson if turn.topic == "describe"]
        for each in lessons
    ]
    assert max(turns[0]) <= 8
    assert np.mean(turns[0]) < np.mean(turns[1])
    assert np.mean(things[0]) < np.mean(things[1])


def test_a_variation_differs_and_is_a_graph_of_the_same_world(staged):
    rng = np.random.default_rng(0)
    for each in staged:
        changed = vary(rng, each.prompt, SEEN)
        assert changed != each.prompt
        assert not unseen(changed)


def test_damage_keeps_size_and_mode(staged):
    rng = np.random.default_rng(0)
    image = render(staged[0].scene)
    found = [damaged(rng, image, share=1.0) for _ in range(20)]
    assert {(picture.size, picture.mode) for picture in found} == {((64, 64), "RGB")}
    assert all(picture.tobytes() != image.tobytes() for picture in found)


def test_the_actor_is_taught_one_sentence_of_the_editor_s(staged):
    rng, make = np.random.default_rng(0), Failures([(each, render(each.scene)) for each in staged])
    answers = [turn.answer for _ in range(20) for turn in make(rng).turns]
    assert {answer.split()[0] for answer in answers} <= {"add", "remove", "move", "make", "turn"}


def test_an_exam_on_unseen_pairings_shows_one_in_every_picture(student):
    packer = Packer(student.processor, student.model)
    (page,) = exam(packer, PAIRINGS, pictures=6, only_unseen=True)
    assert len(page.labels) == 6
    assert int(page.first.sum()) == len(page.topics)


def test_calibration_error_is_the_gap_between_confidence_and_truth():
    sure_and_right = [Mark("exists", 1.0, True)] * 5 + [Mark("exists", 0.0, False)] * 5
    sure_and_half_wrong = [Mark("count", 0.95, n % 2 == 0) for n in range(10)]
    assert calibration_error(sure_and_right) == 0
    assert calibration_error(sure_and_half_wrong) == pytest.approx(0.45)
    found = quality([*sure_and_right, *sure_and_half_wrong])
    assert (found["accuracy"], found["exists"], found["count"]) == (0.75, 1.0, 0.5)
