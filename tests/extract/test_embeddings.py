"""Names matched by sentence embeddings: the nearest word or none, padding without effect, and clear errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rlrig_eval.errors import UsageError
from rlrig_eval.extract import build, resolve
from rlrig_eval.extract.embeddings import nearest, renamed, sentence_embeddings
from rlrig_eval.scene import SceneGraph
from tests.extract.test_vlm import NOTHING, PICTURE, SEEN, WORDS, saying
from tests.judges import server

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with random weights that reads letters: names in the same letters have the same embedding."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = {word: n for n, word in enumerate(["[PAD]", "[UNK]", *LETTERS])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoder")
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    return folder


def test_a_name_is_a_unit_vector_whatever_stands_beside_it(encoder: Path) -> None:
    embed = sentence_embeddings(encoder)
    alone, padded = embed(["cat"])[0], embed(["cat", "a much longer name"])[0]
    assert np.linalg.norm(alone) == pytest.approx(1, abs=1e-5)  # float32
    assert np.allclose(alone, padded, atol=1e-5)


def test_the_nearest_word_is_taken_if_it_is_near_enough(encoder: Path) -> None:
    embed = sentence_embeddings(encoder)
    cosine = float(embed(["cats"])[0] @ embed(["cat"])[0])
    assert cosine < 0.9999
    assert nearest("cats", ["zebrafish", "cat"], embed, cosine - 1e-3) == "cat"
    assert nearest("cats", ["cat"], embed, cosine + 1e-3) is None
    assert nearest("cats", [], embed, -1) is None


def test_what_has_a_word_keeps_it(encoder: Path) -> None:
    graph = SceneGraph.from_triples([("dog", "left of", "cats")])
    found = renamed(graph, ["cat", "dog"], sentence_embeddings(encoder), least=-1)
    assert next(entity.category for entity in found.entities) == "dog"
    assert {entity.category for entity in found.entities} <= {"cat", "dog"}
    assert found.relations == graph.relations


def test_the_extractor_asks_embeddings_after_the_table(httpserver, encoder: Path) -> None:
    strange = {"things": [{"id": "t", "category": "carr", "attributes": []}, *SEEN["things"][1:]], "relations": []}
    server.serve(httpserver, saying(strange, NOTHING))
    options = {"model": "org/vlm", "base_url": httpserver.url_for("/v1"), "cache": "off", "attempts": 1}
    given = [{}, {"embeddings": str(encoder), "similarity": 0.5}]
    found = [build(resolve("vlm", options | more)).extract_worded(PICTURE, WORDS) for more in given]
    assert [[entity.category for entity in graph.entities] for graph in found] == [
        ["carr", "couch", "couch"],
        ["car", "couch", "couch"],
    ]
    assert resolve("vlm", options).revision is None
    assert resolve("vlm", options | given[1]).revision is not None


@pytest.mark.parametrize(("there", "why"), [(False, "there is no folder"), (True, "cannot be loaded")])
def test_a_folder_that_is_missing_or_empty_is_one_clear_error(tmp_path: Path, there: bool, why: str) -> None:
    folder = tmp_path / "encoder"
    if there:
        folder.mkdir()
    with pytest.raises(UsageError, match=why):
        sentence_embeddings(folder)
