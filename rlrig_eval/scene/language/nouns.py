"""Nouns: names of several words, singulars, and words for how many."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rlrig_eval.scene.attributes import kind_of
from rlrig_eval.scene.phrases import NUMBERS, plural, singular

COCO = (
    "person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign, "
    "parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, "
    "handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, "
    "surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, "
    "broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, "
    "mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, "
    "teddy bear, hair drier, toothbrush"
)
"""The 80 names of COCO (Lin et al., ECCV 2014)."""

_MORE = (
    "computer mouse, tv remote, computer keyboard, hair dryer, coffee table, coffee cup, coffee mug, tea cup, tea pot, "
    "street light, street sign, street lamp, traffic sign, traffic cone, bus stop, fire truck, fire engine, "
    "police car, race car, sports car, pickup truck, garbage truck, school bus, trash can, trash bin, garbage can, "
    "mail box, phone booth, swimming pool, soccer ball, tennis ball, tennis court, tennis player, baseball player, "
    "baseball cap, baseball field, golf ball, golf club, beach ball, rocking chair, office chair, wheel chair, "
    "arm chair, desk lamp, table lamp, floor lamp, light bulb, picture frame, book shelf, night stand, ice cream, "
    "ice cream cone, ice cube, bell pepper, sweet potato, birthday cake, paper towel, toilet paper, cutting board, "
    "washing machine, sewing machine, vending machine, coffee machine, coffee maker, palm tree, pine tree, "
    "christmas tree, apple tree, oak tree, rubber duck, stuffed animal, polar bear, panda bear, guinea pig, "
    "sea turtle, sail boat, hot air balloon, remote control, mobile phone, video game, game controller, credit card, "
    "playing card, shopping cart, shopping bag, paper bag, plastic bag, train station, railroad track, train track, "
    "parking lot, building block, clock tower, tree trunk, window sill, ceiling fan, tennis shoe, rain coat, "
    "t-shirt, dress shirt, french fries, rain drop, snow man, brick wall, stone wall, glass bottle"
)
NAMES = frozenset(name.strip() for names in (COCO, _MORE) for name in names.split(","))
"""Names known as a whole."""

# Words that describe and also name a thing: alone at the end of a phrase they are the thing.
_BOTH = frozenset("orange glass stone brick rubber".split())
_IRREGULAR: Mapping[str, str] = MappingProxyType(
    {
        "people": "person", "men": "man", "women": "woman", "children": "child", "mice": "mouse", "geese": "goose",
        "feet": "foot", "teeth": "tooth", "knives": "knife", "wolves": "wolf", "leaves": "leaf", "loaves": "loaf",
        "shelves": "shelf", "scarves": "scarf", "halves": "half", "lives": "life", "calves": "calf", "oxen": "ox",
        "potatoes": "potato", "tomatoes": "tomato", "snowmen": "snowman", "policemen": "policeman", "cookies": "cookie",
        "movies": "movie", "buses": "bus", "gases": "gas", "vases": "vase",
    }
)  # fmt: skip
PAIR = ("a", "pair", "of")
WORN_IN_PAIRS = frozenset("skis scissors glasses pants jeans shorts trousers sunglasses".split())
"""A pair of these is one thing."""
_SAME = WORN_IN_PAIRS | frozenset("sheep fish deer moose aircraft".split())

_COUNTS = {word: number for number, word in enumerate(NUMBERS) if number}
_COUNTS |= {"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16}
_COUNTS |= {"seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20}
COUNTS: Mapping[str, int] = MappingProxyType({"a": 1, "an": 1, "another": 1} | _COUNTS)
"""Word before a noun -> how many."""
EXACTLY = ("exactly", "only")
# Longer ways to say how many.
AMOUNTS: Mapping[tuple[str, ...], int] = MappingProxyType(
    {
        PAIR: 2, ("a", "couple", "of"): 2, ("a", "dozen"): 12, ("a", "single"): 1, ("one", "single"): 1,
        ("a", "trio", "of"): 3,
    }
    | {("a", group, "of", word): count for group in ("group", "set", "row", "stack", "pile")
       for word, count in _COUNTS.items() if count > 1}
    | {(exactly, word): count for exactly in EXACTLY for word, count in _COUNTS.items()}
)  # fmt: skip
VAGUE = frozenset("some several many few various numerous multiple these those all".split())
"""Words that say that there is more than one, and not how many."""


def category_of(words: Sequence[str]) -> str | None:
    """The singular of a noun in the plural; None when it is no plural.

    >>> [category_of(noun.split()) for noun in ("buses", "wine glasses", "people", "knifes", "skis", "circle")]
    ['bus', 'wine glass', 'person', 'knife', 'skis', None]
    """
    *before, last = words
    if not (last.endswith("s") or last in _IRREGULAR or last in _SAME):
        return None
    ways = (singular(last), last[:-1], last[:-2]) if last.endswith("s") else ()
    known = next((way for way in ways if " ".join([*before, way]) in NAMES), None)
    one = known or _IRREGULAR.get(last) or (last if last in _SAME else singular(last))
    return None if one == last and last not in _SAME else " ".join([*before, one])


def is_plural(words: Sequence[str]) -> bool:
    """Whether a noun is in the plural and says no number, as against "bus" and "skis", which may be one thing.

    >>> [is_plural(noun.split()) for noun in ("circles", "wine glasses", "people", "bus", "skis", "glass")]
    [True, True, True, False, False, False]
    """
    category = category_of(words)
    return category is not None and category != " ".join(words)


def names_things(category: str, words: Sequence[str]) -> bool:
    """Whether `words` are a plural of `category`."""
    return " ".join(words) == plural(category) or category_of(words) == category


def head_length(words: Sequence[str]) -> int:
    """How many words at the end of a phrase are its noun: the longest known name, else one.

    >>> head_length("red fire hydrants".split()), head_length("red fire".split())
    (2, 1)
    """
    for length in (3, 2):
        if len(words) >= length and (" ".join(tail := words[-length:]) in NAMES or category_of(tail) in NAMES):
            return length
    return 1


def is_noun(word: str) -> bool:
    """Whether a word can name a thing: letters, and no word that only describes."""
    return word.replace("-", "").isalpha() and (kind_of(word) == "other" or word in _BOTH)


def describes(word: str) -> bool:
    """Whether a word is a colour, a size or a material."""
    return kind_of(word) != "other"


def ambiguous(word: str) -> bool:
    """Whether a word both describes and names ("orange")."""
    return word in _BOTH
