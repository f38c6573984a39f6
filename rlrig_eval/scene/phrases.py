"""English for categories, references and requirements: the one place where a graph becomes words."""

from rlrig_eval.scene.attributes import kind_of

_ORDER = {"size": 0, "other": 1, "colour": 2, "material": 3}
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def plural(noun: str) -> str:
    """The regular English plural of a noun.

    >>> plural("circle"), plural("cross"), plural("cherry"), plural("toy")
    ('circles', 'crosses', 'cherries', 'toys')
    """
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    return noun + "s"


def singular(noun: str) -> str:
    """The noun of which `noun` is the regular plural; `noun` itself when it is none.

    >>> singular("circles"), singular("crosses"), singular("cherries"), singular("horses"), singular("cross")
    ('circle', 'cross', 'cherry', 'horse', 'cross')
    """
    if noun.endswith(("ss", "us", "is")) or not noun.endswith("s"):
        return noun
    if noun.endswith(("sses", "xes", "ches", "shes")):
        return noun[:-2]
    return noun[:-3] + "y" if noun.endswith("ies") else noun[:-1]


def number_word(count: int) -> str:
    """
    >>> number_word(2), number_word(12)
    ('two', '12')
    """
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else str(count)


def describe(category: str, attributes: tuple[str, ...] = (), count: int = 1) -> str:
    """Attributes in English order before the noun, in the plural when there are several.

    >>> describe("circle", ("red", "small")), describe("circle", ("red",), 2)
    ('small red circle', 'red circles')
    """
    words = sorted(attributes, key=lambda word: _ORDER[kind_of(word)])
    return " ".join([*words, category if count == 1 else plural(category)])


def with_article(phrase: str) -> str:
    """
    >>> with_article("red circle"), with_article("orange square")
    ('a red circle', 'an orange square')
    """
    return f"{'an' if phrase[:1] in tuple('aeiou') else 'a'} {phrase}"
