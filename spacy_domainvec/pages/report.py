"""The page on a finished pipeline: its text, its words, and how it does on labelled texts."""

from collections.abc import Sequence
from pathlib import Path

from spacy.language import Language

from ..about import __version__
from ..build.run import describe
from ..comparison.ground import Ground
from ..comparison.kept import told_before
from ..comparison.results import Comparison
from ..comparison.written import described
from ..corpus.texts import Corpus
from ..corpus.tokenize import tokenize
from ..corpus.tokenized import TokenizedCorpus
from ..evaluation.labelled import Labelled
from ..evaluation.sizes import measure_sizes
from ..files.kinds import OURS
from ..pipeline.loading import find_component, load_pipeline, merge
from ..table.table import VectorTable
from ..util.jobs import Jobs
from ..util.progress import Progress, no_progress
from .measured import ground_of, measured
from .results import Page, SizePoint, Word
from .words import FEW, KNOWN, RARE, Counted, page_words

NO_LABELS = (
    "Only labelled texts can tell whether these vectors are better for your task than the base's: --labelled, --test."
)
# The number of terms to name.
N_NAMED = 5


def report(
    nlp: Language,
    jobs: Jobs,
    corpus: Corpus | None = None,
    train: Labelled | None = None,
    test: Labelled | None = None,
    with_examples: bool = True,
    with_sizes: bool = False,
    progress: Progress = no_progress,
) -> Page:
    """The page on a pipeline.

    nlp: A pipeline with the component.
    jobs: The processes, and a folder for the text as numbers.
    corpus: A text, such as the one that it was learned from. Without one, words and counts are those
        of the table.
    train, test: Labelled texts. Without a test file, folds of the others are tested.
    with_examples: Whether the page may hold sentences of the text.
    with_sizes: Whether to measure smaller tables, too; the pipeline must be on disk. Accuracy is
        measured if there is a test file.
    RAISES: DomainVectorsError (DV001, DV030 to DV039, DV053 to DV057, DV065 to DV067).
    WARNS: DomainVectorsWarning, as `corpus.tokenize`.
    """
    component = find_component(nlp)
    table = component.table
    tokens, counted, long_forms = None, Counted.of_table(table), table.acronyms
    if corpus is not None:
        tokenized = tokenize(corpus, nlp, jobs, table.meta.get("attr", "LOWER"), progress)
        tokens, counted = tokenized.tokens, Counted.of_text(tokenized.tokens, table, jobs, progress)
        of_text = {short: " ".join(long) for short, long in tokenized.acronyms.items()}
        long_forms = {**of_text, **long_forms}
    found = None
    if train is not None:
        found = measured(component, ground_of(nlp, table, jobs, tokens, progress), train, test)
    with told_before():
        docs = corpus.docs(nlp) if corpus is not None and with_examples else []
        words = page_words(nlp, component, counted, long_forms, docs)
    return Page(
        title=f"The words of {nlp.lang}_{nlp.meta['name']}",
        made_by=f"{OURS}{__version__}",
        advice=[*(found.advice if found else [NO_LABELS]), *advice_on_words(words)],
        warnings=found.warnings if found else [],
        facts=facts(table, tokens, found),
        comparison=found,
        sizes=size_points(nlp, train, test, progress) if with_sizes else [],
        words=words,
        changes=None,
    )


def size_points(nlp: Language, train: Labelled | None, test: Labelled | None, progress: Progress) -> list[SizePoint]:
    """The sizes that the table of a pipeline could have. RAISES: As `sizes.measure_sizes`."""
    component = find_component(nlp)
    # Smaller tables are put in the place of the component, in a copy of the pipeline.
    copy = load_pipeline(str(nlp.path))
    copy.remove_pipe(component.name)
    texts = train if test else None
    found = measure_sizes(component.table, copy, texts, test, progress=progress)
    return [SizePoint(round(size.megabytes, 2), round(size.fit, 4), size.accuracy) for size in found]


def words_of_comparison(ground: Ground, table: Path, with_examples: bool = True) -> list[Word]:
    """The words of the table that a comparison has built.

    ground: The text of the comparison.
    table: The folder of the table.
    with_examples: Whether sentences of the text may be among them.
    RAISES: DomainVectorsError (DV020 to DV022, DV030 to DV036, DV066).
    """
    settings, gathered = ground.settings, ground.gathered
    nlp = merge(load_pipeline(ground.base_name), VectorTable.from_disk(table))
    component = find_component(nlp)
    counted = Counted.of_text(gathered.tokens, component.table, ground.jobs, ground.progress)
    with told_before():
        own = (ground.jobs.folder, *ground.jobs.outputs)
        corpus = Corpus(settings.paths.corpus or [], settings.corpus.field, own)
        docs = corpus.docs(nlp) if with_examples else []
        return page_words(nlp, component, counted, component.table.acronyms, docs)


def compared_page(found: Comparison, words: Sequence[Word]) -> Page:
    """The page on a comparison. words: Those of the route "domain vectors"; none if it was not run."""
    said = [*found.advice, *advice_on_words(words)]
    title, facts = "Which route is best for this text?", described(found)
    return Page(title, found.made_by, said, found.warnings, facts, found, [], list(words), None)


def facts(table: VectorTable, tokens: TokenizedCorpus | None, found: Comparison | None) -> list[str]:
    """Sentences on a table and on what it was measured with."""
    base = table.meta.get("base", {}).get("name")
    said = [f"The base: {base}."] if base else []
    said += [f"The table: {line}." for line in describe(table)]
    if tokens is not None:
        counts = f"{tokens.n_tokens:,} tokens of {tokens.n_texts:,} texts"
        n_words = f"{len(tokens.words):,} distinct words"
        said.append(f"The text that the words below are from: {counts}, {n_words}.")
    # The first sentence of a comparison is on its text.
    return [*said, *(described(found)[1:] if found else [])]


def advice_on_words(words: Sequence[Word]) -> list[str]:
    """Which terms of the text need more of it."""
    of_interest = [word for word in words if word.kind != KNOWN]
    rare = [word for word in of_interest if word.weak == RARE]
    if not rare:
        return []
    named = ", ".join(word.word for word in rare[:N_NAMED])
    others = " and others" if len(rare) > N_NAMED else ""
    occur = "occurs" if len(rare) == 1 else "occur"
    what = f"Of the new words, phrases and acronyms shown, {len(rare):,} of {len(of_interest):,} {occur}"
    few = f"{what} fewer than {FEW} times in the text learned from: {named}{others}."
    return [f"{few} More text with such words would help."]
