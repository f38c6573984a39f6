"""The spaCy pipeline: `rlrig_terms` marks known phrases, `rlrig_scene` reads the scene.

No trained model and no download: `spacy.blank("en")` with these two components, found by their names in every
environment where this package is installed (entry points `spacy_factories`, `spacy_tokenizers`). spaCy loads
torch, so this module imports it only when it is asked for.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from rlrig_eval.scene.language.draft import Draft
from rlrig_eval.scene.language.lexicon import TERMS
from rlrig_eval.scene.language.parsed import Parsed, Unparsed
from rlrig_eval.scene.language.prose import read_prose
from rlrig_eval.scene.language.triples import is_triples, read_triples
from rlrig_eval.scene.language.walk import Walk, Words

TERMS_COMPONENT, SCENE_COMPONENT, TOKENIZER = "rlrig_terms", "rlrig_scene", "rlrig_words"
SPANS = "rlrig_terms"
"""Key of `doc.spans` for the known phrases; a span's label is the phrase."""

# Unlike spaCy's own, these cut every word alike in any case: "ISN'T" as "isn't".
_MARK = r"[^\w\s]"
_SUFFIX = re.compile(rf"(?:n['’]t|['’]s|{_MARK})$", re.IGNORECASE)
_PREFIX = re.compile(rf"^{_MARK}")
_INFIX = re.compile(r"[^\w\s'’-]")


@cache
def pipeline() -> Any:
    """The `spacy.Language` that sets `doc._.scene` to a `Parsed`."""
    import spacy

    register()
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
    nlp.max_length = 10**9  # no model holds the text in memory, so spaCy's limit has no reason here
    nlp.add_pipe(TERMS_COMPONENT)
    nlp.add_pipe(SCENE_COMPONENT)
    return nlp


@cache
def register() -> dict[str, Callable[..., Any]]:
    """Make the components and the tokenizer known to spaCy; name -> what was registered."""
    from spacy.language import Language
    from spacy.matcher import PhraseMatcher
    from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]
    from spacy.tokens import Doc, Span
    from spacy.util import registry

    if not Doc.has_extension("scene"):
        Doc.set_extension("scene", default=None)

    @registry.tokenizers(TOKENIZER)  # type: ignore[untyped-decorator]
    def make_tokenizer() -> Callable[[Any], Any]:
        def tokenizer(nlp: Any) -> Any:
            return Tokenizer(
                nlp.vocab,
                prefix_search=_PREFIX.search,
                suffix_search=_SUFFIX.search,
                infix_finditer=_INFIX.finditer,
            )

        return tokenizer

    @Language.factory(TERMS_COMPONENT, assigns=["doc.spans"])  # type: ignore[untyped-decorator]
    def make_terms(nlp: Any, name: str) -> Callable[[Any], Any]:
        matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        for phrase in TERMS:
            matcher.add(phrase, [nlp.make_doc(phrase), nlp.make_doc(phrase.replace("'", "’"))])

        def mark(doc: Any) -> Any:
            places = [token.i for token in doc if not token.is_space]
            text = doc if len(places) == len(doc) else Doc(doc.vocab, words=[doc[place].text for place in places])
            found, past = [], 0
            for label, start, end in sorted(matcher(text), key=lambda match: (match[1], -match[2])):
                if start >= past:  # the leftmost, and of those the longest
                    found.append(Span(doc, places[start], places[end - 1] + 1, label=label))
                    past = end
            doc.spans[SPANS] = found
            return doc

        return mark

    @Language.component(SCENE_COMPONENT, requires=["doc.spans"])  # type: ignore[untyped-decorator]
    def scene(doc: Any) -> Any:
        doc._.scene = _understand(doc)
        return doc

    return {TOKENIZER: make_tokenizer, TERMS_COMPONENT: make_terms, SCENE_COMPONENT: scene}


def __getattr__(name: str) -> Any:
    """spaCy's entry points ask for the components by name; registering them loads spaCy, so it waits until then."""
    if name in (TERMS_COMPONENT, SCENE_COMPONENT, TOKENIZER):
        return register()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _words(doc: Any, tokens: Sequence[Any]) -> Words:
    number = {token.i: place for place, token in enumerate(tokens)}
    terms = {number[span.start]: (number[span.end - 1] + 1, TERMS[span.label_]) for span in doc.spans[SPANS]}
    return Words(tuple([token.lower_.replace("’", "'") for token in tokens]), terms)


def _understand(doc: Any) -> Parsed:
    tokens = [token for token in doc if not token.is_space]
    walk, draft = Walk(_words(doc, tokens)), Draft()
    if is_triples(walk):
        read_triples(walk, draft)
    else:
        read_prose(walk, draft)
    return Parsed(draft.graph(), tuple(draft.absent), tuple(_unparsed(walk, doc.text, tokens)) if walk.problems else ())


def _unparsed(walk: Walk, text: str, tokens: Sequence[Any]) -> Iterator[Unparsed]:
    for began, end, why in walk.unread():
        start = tokens[began].idx if began < len(tokens) else len(text)
        stop = tokens[end - 1].idx + len(tokens[end - 1]) if end > began else start
        yield Unparsed(start, stop, text[start:stop], why)
