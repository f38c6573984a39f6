"""Token losses against trl's own GRPOTrainer, in value and gradient, on a real small model."""

import warnings

import pytest
import torch
from datasets import Dataset
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from rlrig.grpo.objectives import denominator, k3, token_loss
from rlrig_eval.errors import UsageError

# trl.experimental warns, and peft 0.21 asks transformers 5.23 for an attribute by its old name: libraries' own matters.
pytestmark = pytest.mark.filterwarnings("ignore")

trl = pytest.importorskip("trl", reason="trl is the parity reference, a development dependency")
T = 6


@pytest.fixture(scope="module")
def trainer_of(tmp_path_factory):
    """A maker of GRPOTrainers on one small random Qwen2, about to take its first step."""
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
    )
    folder = tmp_path_factory.mktemp("qwen2")  # trl loads the reference policy from where the model came from
    Qwen2ForCausalLM(config).save_pretrained(folder)
    model = Qwen2ForCausalLM.from_pretrained(folder)
    words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(32)}, unk_token="w0"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="w0", eos_token="w1")

    def make(**options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            arguments = trl.GRPOConfig(
                output_dir=str(tmp_path_factory.mktemp("trl")),
                use_cpu=True,
                report_to=[],
                per_device_train_batch_size=8,
                num_generations=4,
                max_completion_length=T,
                **options,
            )
            data = Dataset.from_list([{"prompt": "w2 w3"}] * 8)
            trainer = trl.GRPOTrainer(
                model=model,
                args=arguments,
                train_dataset=data,
                processing_class=tokenizer,
                reward_funcs=lambda **_: [0.0],
            )
        trainer.current_gradient_accumulation_steps = 1
        trainer.model.train().zero_grad()
        return trainer

    return make


def batch():
    """Eight completions of one to T tokens, with advantages of both signs and an old and a reference policy nearby."""
    made = torch.Generator().manual_seed(1)
    lengths = torch.tensor([6, 1, 3, 6, 2, 5, 4, 6])
    mask = (torch.arange(T) < lengths[:, None]).long()
    return {
        "prompt_ids": torch.randint(2, 32, (8, 3), generator=made),
        "prompt_mask": torch.ones(8, 3, dtype=torch.long),
        "completion_ids": torch.randint(2, 32, (8, T), generator=made),
        "completion_mask": mask,
        "advantages": torch.randn(8, generator=made) * 2,
        "num_items_in_batch": mask.sum(),
        "nudge": 0.5 * torch.randn(8, T, generator=made),
        "ref_nudge": 0.5 * torch.randn(8, T, generator=made),
    }


def inputs_at(trainer):
    """The batch with log-probabilities from trl's own method, moved by the nudges."""
    given = batch()
    ids = torch.cat([given["prompt_ids"], given["completion_ids"]], 1)
    attend = torch.cat([given["prompt_mask"], given["completion_mask"]], 1)
    with torch.no_grad():
        logp = trainer._get_per_token_logps_and_entropies(trainer.model, ids, attend, T)[0]
    given["old_per_token_logps"] = logp + given.pop("nudge")
    given["ref_per_token_logps"] = logp + given.pop("ref_nudge")
    return given, (ids, attend)


def gradients(model):
    found = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    model.zero_grad()
    return found


CASES = {
    "grpo": ("grpo", {}, {}),
    "bnpo": ("bnpo", {}, {}),
    "dr_grpo": ("dr_grpo", {}, {}),
    "dapo": ("dapo", {}, {}),
    "gspo": ("gspo", {"loss_type": "grpo", "importance_sampling_level": "sequence"}, {}),
    "cispo": ("cispo", {"epsilon_high": 5.0}, {"eps_high": 5.0}),
    "dapo, clip-higher": ("dapo", {"epsilon_high": 0.28}, {"eps_high": 0.28}),
    "grpo, delta": ("grpo", {"delta": 1.3}, {"delta": 1.3}),
    "gspo, delta": (
        "gspo",
        {"loss_type": "grpo", "importance_sampling_level": "sequence", "delta": 1.05},
        {"delta": 1.05},
    ),
    "grpo, beta": ("grpo", {"beta": 0.04, "use_bias_correction_kl": False}, {"beta": 0.04}),
    "dapo, beta": ("dapo", {"beta": 0.04, "use_bias_correction_kl": False}, {"beta": 0.04}),
    "dapo, weighted KL": ("dapo", {"beta": 0.04}, {"beta": 0.04, "kl": "weighted_k3"}),
    "gspo, beta": (
        "gspo",
        {
            "loss_type": "grpo",
            "importance_sampling_level": "sequence",
            "beta": 0.04,
            "use_bias_correction_kl": False,
        },
        {"beta": 0.04},
    ),
    "cispo, beta": (
        "cispo",
        {"epsilon_high": 5.0, "beta": 0.04, "use_bias_correction_kl": False},
        {"eps_high": 5.0, "beta": 0.04},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_loss_and_gradient_are_trl_s(case, trainer_of):
    kind, theirs, ours = CASES[case]
    trainer = trainer_of(**{"loss_type": kind, **theirs})
    given, (ids, attend) = inputs_at(trainer)
    reference = trainer._compute_loss(trainer.model, given)
    reference.backward()
    expected = gradients(trainer.model)
    logp = trainer._get_per_token_logps_and_entropies(trainer.model, ids, attend, T)[0]
    loss = token_loss(
        logp,
        given["old_per_token_logps"],
        given["advantages"],
        given["completion_mask"],
        kind,
        ref_logp=given["ref_per_token_logps"],
        max_length=T,
        **ours,
    )
    loss.backward()
    torch.testing.assert_close(loss, reference, rtol=1e-6, atol=1e-7)  # float32, the same sums in another order
    torch.testing.assert_close(gradients(trainer.model), expected, rtol=1e-5, atol=1e-7)
    assert expected.abs().max() > 1e-3


def arguments(seed=0):
    given = batch()
    logp = -torch.rand(8, T, generator=torch.Generator().manual_seed(seed))
    return logp, logp + given["nudge"], given["advantages"], given["completion_mask"]


@pytest.mark.parametrize("kind", ["grpo", "bnpo", "dr_grpo", "dapo", "gspo"])
def test_on_policy_the_loss_is_minus_the_mean_advantage(kind):
    logp, _, advantages, mask = arguments()
    mask = torch.ones_like(mask)
    loss = token_loss(logp, logp, advantages, mask, kind, max_length=T)
    torch.testing.assert_close(loss, -advantages.mean())


@pytest.mark.parametrize("kind", ["grpo", "bnpo", "dr_grpo", "dapo", "gspo", "cispo"])
def test_micro_batches_given_the_whole_denominator_add_up_to_the_whole(kind):
    logp, old, advantages, mask = arguments()
    total = denominator(kind, mask, T)
    whole = token_loss(logp, old, advantages, mask, kind, max_length=T)
    parts = [
        token_loss(
            logp[i : i + 2], old[i : i + 2], advantages[i : i + 2], mask[i : i + 2], kind, max_length=T, total=total
        )
        for i in range(0, 8, 2)
    ]
    torch.testing.assert_close(sum(parts), whole)


def test_bnpo_of_micro_batches_is_another_loss():
    """Why bnpo depends on the micro-batch, and dapo does not."""
    logp, old, advantages, mask = arguments()
    halves = [
        token_loss(logp[i : i + 4], old[i : i + 4], advantages[i : i + 4], mask[i : i + 4], "bnpo") for i in (0, 4)
    ]
    assert abs(float(sum(halves) / 2 - token_loss(logp, old, advantages, mask, "bnpo"))) > 1e-3


def test_what_is_masked_does_not_matter():
    logp, old, advantages, mask = arguments()
    noise = torch.where(mask == 0, 3.0, 0.0)
    for kind in ("grpo", "dapo", "gspo", "cispo"):
        plain = token_loss(logp, old, advantages, mask, kind)
        torch.testing.assert_close(token_loss(logp + noise, old, advantages, mask, kind), plain)


def test_k3_is_never_negative_and_0_at_equality():
    d = torch.linspace(-3, 3, 101)
    assert bool((k3(d, torch.zeros(101)) >= 0).all())
    assert k3(d, d).tolist() == [0] * 101


@pytest.mark.parametrize("bad", [{"kind": "dabo"}, {"kind": "dr_grpo"}, {"beta": 0.1}])
def test_what_cannot_be_meant_is_refused(bad):
    with pytest.raises(UsageError):
        token_loss(*arguments(), **bad)
