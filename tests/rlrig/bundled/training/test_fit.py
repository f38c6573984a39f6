"""The training loop: it learns, keeps its state, and goes on after a kill."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from rlrig.bundled.training import fit as loop
from rlrig.bundled.training.fit import Budget, fit, moving_average, optimisers
from rlrig_eval.errors import UsageError

TRUTH = torch.tensor([[2.0, -1.0], [0.5, 1.0]])


class Line(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Linear(2, 2, bias=False)


def batches(seed: int) -> Iterator[Tensor]:
    rng = torch.Generator().manual_seed(seed)
    while True:
        yield torch.randn(16, 2, generator=rng)


def run(model: Line, folder: Path, seconds: float, start: str | None = None) -> tuple[nn.Module, dict[str, object]]:
    def loss(x: Tensor) -> tuple[Tensor, Mapping[str, float]]:
        return (model.matrix(x) - x @ TRUTH.T).pow(2).mean(), {}

    def evaluate(candidate: nn.Module) -> Mapping[str, float]:
        return {"error": float((candidate.matrix.weight.detach() - TRUTH).abs().max())}

    optims = optimisers(model, matrix_rate=0.05, rate=0.05, decay=0.0)
    budget = Budget(seconds / 60, folder, ema=0.9, warmup_steps=5, start=start)
    return fit(model, optims, batches, loss, evaluate, budget)


def test_it_learns_and_the_average_is_what_comes_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    _, log = run(Line(), tmp_path, seconds=2)
    assert log["dev"]["error"] < 0.1  # 2.4 at most at the start; a second is some thousand steps


def test_the_average_of_a_training_shorter_than_its_warm_up_has_moved() -> None:
    blend, average, weights = moving_average(0.995), [torch.zeros(3)], [torch.ones(3)]
    for count in range(1, 40):
        blend(average, weights, torch.tensor(count))
    assert average[0].min() > 0.99  # plain decay of .995 would stand at .18


def test_a_spent_budget_trains_no_further(tmp_path: Path) -> None:
    torch.manual_seed(0)
    _, first = run(Line(), tmp_path, seconds=0.4)
    other = Line()
    _, again = run(other, tmp_path, seconds=0.4)
    assert again["steps"] == first["steps"]
    assert again["dev"] == first["dev"]


def test_a_larger_budget_goes_on_from_where_it_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    _, first = run(Line(), tmp_path, seconds=0.4)
    _, longer = run(Line(), tmp_path, seconds=1.4)
    assert longer["steps"] > first["steps"]
    assert f"resuming at step {first['steps']}" in capsys.readouterr().out


def test_a_training_that_begins_elsewhere_does_not_go_on_from_this_one(tmp_path: Path) -> None:
    run(Line(), tmp_path, seconds=0.2)
    with pytest.raises(UsageError, match=r"began from nothing, and this one is to begin from the weights abc"):
        run(Line(), tmp_path, seconds=0.2, start="abc")


def test_a_death_while_the_state_is_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = run(Line(), tmp_path, seconds=0.4)

    def dies(state: object, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.torch, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        run(Line(), tmp_path, seconds=0.8)
    assert torch.load(tmp_path / "state.pt", weights_only=True)["step"] == first["steps"]


def test_matrices_go_to_muon_and_the_rest_to_adamw() -> None:
    net = nn.ModuleDict({"inner": nn.Linear(4, 4), "embed": nn.Embedding(3, 4)})
    adamw, muon = optimisers(net, 0.1, 0.1)
    assert [p.shape for p in muon.param_groups[0]["params"]] == [(4, 4)]
    assert {tuple(p.shape) for p in adamw.param_groups[0]["params"]} == {(4,), (3, 4)}
