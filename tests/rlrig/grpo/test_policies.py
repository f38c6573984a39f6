"""The two policies on untrained models of the real classes: what is adapted, what is off, what is replayed."""

import dataclasses
from copy import deepcopy

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FlowMatchHeunDiscreteScheduler, FluxKontextPipeline

from rlrig.backends.vlm import VLM
from rlrig.grpo.config import KONTEXT_TARGETS, LANGUAGE_TARGETS
from rlrig.grpo.flow_policy import KontextPolicy
from rlrig.grpo.token_policy import ActorPolicy, Completions
from rlrig.grpo.trajectory import replay, sample
from rlrig.presets import RoleSampling
from rlrig_eval.checkpoints import open_pipeline
from rlrig_eval.errors import RunError, UsageError
from tests.models import untrained
from tests.rlrig.grpo.made import GRAPH, PROMPT, start

# peft 0.21 asks transformers 5.23 for an attribute by its old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

BATCHING = 1e-4  # padding, batch size and the key-value cache reorder float32 sums


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("system")
    untrained.preset(root)
    return root


def editor(folder, guided=True, adapted=True):
    sampling = RoleSampling(steps=3, true_cfg=2.0 if guided else 1.0, size=64, max_sequence_length=24, dtype="float32")
    policy = KontextPolicy(open_pipeline(FluxKontextPipeline, folder / "editor", "float32", "cpu"), sampling)
    if adapted:
        policy.adapt(4, 8, KONTEXT_TARGETS)
    return policy


@pytest.fixture(scope="module")
def bare(folder):
    """An editor without an adapter, for tests that change nothing of it."""
    return editor(folder, adapted=False)


def trajectory(policy, seeds=(1, 2)):
    images = [start(colour="white").image.resize((64, 64)), start(colour="red").image.resize((64, 64))]
    given = policy.encode(images, ["add a red circle", "remove a blue square"])
    first, noise = policy.noise(seeds, 1)
    return given, sample(policy.velocity(given), first, policy.sigmas(), (0,), noise, "flow", 0.7)


def test_all_13_kinds_of_layer_are_adapted_and_get_a_gradient(folder):
    policy = editor(folder)
    given, walked = trajectory(policy)
    for p in policy.parameters().values():
        torch.nn.init.normal_(p, std=0.1)  # lora_B begins at 0, and lora_A's gradient with it
    replay(policy.velocity(given), walked, 0).logp.sum().backward()
    for kind in KONTEXT_TARGETS:
        mine = [p for name, p in policy.parameters().items() if f".{kind}.lora_" in name]
        assert mine, kind
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in mine), kind
    assert {p.dtype for p in policy.parameters().values()} == {torch.float32}
    assert not any(p.requires_grad for p in policy.pipeline.vae.parameters())


def test_siblings_are_encoded_once_and_to_the_same(folder):
    policy = editor(folder)
    white, red = (start(colour=colour).image.resize((64, 64)) for colour in ("white", "red"))
    told = ["add a red circle", "remove a blue square", "add a red circle", "add a red circle"]
    seen = list[int]()
    policy.pipeline.vae.encoder.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    together = policy.encode([white, red, white, red], told)
    assert sum(seen) == 3  # the first and the third are siblings
    apart = policy.encode([white.copy(), red.copy(), white.copy(), red.copy()], told)
    assert torch.allclose(together.picture, apart.picture, atol=BATCHING)
    assert torch.allclose(together.text, apart.text, atol=BATCHING)
    assert torch.allclose(together.pooled, apart.pooled, atol=BATCHING)


@pytest.mark.parametrize("guided", [True, False])
def test_with_the_adapter_off_it_is_the_policy_it_began_as(folder, guided):
    plain, policy = editor(folder, guided, adapted=False), editor(folder, guided)
    for p in policy.parameters().values():
        torch.nn.init.normal_(p, std=0.1)
    given, walked = trajectory(plain)
    x = walked.x[0]
    with torch.no_grad():
        began, now = plain.velocity(given)(x, 0.8), policy.velocity(given)(x, 0.8)
        with policy.reference():
            off = policy.velocity(given)(x, 0.8)
    assert torch.equal(off, began)
    assert (now - began).abs().max() > 1e-4
    assert all(p.requires_grad for p in policy.parameters().values())


def test_the_sigmas_are_shifted_once(bare):
    shift, plain = 3.0, [1.0, 2 / 3, 1 / 3]
    assert bare.sigmas() == pytest.approx([*(shift * s / (1 + (shift - 1) * s) for s in plain), 0.0])


@pytest.mark.parametrize("shift", [1.18, 1.32, 1.43])
def test_the_first_sigma_is_1_whatever_float32_makes_of_the_shift(shift, bare, monkeypatch):
    monkeypatch.setattr(bare.pipeline, "scheduler", FlowMatchEulerDiscreteScheduler(shift=shift))
    assert bare.sigmas()[0] == 1.0


@pytest.mark.parametrize(
    "scheduler", [FlowMatchHeunDiscreteScheduler(), FlowMatchEulerDiscreteScheduler(stochastic_sampling=True)]
)
def test_a_scheduler_that_goes_another_way_is_refused(scheduler, bare, monkeypatch):
    monkeypatch.setattr(bare.pipeline, "scheduler", scheduler)
    with pytest.raises(UsageError, match=r"editor\.sampling\.scheduler"):
        KontextPolicy(bare.pipeline, bare.sampling)


def test_the_picture_s_tokens_are_marked_and_cut_off(bare):
    given, walked = trajectory(bare)
    tokens = walked.final.shape[1]
    assert given.picture_ids[:tokens, 0].unique().tolist() == [0]
    assert given.picture_ids[tokens:, 0].unique().tolist() == [1]
    assert bare.velocity(given)(walked.final, 0.5).shape == walked.final.shape


def test_the_same_seed_draws_the_same_and_the_digest_tells_conditions_apart(bare):
    (given, one), (again, other) = trajectory(bare), trajectory(bare)
    assert torch.equal(one.final, other.final)
    assert given.digest() == again.digest()
    assert given.digest() != dataclasses.replace(given, picture=given.picture + 1e-3).digest()


def test_a_picture_of_nan_is_an_error_and_not_a_black_one_that_is_rewarded(bare):
    latents, _ = bare.noise([1], 0)
    latents[0, 3, 2] = torch.nan
    with pytest.raises(RunError, match="NaN or infinite pixels"):
        bare.decode(latents)


def test_adapters_begin_on_the_cpu_alone_on_a_machine_of_several_gpus(folder, opened, monkeypatch):
    """All of them would be asked for their generators, by each of the processes that share them."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    editor(folder)
    ActorPolicy.on(VLM(deepcopy(opened.model), opened.processor), None, 4, 8, LANGUAGE_TARGETS)


def test_targets_that_name_no_layer_are_refused(folder):
    with pytest.raises(UsageError, match=r"editor\.lora\.targets"):
        editor(folder, adapted=False).adapt(4, 8, ("attn.to_kk",))


@pytest.fixture(scope="module")
def opened(folder):
    return VLM.from_pretrained(folder / "vlm")


@pytest.fixture
def actor(opened):
    """On weights of its own, which a test may change."""
    own = VLM(deepcopy(opened.model), opened.processor)
    return ActorPolicy.on(own, None, 4, 8, LANGUAGE_TARGETS, 0.8, max_tokens=6)


def written(actor, count=3, seed=3):
    failed = [GRAPH.requirements()[: i + 1] for i in range(count)]
    images = [start(colour=colour).image.resize((64, 64)) for colour in ("white", "red", "blue")[:count]]
    return actor.sample(images, [PROMPT] * count, failed, seed)


def test_the_probability_of_a_token_is_that_with_which_it_was_drawn(actor):
    """Against generate's own scores, which come token by token through the cache; temperature .8 in both."""
    made = written(actor)
    scores = actor.model.generate(
        **made.prompts,
        max_new_tokens=made.tokens.shape[1],
        do_sample=False,
        suppress_tokens=pictures(actor),
        output_scores=True,
        return_dict_in_generate=True,
    ).scores[0]
    logp = actor.logp(made).detach()
    theirs = (scores.float() / 0.8).log_softmax(-1).gather(1, made.tokens[:, :1])[:, 0]
    torch.testing.assert_close(logp[:, 0], theirs, atol=BATCHING, rtol=0)


def test_among_choices_the_probabilities_of_all_of_them_add_up_to_one(folder):
    """Whichever are prefixes of each other; nothing else is ever written."""
    said = ["add a red circle", "add a red", "move the red circle left of the blue square", "remove a star"]
    held = ActorPolicy.on(
        VLM.from_pretrained(folder / "vlm"), None, 4, 8, LANGUAGE_TARGETS, 1.4, max_tokens=24, choices=lambda *_: said
    )
    made = written(held)
    assert set(made.texts) <= set(said)
    assert all(made.finished)
    tokens = [held.vlm.processor.tokenizer(text, add_special_tokens=False)["input_ids"] for text in said]
    longest, total = max(map(len, tokens)) + 1, 0.0
    for ids in tokens:
        for end in held.vlm.ends:
            whole = torch.tensor([[*ids, end] + [end] * (longest - len(ids) - 1)] * 3)
            mask = (torch.arange(longest) <= len(ids)).long().expand(3, -1)
            total += held.logp(dataclasses.replace(made, tokens=whole, mask=mask)).detach().sum(1).exp()
    torch.testing.assert_close(total, torch.ones(3), atol=BATCHING, rtol=0)


def bent(actor):
    """A checkpoint whose own settings for generating bend what is drawn, as those of Qwen2.5-VL do: it penalises
    words that were there, and knows a second token that ends an answer."""
    settings = actor.model.get_base_model().generation_config
    settings.repetition_penalty, settings.no_repeat_ngram_size, settings.top_k = 5.0, 2, 3
    settings.eos_token_id = [actor.vlm.processor.tokenizer.eos_token_id, SECOND_END]


SECOND_END = 40


def test_every_token_is_drawn_with_the_probability_that_is_trained(actor, monkeypatch):
    """Whatever the checkpoint's own settings are: against the scores that each token was drawn from."""
    bent(actor)
    drawing, seen = actor.model.generate, []

    def watched(**given):
        found = drawing(**given, output_scores=True, return_dict_in_generate=True)
        seen.append(torch.stack(found.scores, 1).float().log_softmax(-1))
        return found.sequences

    monkeypatch.setattr(actor.model, "generate", watched)
    made = written(actor)
    theirs = seen[0].gather(2, made.tokens[:, :, None])[:, :, 0]
    drawn = made.mask.bool()
    assert drawn.sum() > 6
    torch.testing.assert_close(actor.logp(made).detach()[drawn], theirs[drawn], atol=BATCHING, rtol=0)


@pytest.mark.parametrize(
    "cut", [{"min_p": 0.9}, {"top_h": 0.1}, {"typical_p": 0.1}, {"epsilon_cutoff": 0.5}, {"eta_cutoff": 0.9}], ids=str
)
def test_no_cut_of_a_checkpoint_s_own_changes_what_is_drawn(cut, actor):
    whole = written(actor)
    actor.model.get_base_model().generation_config.update(**cut)
    assert torch.equal(written(actor).tokens, whole.tokens)


def test_an_answer_ends_at_any_token_that_ends_one_and_its_padding_is_not_read(actor):
    bent(actor)

    def likely(module, inputs, logits):
        logits[0, ..., SECOND_END] += 30.0

    with_bias = actor.model.get_output_embeddings().register_forward_hook(likely)
    made = written(actor)
    with_bias.remove()
    assert (made.mask[0].sum(), made.finished[0]) == (1, True)
    assert made.texts[0] == actor.vlm.processor.tokenizer.decode(made.tokens[0, :1], skip_special_tokens=True).strip()


def test_an_adapter_that_is_not_there_is_a_clear_error(folder, tmp_path):
    with pytest.raises(UsageError, match="cannot load this adapter"):
        ActorPolicy.on(VLM.from_pretrained(folder / "vlm"), str(tmp_path / "none"), 4, 8, LANGUAGE_TARGETS, 0.8, 6)


def pictures(actor):
    return [actor.model.config.image_token_id, actor.model.config.video_token_id]


def test_a_token_that_stands_for_a_picture_is_never_written(actor):
    """The model would look for its pixels, and die; another is drawn, with its true probability."""

    def likely(module, inputs, logits):
        logits[..., pictures(actor)] += 30.0

    with_bias = actor.model.get_output_embeddings().register_forward_hook(likely)
    made = written(actor)
    assert not torch.isin(made.tokens, torch.tensor(pictures(actor))).any()
    biased = actor.logp(made).detach()
    with_bias.remove()
    torch.testing.assert_close(biased, actor.logp(made).detach(), atol=BATCHING, rtol=0)


def test_padding_does_not_change_a_probability(actor):
    made = written(actor)
    whole = actor.logp(made).detach()
    alone = written_alone(made, 0)
    torch.testing.assert_close(actor.logp(alone).detach()[0], whole[0], atol=BATCHING, rtol=0)


def written_alone(made, row):
    """One row without its padding on the left, and with the pixels of its own picture."""
    seen = made.prompts["attention_mask"][row].bool()
    patches = made.prompts["pixel_values"].shape[0] // len(made.texts)
    prompts = {}
    for name, value in made.prompts.items():
        if name == "pixel_values":
            prompts[name] = value[row * patches : (row + 1) * patches]
        else:
            prompts[name] = value[row : row + 1][:, seen] if value.shape[1] == len(seen) else value[row : row + 1]
    return Completions(prompts, made.tokens[row : row + 1], made.mask[row : row + 1], made.texts[:1], made.finished[:1])


def test_the_picture_counts(actor):
    made = written(actor, count=2)
    swapped = made.prompts["pixel_values"].flip(0)
    other = dataclasses.replace(made, prompts={**made.prompts, "pixel_values": swapped})
    assert (actor.logp(made) - actor.logp(other)).abs().max() > BATCHING


def test_the_same_seed_writes_the_same(actor):
    assert written(actor).texts == written(actor).texts
    assert torch.equal(written(actor).tokens, written(actor).tokens)


def test_what_was_not_ended_is_not_finished(actor):
    made = written(actor)
    end = actor.vlm.processor.tokenizer.eos_token_id
    for tokens, mask, finished in zip(made.tokens, made.mask.bool(), made.finished, strict=True):
        assert finished is (end in tokens[mask].tolist())


def test_adapted_weights_leave_the_base_alone(actor, folder):
    plain = VLM.from_pretrained(folder / "vlm")
    assert actor.vlm.fingerprint() == plain.fingerprint()
    with torch.no_grad():
        for p in actor.parameters().values():
            p.add_(0.1)
    assert actor.vlm.fingerprint() == plain.fingerprint()


def test_the_reference_of_a_loaded_adapter_is_that_adapter(actor, folder, tmp_path):
    with torch.no_grad():
        for p in actor.parameters().values():
            p.normal_(std=0.1)
    actor.model.save_pretrained(tmp_path, save_embedding_layers=False)
    loaded = ActorPolicy.on(VLM.from_pretrained(folder / "vlm"), str(tmp_path), 4, 8, LANGUAGE_TARGETS, 0.8, 6)
    made = written(loaded)
    before = loaded.logp(made).detach()
    with torch.no_grad():
        for p in loaded.parameters().values():
            p.add_(0.05)
        moved = loaded.logp(made)
        with loaded.reference():
            reference = loaded.logp(made)
    assert torch.equal(reference, before)
    assert (moved - before).abs().max() > BATCHING
    assert all(p.requires_grad for p in loaded.parameters().values())
