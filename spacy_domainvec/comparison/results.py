"""What a comparison measures: what is below "comparison" in compare.json, and in the JSON of any page.

All accuracies, shares and F1 are from 0 to 1; a size is in MiB.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Interval:
    """An estimate, and the ends of its interval of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Score:
    """The accuracy of a route with some texts per label.

    shots: The number of training texts per label.
    accuracy: The share of test texts that are right, mean over the draws of training texts.
    macro_f1: The mean over the labels of F1; None where all labels have about as many test texts.
    to_base, to_weighted: How much more accurate it is than "base" and "base, weighted", on the same
        draws and test texts; None for these routes themselves and where they have failed.
    to_best: The same for the route that is most accurate on average over the numbers of texts, those
        that are only there for scale aside; None for this route itself.
    to_fewer: How much more accurate it is than with the next smaller number of texts; None for the
        smallest.
    to_mapped: The same as `to_base` for the control, "base, mapped"; None for other routes than
        "domain vectors".
    """

    shots: int
    accuracy: Interval
    macro_f1: float | None
    to_base: Interval | None
    to_weighted: Interval | None
    to_best: Interval | None
    to_fewer: Interval | None = None
    to_mapped: Interval | None = None


@dataclass(frozen=True)
class Coverage:
    """The sources of the vectors of held-out word tokens, as shares that add up to one.

    own: A vector learned from the text.
    base: The base's vector.
    spelling: A vector from character n-grams.
    none: No vector.
    """

    own: float
    base: float
    spelling: float
    none: float


@dataclass(frozen=True)
class Halves:
    """How well one half of a held-out text finds the other half, without any labels.

    n_texts: The number of held-out texts.
    recall: The share of halves whose own other half is the nearest of all.
    reciprocal_rank: The mean of 1 / rank of the own other half.
    to_base, to_weighted: How much higher this mean is than that of "base" and "base, weighted", on the
        same texts; None for these routes themselves and where they have failed.
    """

    n_texts: int
    recall: Interval
    reciprocal_rank: Interval
    to_base: Interval | None
    to_weighted: Interval | None


@dataclass(frozen=True)
class Costs:
    """What a route costs. None where it was not measured.

    Of gensim's routes, the pipeline is the base with the learned vectors in `nlp.vocab.vectors`. Of
    fastText, it finds the words of the text alone, and the size is that of the n-grams' rows, too.

    train_seconds: The time for training; reading the text, which all routes share, is not in it.
    load_seconds: The time for loading the pipeline, or both pipelines.
    megabytes: The size of the pipeline on disk, or of both.
    peak_megabytes: How much the process's memory grew while it trained; not that of worker processes.
    microseconds: The time for the vector of a tokenized document, per token.
    """

    train_seconds: float | None = None
    load_seconds: float | None = None
    megabytes: float | None = None
    peak_megabytes: float | None = None
    microseconds: float | None = None

    def __add__(self, other: "Costs") -> "Costs":
        """What both cost together; None where one of them was not measured."""
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return Costs(*(None if None in pair else round(sum(pair), 2) for pair in pairs))


@dataclass(frozen=True)
class Route:
    """A route and all that was measured of it.

    name: A name of `routes.ROUTES`, such as "base".
    title: What a table calls it.
    what: What it does, in a sentence.
    failed: Why it could not be run; None if it was. The fields below are then empty.
    width: The width of the document vectors.
    scores: Smallest number of texts per label first; empty without labels.
    similarity: Spearman's rho with human scores for general English words, by the set's name; empty
        for other languages and routes without word vectors.
    coverage: None for a route without word vectors.
    halves: None with labels.
    """

    name: str
    title: str
    what: str
    failed: str | None
    width: int
    scores: list[Score]
    similarity: dict[str, float]
    coverage: Coverage | None
    halves: Halves | None
    costs: Costs


@dataclass(frozen=True)
class Point:
    """A point of a learning curve.

    share: The share of the text that was learned from.
    n_tokens: How many tokens that is.
    shots: The number of training texts per label.
    accuracy: As in `Score`.
    to_fewer: How much more accurate it is than the point before, on the same draws and test texts;
        None for the first.
    """

    share: float
    n_tokens: int
    shots: int
    accuracy: Interval
    to_fewer: Interval | None = None


@dataclass(frozen=True)
class Text:
    """The text that all routes learn from.

    n_words: The number of distinct words.
    seconds: The time for reading it.
    """

    n_texts: int
    n_tokens: int
    n_words: int
    seconds: float


@dataclass(frozen=True)
class Words:
    """The words of the labelled texts, without stop words. Shares are of their tokens.

    frequent: The share of words that the corpus has at least 100 times in a million tokens.
    rare: The share of words that the corpus has fewer than 20 times.
    rarest: The most frequent of these in the labelled texts, up to five.
    """

    frequent: float
    rare: float
    rarest: list[str]


@dataclass(frozen=True)
class Labels:
    """The labelled texts.

    n_train, n_test: The numbers of texts. With folds, each text is in both.
    n_folds: The number of folds; None if a test file was given.
    n_draws: How often training texts were drawn for each number of texts per label.
    n_labels: The number of labels.
    is_uneven: Whether some labels have far more test texts than others.
    majority: The share of the most frequent label among the test texts.
    words: The words of the labelled texts, as the corpus has them; None where they have none.
    """

    n_train: int
    n_test: int
    n_folds: int | None
    n_draws: int
    n_labels: int
    is_uneven: bool
    majority: float
    words: Words | None = None


@dataclass(frozen=True)
class Comparison:
    """A whole comparison.

    made_by: This package and its version.
    base: The base's name.
    lang: Its language.
    advice: Sentences, most important first.
    warnings: Sentences on what makes the numbers doubtful.
    labels: None without labelled texts.
    routes: In the order of `routes.ROUTES`.
    text_curve: "domain vectors" learned from shares of the text; empty if it was not measured.
    """

    made_by: str
    base: str
    lang: str
    advice: list[str]
    warnings: list[str]
    text: Text
    labels: Labels | None
    routes: list[Route]
    text_curve: list[Point]
