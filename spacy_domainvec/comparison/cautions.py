"""What makes the numbers of a comparison doubtful: sentences that come before all others."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from importlib import resources
from runpy import run_path
from typing import TypeGuard

import numpy as np
from spacy.language import Language

from ..corpus.tokenized import TokenizedCorpus
from ..evaluation.labelled import Labelled
from ..util.hashing import text_hashes
from .ground import Bags, Ground
from .results import Words

# The languages that a text is compared with, besides the base's.
OTHERS = ("da", "de", "en", "es", "fi", "fr", "it", "nb", "nl", "pl", "pt", "sv")
# Another language is named if its stop words make up so many times the share of the base's.
MORE_STOP_WORDS = 1.5
# A text of fewer tokens is told to be small, and a word needs so many occurrences for a row of its own.
SMALL_TEXT, OCCURRENCES = 100_000, 20
# The text is about something else if it has less than this share of the labelled texts' content words
# so often in a million tokens. On three corpora and two sets of labels, split by a regular expression,
# it was .46 and .68 where they fit, and .20 to .24 where they don't (but .46 for questions to a bank and
# reviews of products).
RELATED, PER_MILLION = 0.3, 100
# Less than this share of duplicates is not told.
DUPLICATES = 0.01
MOST_SHOWN, MOST_RARE = 3, 5
# Fewer tokens may stand in a longer text by chance: "I would like to close my account." does.
LEAST_PART = 10


def cautions(ground: Ground, words: Words | None, train: Labelled | None, test: Labelled | None) -> list[str]:
    """Sentences on leaks, duplicates, labels, language, topic and size; none if nothing was found.

    words: Of all labelled texts, see `words_of`.
    """
    tokens = ground.gathered.tokens
    found = [small(tokens), repeated(tokens), foreign(tokens, ground.nlp)]
    if train:
        found += [unrelated(words), *of_labels(train, test)]
        found.append(leaked_into_corpus(ground, (test or train).texts, "test" if test else "labelled"))
    if train and test:
        found.append(leaked_into_training(train, test))
    return [sentence for sentence in found if sentence]


def leaked_into_training(train: Labelled, test: Labelled) -> str | None:
    """Test texts that stand among the texts to learn from, but for case and white space."""
    known = {_plain(text) for text in train.texts}
    n = sum(_plain(text) in known for text in test.texts)
    if not n:
        return None
    return (
        f"{n:,} of {len(test.texts):,} test texts {_appear(n)} in the training file as well, so the accuracies may be "
        "too high: remove them from one of the files."
    )


def leaked_into_corpus(ground: Ground, texts: list[str], kind: str) -> str | None:
    """Labelled texts that stand in the corpus; None where its texts are not at hand.

    A text of ten tokens or more may be a part of a longer one.
    """
    if not ground.gathered.tokens.parts:
        return None
    forms = (
        tuple(ground.forms([token.text for token in doc if not token.is_space]))
        for doc in map(ground.nlp.tokenizer, texts)
    )
    wanted = Counter(words for words in forms if words)
    n = sum(wanted[words] for words in _contained(wanted, ground.gathered.tokens.sentences()))
    if not n:
        return None
    return (
        f"{n:,} of {len(texts):,} {kind} texts {_appear(n)} in the corpus, without their labels: on texts that it does "
        "not contain, what was learned from it may be less accurate."
    )


def _contained(wanted: Iterable[tuple[str, ...]], texts: Iterable[Sequence[str]]) -> set[tuple[str, ...]]:
    """Those that are a text, or a part of one if they are long."""
    by_opening, found = defaultdict(list), set[tuple[str, ...]]()
    for words in wanted:
        by_opening[words[:LEAST_PART]].append(words)
    for text in map(tuple, texts):
        if len(text) < LEAST_PART and text in by_opening:
            found.add(text)
        for start in range(len(text) - LEAST_PART + 1):
            for words in by_opening.get(text[start : start + LEAST_PART], ()):
                if text[start : start + len(words)] == words:
                    found.add(words)
    return found


def of_labels(train: Labelled, test: Labelled | None) -> list[str]:
    """Labels with a single text or only in the test, texts with two labels, and texts that repeat."""
    said, counts = [], Counter(train.labels)
    single = [label for label, n in counts.items() if n == 1]
    if single:
        lonely = f"{len(single):,} of {len(counts):,} labels"
        have = "has" if len(single) == 1 else "have"
        said.append(f"{lonely} {have} a single text to learn from: {_few(single)}.")
    if test and (unknown := sorted(set(test.labels) - set(counts))):
        n = sum(label not in counts for label in test.labels)
        lacking = f"{n:,} test texts have labels that the training file lacks"
        said.append(f"{lacking}, and count as wrong: {_few(unknown)}.")
    labels_of = defaultdict(set)
    for text, label in zip(train.texts, train.labels):
        labels_of[_plain(text)].add(label)
    if several := sum(len(labels) > 1 for labels in labels_of.values()):
        said.append(f"{several:,} texts of the training file appear there with more than one label.")
    n = len(train.texts) - len(labels_of)
    if n >= DUPLICATES * len(train.texts):
        share = n / len(train.texts)
        where = "Without a test file, they are learned from and tested with." if test is None else ""
        said.append(f"{n:,} texts of the training file ({share:.1%}) repeat others. {where}".rstrip())
    return said


def repeated(tokens: TokenizedCorpus) -> str | None:
    """Texts of the corpus that stand there more than once; None where the texts are not at hand."""
    if not tokens.parts:
        return None
    batches = ((part, *batch) for part in tokens.parts for batch in part.batches())
    hashes = [text_hashes(part.keys[ids], texts) for part, ids, texts in batches]
    n_texts = sum(map(len, hashes))
    n = n_texts - len(np.unique(np.concatenate(hashes)))
    if n < DUPLICATES * n_texts or not n:
        return None
    said = f"{n:,} of {n_texts:,} texts of the corpus ({n / n_texts:.1%})"
    return f"{said} repeat others: words in them count too much."


def foreign(tokens: TokenizedCorpus, nlp: Language) -> str | None:
    """A language other than the base's has more of its stop words in the corpus.

    None where the base's language has none, as several languages together have.
    """
    lang = str(nlp.lang)
    if not nlp.Defaults.stop_words:
        return None
    share_of = {other: _share(tokens, _stop_words(other)) for other in OTHERS if other != lang}
    own = _share(tokens, nlp.Defaults.stop_words)
    other = max(share_of, key=lambda name: share_of[name])
    if share_of[other] <= max(MORE_STOP_WORDS * own, 0.1):
        return None
    return (
        f"The corpus looks like '{other}', and the base is '{lang}': stop words of the first are {share_of[other]:.1%} "
        f"of its tokens, those of the second {own:.1%}. Take a base of the text's language."
    )


def small(tokens: TokenizedCorpus) -> str | None:
    """A corpus with few tokens."""
    if tokens.n_tokens >= SMALL_TEXT:
        return None
    n = int((tokens.counts >= OCCURRENCES).sum())
    return (
        f"The corpus has only {tokens.n_tokens:,} tokens, and {n:,} words occur {OCCURRENCES} times or more: few words "
        "get a good vector from it."
    )


def unrelated(words: Words | None) -> str | None:
    """The labelled texts are about something else than the corpus."""
    if not is_unrelated(words):
        return None
    return f"The labelled texts are about something else than the corpus: {how_unrelated(words)}."


def is_unrelated(words: Words | None) -> TypeGuard[Words]:
    """Whether the labelled texts are about something else than the corpus."""
    return words is not None and words.frequent < RELATED


def how_unrelated(words: Words) -> str:
    """The share of words that are frequent in the corpus, and what is usual."""
    often = f"at least {PER_MILLION} times in a million tokens"
    usual = f"where {RELATED:.0%} or more are usual"
    return f"of their words without stop words, it has {words.frequent:.1%} {often}, {usual}"


def words_of(ground: Ground, bags: Bags) -> Words | None:
    """The words of labelled texts as the corpus has them; None if they consist of stop words.

    bags: Of the texts.
    """
    stop_words, tokens = ground.nlp.Defaults.stop_words, ground.gathered.tokens
    forms = ground.forms(bags.words)
    is_stop = np.array([word.lower() in stop_words for word in bags.words], dtype=bool)
    is_content = bags.is_alpha & ~is_stop
    n_tokens = np.asarray(bags.counts.sum(axis=0)).ravel() * is_content
    if not n_tokens.any():
        return None
    count_of, frequent = dict(zip(tokens.words, tokens.counts.tolist())), tokens.frequent(PER_MILLION)
    rare: Counter[str] = Counter()
    n_frequent = 0
    for form, n in zip(forms, n_tokens.astype("i8").tolist()):
        n_frequent += n * (form in frequent)
        if n and count_of.get(form, 0) < OCCURRENCES:
            rare[form] += n
    total = int(n_tokens.sum())
    rarest = [form for form, _ in sorted(rare.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_RARE]]
    return Words(round(n_frequent / total, 4), round(rare.total() / total, 4), rarest)


def _share(tokens: TokenizedCorpus, words: Iterable[str]) -> float:
    """The share of the corpus's tokens that are among some words, in any case."""
    known = set(words)
    n = sum(n for word, n in zip(tokens.words, tokens.counts.tolist()) if word.lower() in known)
    return float(n / max(tokens.n_tokens, 1))


def _stop_words(lang: str) -> set[str]:
    # The file alone: to import a language compiles its patterns, those of French for seconds.
    with resources.as_file(resources.files("spacy.lang") / lang / "stop_words.py") as path:
        return set(run_path(str(path))["STOP_WORDS"])


def _appear(n: int) -> str:
    return "appears" if n == 1 else "appear"


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _few(names: list[str]) -> str:
    more = f" and {len(names) - MOST_SHOWN:,} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:MOST_SHOWN]) + more
