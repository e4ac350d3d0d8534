"""The routes to document vectors of a domain, from the base as it is to the teacher itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ..build.run import train_state
from ..errors import DomainVectorsError, Errors
from ..evaluation.costs import loading, on_disk, speed, watched
from ..learning.combine import average
from ..learning.encoding import Teacher, encoded, open_encoder
from ..learning.gensim_trainers import fasttext, word2vec
from ..pipeline.loading import FACTORY, load_pipeline, merge
from ..table import answers
from ..table.base_vectors import BaseTable
from ..table.table import VectorTable
from ..util.arrays import scaled_to_unit
from ..util.extras import import_extra
from .ground import BASE, NO_VECTOR, OWN, SPELLING, Bags, Ground
from .results import Costs, Route

# The width of vectors that are learned beside a base without vectors.
WIDTH = 300
# The routes that cost nothing, the one without vectors, and the one that is only there for scale.
FREE, TFIDF, ENCODER = ("base", "weighted"), "tfidf", "encoder"
# The route of this package, and its control: what the text's words add to it.
DOMAIN, CONTROL = "domain", "mapped"
# Routes that are measured for scale, and not advised.
NO_CANDIDATES = (CONTROL, ENCODER)
SOURCES = {answers.DOMAIN: OWN, answers.GENERAL: BASE, answers.SUBWORD: SPELLING}


@dataclass(frozen=True, eq=False)
class Rows:
    """The vectors of words.

    rows: As long as they weigh, shape (n_words, width), float32; zeros for unknown words.
    sources: The source of each, see `ground`, shape (n_words,), int64.
    costs: What the route costs.
    table: The table that was built; None for routes that build none.
    """

    rows: np.ndarray
    sources: np.ndarray
    costs: Costs = field(default_factory=Costs)
    table: VectorTable | None = None


@dataclass(frozen=True)
class Plan:
    """A route.

    title: What a table calls it.
    what: What it does, in a sentence.
    of_words: From distinct words to their vectors; None for a route that has none.
    of_texts: For such a route, from texts to document vectors of unit length, an array or sparse matrix.
    needs_teacher: Whether it needs a sentence encoder.
    """

    title: str
    what: str
    of_words: Callable[[Ground, Sequence[str]], Rows] | None = None
    of_texts: Callable[[Ground, Bags, Sequence[str]], Any] | None = None
    needs_teacher: bool = False


def base(ground: Ground, words: Sequence[str]) -> Rows:
    """The base's rows, as in `doc.vector`."""
    rows = base_table(ground).rows(words)
    microseconds = speed(ground.nlp, ground.sample(), lambda doc: doc.vector)
    costs = Costs(0.0, loading(ground.base_name), _rounded(ground.size), 0.0, microseconds)
    return Rows(rows, sources_of(rows, BASE), costs)


def weighted(ground: Ground, words: Sequence[str]) -> Rows:
    """The base's rows, of unit length and weighted."""
    costs = Costs(0.0, loading(ground.base_name), _rounded(ground.size), 0.0, weighted_speed(ground, ground.sample()))
    return replace(weighted_rows(ground, words), costs=costs)


def weighted_rows(ground: Ground, words: Sequence[str]) -> Rows:
    """The base's rows, of unit length and weighted, without costs."""
    rows = base_table(ground).unit_rows(words)
    return Rows(rows * ground.weights(words), sources_of(rows, BASE))


def weighted_speed(ground: Ground, texts: Sequence[str]) -> float:
    """The time for a weighted mean of tokens as spaCy alone gives them, microseconds per token."""
    words = list({token.text for doc in map(ground.nlp.tokenizer, texts) for token in doc})
    weight_of = dict(zip(words, ground.weights(words)[:, 0].tolist()))
    return speed(
        ground.nlp,
        texts,
        lambda doc: sum(weight_of[token.text] / (token.vector_norm or 1) * token.vector for token in doc),
    )


def replaced(ground: Ground, words: Sequence[str]) -> Rows:
    """Rows that word2vec learns from the text alone."""
    learned = ground.learned("word2vec", word2vec(vector_size=_width(ground)), words)
    return Rows(learned.rows * ground.weights(words), sources_of(learned.rows, OWN), learned.costs)


def continued(ground: Ground, words: Sequence[str]) -> Rows:
    """Rows that word2vec learns, starting from the base's; words that the text lacks keep theirs."""
    base, trainer = base_table(ground), word2vec(vector_size=_width(ground), init="base")
    learned = ground.learned("word2vec from the base", trainer, words, beside_base=True)
    is_learned, general = np.asarray(learned.rows.any(axis=1)), base.unit_rows(words)
    rows = np.where(is_learned[:, None], learned.rows, general)
    sources = np.where(is_learned, OWN, sources_of(general, BASE))
    return Rows(rows * ground.weights(words), sources, learned.costs)


def by_subwords(ground: Ground, words: Sequence[str]) -> Rows:
    """Rows that fastText learns from the text alone; words that the text lacks are spelled out."""
    learned = ground.learned("fasttext", fasttext(vector_size=_width(ground)), words)
    sources = np.where(learned.is_spelled, SPELLING, sources_of(learned.rows, OWN))
    return Rows(learned.rows * ground.weights(words), sources, learned.costs)


def side_by_side(ground: Ground, words: Sequence[str]) -> Rows:
    """The base's weighted rows, and beside them those that word2vec learns."""
    general, own = weighted_rows(ground, words), replaced(ground, words)
    sources = np.where(own.sources > NO_VECTOR, own.sources, general.sources)
    return Rows(np.hstack([general.rows, own.rows]), sources, base(ground, []).costs + own.costs)


def domain(ground: Ground, words: Sequence[str]) -> Rows:
    """What `build` makes with the settings given, but for a teacher."""
    config = {name: section for name, section in ground.settings.config.items() if name != "teacher"}
    return _built(replace(ground, settings=replace(ground.settings, teacher=None, config=config)), words)


def taught(ground: Ground, words: Sequence[str]) -> Rows:
    """What `build` makes with the settings given, a teacher included."""
    _teacher(ground)
    return _built(ground, words)


def mapped(ground: Ground, words: Sequence[str]) -> Rows:
    """What `build` makes without a vector of the text: the base's, with its weights, centre and map."""
    base, settings = base_table(ground), ground.settings
    config = {**settings.config, "combine": {"domain_weight": 0.0}}
    unlearned = replace(settings, combiner=average(domain_weight=0.0), config=config)
    found = domain(replace(ground, settings=unlearned), words)
    # What the base lacks is spelled out.
    is_known = (base.find(words) >= 0) | (base.find([word.lower() for word in words]) >= 0)
    instead = np.where(is_known, BASE, SPELLING)
    return replace(found, sources=np.where(found.sources == OWN, instead, found.sources))


def tfidf(ground: Ground, bags: Bags, texts: Sequence[str]) -> Any:
    """Counts of lower-case words, weighted by how few of these texts have them."""
    sparse = import_extra("scipy.sparse", "comparing")
    text = import_extra("sklearn.feature_extraction.text", "comparing")
    forms, numbers = np.unique([word.lower() for word in bags.words], return_inverse=True)
    places = np.arange(len(numbers)), numbers
    ones = np.ones(len(numbers), dtype="f")
    to_forms = sparse.csr_matrix((ones, places), shape=(len(numbers), len(forms)))
    return text.TfidfTransformer(sublinear_tf=True).fit_transform(bags.counts @ to_forms).tocsr()


def encoder(ground: Ground, bags: Bags, texts: Sequence[str]) -> np.ndarray:
    """What the sentence encoder makes of each text."""
    teacher = _teacher(ground)
    shown = f"Encoding {len(texts):,} texts"
    model = open_encoder(teacher.name)
    return scaled_to_unit(encoded(teacher, model, texts, ground.jobs, ground.progress, shown))


ROUTES = {
    "base": Plan("base", "doc.vector of the base as it is", base),
    "weighted": Plan("base, weighted", "the base's rows of unit length, weighted by SIF: no training", weighted),
    "replace": Plan("replace", "gensim's word2vec, learned from the text alone", replaced),
    "continue": Plan("go on training", "gensim's word2vec, started from the base's vectors", continued),
    "fasttext": Plan("fastText", "gensim's fastText, learned from the text alone", by_subwords),
    "pipelines": Plan("two pipelines", "the base's vectors and those of 'replace' side by side", side_by_side),
    DOMAIN: Plan("domain vectors", "what 'build' makes of the base and the text", domain),
    CONTROL: Plan("base, mapped", "the same without any vector learned from the text: a control", mapped),
    "taught": Plan("domain vectors, teacher", "the same, fitted to the teacher", taught, needs_teacher=True),
    TFIDF: Plan("no vectors", "TF-IDF: whether vectors are worth it at all", None, tfidf),
    ENCODER: Plan("the encoder itself", "the teacher's own vectors, for scale", None, encoder, needs_teacher=True),
}


def choose_routes(names: Sequence[str] | None, has_teacher: bool) -> list[str]:
    """The names of routes, in the order of `ROUTES`.

    names: None for all that can be run but the control.
    RAISES: DomainVectorsError (DV015 for an unknown name, DV016 for one that needs a teacher).
    """
    if names is None:
        runnable = [name for name, plan in ROUTES.items() if has_teacher or not plan.needs_teacher]
        return [name for name in runnable if name != CONTROL]
    for name in names:
        if name not in ROUTES:
            raise DomainVectorsError(Errors.DV015.format(name=name, known=", ".join(ROUTES)))
        if ROUTES[name].needs_teacher and not has_teacher:
            raise DomainVectorsError(Errors.DV016.format(name=name))
    return [name for name in ROUTES if name in names]


def unmeasured(name: str, failed: str | None = None) -> Route:
    """A route of which nothing is measured. failed: Why it could not be run."""
    plan = ROUTES[name]
    return Route(name, plan.title, plan.what, failed, 0, [], {}, None, None, Costs())


def _built(ground: Ground, words: Sequence[str]) -> Rows:
    with watched() as training:
        table = train_state(ground.settings, ground.nlp, ground.progress, ground.jobs).table
    nlp = merge(load_pipeline(ground.base_name), table)
    attr = nlp.get_pipe(FACTORY).attr_name  # type: ignore[attr-defined]
    size, seconds = on_disk(nlp)
    microseconds = speed(nlp, ground.sample(), lambda doc: doc._.get(attr))
    costs = Costs(round(training.seconds, 1), seconds, size, training.megabytes, microseconds)
    return replace(combined(nlp, attr, words), costs=costs, table=table)


def combined(nlp: Language, attr: str, words: Sequence[str]) -> Rows:
    """What a pipeline with domain vectors gives for words. attr: The component's `attr_name`."""
    # A word is looked up in the same way in every text.
    doc = Doc(nlp.vocab, words=list(words))
    sources = [SOURCES.get(token._.get(f"{attr}_source"), NO_VECTOR) for token in doc]
    return Rows(doc._.get(f"{attr}s"), np.array(sources, dtype="i8"))


def base_table(ground: Ground) -> BaseTable:
    """The base's vectors. RAISES: DomainVectorsError (DV017) if it has none."""
    if not ground.base.width:
        raise DomainVectorsError(Errors.DV017.format(base=ground.base_name))
    return ground.base


def _teacher(ground: Ground) -> Teacher:
    if ground.settings.teacher is None:
        raise DomainVectorsError(Errors.DV016.format(name="taught"))
    return ground.settings.teacher


def _width(ground: Ground) -> int:
    return ground.base.width or WIDTH


def _rounded(size: float | None) -> float | None:
    return None if size is None else round(size, 1)


def sources_of(rows: np.ndarray, source: int) -> np.ndarray:
    """The source of each row: the one given, and none for rows of zeros; shape (n_words,), int64."""
    return np.where(rows.any(axis=1), source, NO_VECTOR)
