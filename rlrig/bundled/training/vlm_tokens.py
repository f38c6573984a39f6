"""A tokenizer for the bundled VLMs: a word is one token, and so is a phrase that says one thing."""

from collections.abc import Sequence

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from rlrig.backends.chat import ANSWERS
from rlrig_eval.scene import VOCABULARY
from rlrig_eval.scene.phrases import NUMBERS, plural
from rlrig_eval.shapes import CANVAS
from rlrig_eval.shapes.vocabulary import COLOURS, SHAPES
from rlrig_eval.suite.wording import SYNONYMS

PAD, UNKNOWN, START, END = "<|endoftext|>", "<unk>", "<|im_start|>", "<|im_end|>"

_PHRASES = (
    "is there exactly",
    "are there exactly",
    "there is exactly",
    "there are exactly",
    "is there",
    "are there",
    "there is",
    "there are",
    "is the",
    "are the",
    "?" + ANSWERS,
    "the picture should show:",
    "not true yet:",
    "write one edit.",
    "describe the picture.",
    "where is the",
    "a picture of",
)
_WORDS = (
    "a an the and not of in on to at is are with without that which it one other both all no yes there "
    "exactly least small large big tiny huge little move make add remove turn into swap change replace "
    "put place draw erase delete recolour color colour paint shift bring keep nothing bigger larger "
    "smaller picture image show shows drawing middle centre center top bottom left right side corner up "
    "down away closer further thing things shape shapes what where how many does has have its their "
    "them be should next beside beneath underneath under over"
).split()
_MARKS = tuple(".,:;?!()-'\"")


def tokenizer(special: Sequence[str], chat_template: str) -> PreTrainedTokenizerFast:
    """A word-level tokenizer of the shapes world; case is dropped and an unknown word is one unknown token.

    Args:
        special: the tokens that the processor of the model class puts around an image.
    """
    relations = {way for ways in SYNONYMS.values() for way in ways} | set(VOCABULARY)
    phrases = sorted({*_PHRASES, *(r for r in relations if " " in r)}, key=lambda p: (-len(p), p))
    things = [form for shape in SHAPES for form in (shape, plural(shape))]
    digits = [str(number) for number in range(CANVAS // 2 + 1)]
    words = [*things, *COLOURS, *NUMBERS, *digits, *(r for r in relations if " " not in r), *_WORDS, *_MARKS]
    specials = [PAD, UNKNOWN, START, END, *special]
    names = dict.fromkeys([*specials, *sorted(phrases), *sorted(words)])

    model = Tokenizer(WordLevel({name: number for number, name in enumerate(names)}, unk_token=UNKNOWN))
    model.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " ")])
    chunks = "|".join([*(_escaped(phrase) for phrase in phrases), r"\w+", r"[^\w\s]"])
    model.pre_tokenizer = pre_tokenizers.Split(Regex(chunks), behavior="removed", invert=True)
    model.decoder = decoders.WordPiece(prefix="##", cleanup=True)  # joins with spaces, none before a mark
    return PreTrainedTokenizerFast(
        tokenizer_object=model,
        unk_token=UNKNOWN,
        pad_token=PAD,
        eos_token=END,
        padding_side="left",
        additional_special_tokens=[START, *special],
        chat_template=chat_template,
        clean_up_tokenization_spaces=False,
    )


def _escaped(phrase: str) -> str:
    words = "".join(f"\\{c}" if not (c.isalnum() or c == " ") else c for c in phrase)
    return (r"\b" if phrase[0].isalnum() else "") + words + (r"\b" if phrase[-1].isalnum() else "")
