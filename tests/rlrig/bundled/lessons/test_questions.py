"""What a VLM is asked of a drawing: answers from its truth, evenly asked."""

from collections import Counter

import numpy as np

from rlrig.bundled.lessons.questions import NO, YES, Examiner, description, guessed, verdicts, whereabouts
from rlrig.bundled.lessons.variations import stage
from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.shapes import SEEN, truth


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


def test_where_is_asked_only_of_what_a_phrase_picks_out_alone(staged):
    rng = np.random.default_rng(0)
    for each in staged:
        for turn in whereabouts(rng, each.scene, 4):
            words = turn.prompt.removeprefix("where is the ").removesuffix("?").split()
            fitting = [e for e in each.scene.entities if {*words[:-1]} <= {*e.attributes} and e.category == words[-1]]
            assert len(fitting) == 1
