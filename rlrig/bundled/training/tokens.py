"""The word-level tokenizer of the bundled models: a relation phrase is one token, articles are none."""

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from rlrig_eval.scene.phrases import NUMBERS, plural
from rlrig_eval.shapes.vocabulary import COLOURS, SHAPES
from rlrig_eval.suite.wording import SYNONYMS

SPECIAL = ("<pad>", "</s>", "<unk>")
_PHRASES = tuple(way for ways in SYNONYMS.values() for way in ways)
_VERBS = ("move", "make", "add", "remove", "turn", "into", "swap")
_GLUE = (",", "and", "not")


def words() -> tuple[str, ...]:
    """Every token but the special ones; a phrase of several words is written with hyphens."""
    nouns = [form for shape in SHAPES for form in (shape, plural(shape))]
    phrases = [phrase.replace(" ", "-") for phrase in _PHRASES]
    return tuple(dict.fromkeys([*COLOURS, *nouns, "small", "large", *NUMBERS[2:6], *phrases, *_VERBS, *_GLUE]))


def tokenizer(max_length: int) -> PreTrainedTokenizerFast:
    """Lower-cases, drops articles and "there is", joins relation phrases, splits on spaces and commas, ends in </s>."""
    vocabulary = {token: index for index, token in enumerate((*SPECIAL, *words()))}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    joined = [
        normalizers.Replace(phrase, phrase.replace(" ", "-"))
        for phrase in sorted(_PHRASES, key=len, reverse=True)
        if " " in phrase
    ]
    raw.normalizer = normalizers.Sequence(
        [
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"^(there is|there are|a picture of) "), ""),
            *joined,
            normalizers.Replace(Regex(r",? and the "), " , "),
            normalizers.Replace(Regex(r"\b(a|an|the) "), ""),
            normalizers.Replace(",", " , "),
        ]
    )
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    raw.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", vocabulary["</s>"])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=max_length,
    )
