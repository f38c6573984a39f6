"""The Checker and the Actor on real transformers classes, small and untrained."""

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn

from rlrig.backends.chat import ask, ask_repair, render
from rlrig.backends.vlm import VLM, VLMActor, VLMChecker, load_both
from rlrig.bundled.recipes import judge, vlm
from rlrig.bundled.training.vlm_tokens import UNKNOWN
from rlrig.spent import Spent
from rlrig_eval.errors import UsageError
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import draw, sample

# peft 0.21 still asks transformers 5.23 for an attribute by its old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

BATCHING = 1e-4  # padding and batch size reorder float32 sums; measured about 1e-6

SEEDS = (0, 1, 2)  # a greedy Actor does not look at them

MAKERS = {"qwen2.5-vl": vlm, "idefics3": judge}


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module", params=MAKERS)
def folder(request, tmp_path_factory) -> Path:
    """A saved checkpoint of each bundled class, with weights large enough for answers to differ."""
    maker, path = MAKERS[request.param], tmp_path_factory.mktemp("checkpoint")
    torch.manual_seed(0)
    processor = maker.build_processor()
    model = maker.build(processor)
    for weight in model.parameters():
        if weight.ndim == 2:
            nn.init.normal_(weight, std=0.15)
    model.half().save_pretrained(path)
    processor.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def opened(folder) -> VLM:
    return VLM.from_pretrained(folder)


@pytest.fixture
def loaded(opened) -> VLM:
    """With weights of its own, which a test may change; the processor is everybody's."""
    return VLM(deepcopy(opened.model), opened.processor)


@pytest.fixture(scope="module")
def asked():
    """Three pictures with one, many and no requirements; questions of different lengths."""
    rng = np.random.default_rng(1)
    graphs = [
        SceneGraph.from_triples([("red circle", "left of", "blue square"), ("red circle", "bigger than", "star")]),
        SceneGraph.from_triples([("yellow cross", "in front of", "green circle")]),
    ]
    requirements = [graphs[0].requirements(), graphs[1].requirements()[:1], ()]
    return [draw(sample(rng, entities=n)) for n in (3, 2, 1)], requirements


def test_a_saved_checkpoint_is_small_and_loads_in_single_precision(folder, loaded):
    files = sorted(folder.glob("*.safetensors"))
    assert len(files) == 1
    assert files[0].stat().st_size <= 14 * 2**20
    assert loaded.model.dtype == torch.float32
    assert not loaded.model.training


def test_every_requirement_gets_a_probability_in_its_place(loaded, asked):
    images, requirements = asked
    answers = VLMChecker(loaded).check(images, requirements)
    assert [len(found) for found in answers] == [len(wanted) for wanted in requirements]
    assert all(0 <= chance <= 1 for found in answers for chance in found)
    assert len({round(chance, 6) for chance in answers[0]}) > 1


def test_answers_do_not_depend_on_the_batch_size(loaded, asked):
    images, requirements = asked
    whole = VLMChecker(loaded, batch_size=64).check(images, requirements)
    for size in (1, 3):
        parts = VLMChecker(loaded, batch_size=size).check(images, requirements)
        assert np.allclose(np.concatenate(whole), np.concatenate(parts), atol=BATCHING)


def test_the_answer_depends_on_the_picture(loaded, asked):
    images, requirements = asked
    wanted = [requirements[0]] * 2
    first, second = VLMChecker(loaded).check(images[:2], wanted)
    assert max(abs(a - b) for a, b in zip(first, second, strict=True)) > BATCHING


def test_the_checker_looks_past_an_adapter_that_the_actor_writes_with(loaded, asked):
    images, requirements = asked
    before = VLMChecker(loaded).check(images, requirements)
    adapted = _with_adapter(loaded, std=1.0)
    checker = VLMChecker(adapted)
    assert np.allclose(np.concatenate(before), np.concatenate(checker.check(images, requirements)), atol=1e-6)
    assert adapted.fingerprint() == VLM(adapted.model.get_base_model(), loaded.processor).fingerprint()


def test_a_checker_whose_weights_moved_is_found_out(loaded):
    checker = VLMChecker(loaded)
    checker.assert_frozen()
    with torch.no_grad():
        next(loaded.model.parameters()).add_(1e-3)
    with pytest.raises(RuntimeError, match="changed"):
        checker.assert_frozen()


def test_an_adapter_leaves_the_fingerprint_of_the_base(loaded):
    bare = loaded.fingerprint()
    assert _with_adapter(loaded, std=1.0).fingerprint() == bare


def test_the_actor_writes_one_bounded_line_each_and_the_same_again(loaded, asked):
    images, requirements = asked
    actor = VLMActor(loaded, new_tokens=6)
    prompts = ["a red circle left of a blue square", "a yellow cross", "two stars"]
    written = actor.write(images, prompts, requirements, SEEDS)
    assert len(written) == 3
    tokenizer = loaded.processor.tokenizer
    assert all(len(tokenizer(line, add_special_tokens=False)["input_ids"]) <= 6 for line in written)
    assert written == actor.write(images, prompts, requirements, SEEDS)


def test_an_actor_that_is_given_choices_writes_one_of_them(loaded, asked):
    images, requirements = asked
    prompts = ["a red circle left of a blue square", "a yellow cross", "two stars"]
    choices = {
        prompts[0]: ["add a red circle", "add a red circle left of the blue square"],
        prompts[1]: ["remove a ring"],
    }
    actor = VLMActor(loaded, choices=lambda prompt, failed: choices.get(prompt, ()))
    first, second, free = actor.write(images, prompts, requirements, SEEDS)
    assert first in choices[prompts[0]]
    assert second == "remove a ring"
    # In a batch with rows that are held, a row that is not writes what it writes alone.
    assert [free] == VLMActor(loaded).write(images[2:], prompts[2:], requirements[2:], SEEDS[2:])
    assert actor.spent[1].written == len(loaded.processor.tokenizer("remove a ring")["input_ids"]) + 1  # and its end


def test_an_actor_is_the_base_with_its_adapter_from_disk(folder, loaded, asked, tmp_path):
    images, requirements = asked
    _with_adapter(loaded, std=1.0).model.save_pretrained(tmp_path / "adapter")
    prompts = ["a red circle"] * 3
    adapted = VLMActor.from_pretrained(folder, adapter=tmp_path / "adapter", new_tokens=8)
    bare = VLMActor.from_pretrained(folder, new_tokens=8)
    assert adapted.write(images, prompts, requirements, SEEDS) != bare.write(images, prompts, requirements, SEEDS)


def test_checker_and_actor_share_one_copy_of_the_weights_and_answer_as_if_they_did_not(folder, asked, tmp_path):
    images, requirements = asked
    _with_adapter(VLM.from_pretrained(folder), std=1.0).model.save_pretrained(tmp_path / "adapter")
    prompts = ["a red circle"] * 3
    checker, actor = load_both(folder, tmp_path / "adapter")
    assert checker.vlm is actor._vlm
    alone = VLMActor.from_pretrained(folder, adapter=tmp_path / "adapter")
    assert actor.write(images, prompts, requirements, SEEDS) == alone.write(images, prompts, requirements, SEEDS)
    answers, apart = checker.check(images, requirements), VLMChecker.from_pretrained(folder).check(images, requirements)
    # Where weights lie in memory decides how a product of float32 is summed: measured 1e-7.
    assert np.allclose(np.concatenate(answers), np.concatenate(apart), atol=1e-6)


def test_tokens_are_those_of_question_picture_and_answer(loaded, asked):
    images, requirements = asked
    checker, actor = VLMChecker(loaded, batch_size=3), VLMActor(loaded, new_tokens=6)
    checker.check(images, requirements)
    one = [len(loaded.read(images[:1], [ask(r.question())])["input_ids"][0]) for r in requirements[0]]  # unpadded
    first, second, none = checker.spent
    assert (first.calls, first.read, first.written) == (len(one), sum(one), len(one))
    assert second.calls == 1
    assert none == Spent()
    actor.write(images, ["a red circle", "a yellow cross", "two stars"], requirements, SEEDS)
    assert [one.calls for one in actor.spent] == [1, 1, 1]
    assert all(one.read > 0 and 1 <= one.written <= 6 for one in actor.spent)


def test_unknown_words_are_read_as_unknown(loaded):
    ids = loaded.processor.tokenizer("is the zebra left of the red circle?")["input_ids"]
    words = loaded.processor.tokenizer.convert_ids_to_tokens(ids)
    assert words == ["is the", UNKNOWN, "left of", "the", "red", "circle", "?"]


def test_every_word_of_questions_and_instructions_is_known(loaded):
    from rlrig.bundled.lessons.curriculum import BEGINNER, Lessons
    from rlrig_eval.shapes import SEEN

    lessons, rng = Lessons(SEEN, had=BEGINNER), np.random.default_rng(0)
    turns = [turn for _ in range(60) for turn in lessons(rng).turns]
    texts = [turn.prompt for turn in turns] + [turn.answer for turn in turns]
    unknown = loaded.processor.tokenizer.unk_token_id
    assert not [text for text in texts if unknown in loaded.processor.tokenizer(text)["input_ids"]]


def test_the_prompt_of_a_failed_picture_names_the_roots_of_the_failure():
    graph = SceneGraph.from_triples([("red circle", "left of", "blue square")])
    text = ask_repair("a red circle left of a blue square", graph.requirements())
    assert text == (
        "the picture should show: a red circle left of a blue square. "
        "not true yet: there is a circle and there is a square. write one edit."
    )


def test_the_model_s_own_chat_template_frames_the_question(loaded, monkeypatch):
    template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}:{% for c in m.content %}"
        "{{ c.text if c.type == 'text' else '[image]' }}{% endfor %}{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant:{% endif %}"
    )
    monkeypatch.setattr(loaded.processor, "chat_template", template)
    text = render(loaded.processor, ask("is there a circle?"))
    assert text == "<|im_start|>user:[image]is there a circle? answer yes or no.<|im_start|>assistant:"


def test_a_missing_or_damaged_checkpoint_is_one_clear_line(folder, tmp_path):
    with pytest.raises(UsageError, match="nowhere"):
        VLMChecker.from_pretrained(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="unknown bundled checkpoint"):
        VLMChecker.from_pretrained("bundled:nothing-of-this-name")
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UsageError, match=str(tmp_path)) as raised:
        VLMChecker.from_pretrained(tmp_path)
    assert "\n" not in str(raised.value)


def _with_adapter(base: VLM, std: float) -> VLM:
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj", "gate_proj"])
    model = get_peft_model(base.model, config)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(weight, std=std)
    assert isinstance(model, PeftModel)
    return VLM(model.eval(), base.processor)
