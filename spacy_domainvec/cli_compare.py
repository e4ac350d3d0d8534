"""The command that compares routes to vectors of a domain, see `cli`."""

from pathlib import Path

from typer import Argument as Arg
from typer import Option as Opt

from .arguments import (
    CONFIG_HELP,
    CORPUS_HELP,
    MEMORY_HELP,
    N_JOBS_HELP,
    SILENT_HELP,
    TEACHER_HELP,
    check_labelled,
    split_overrides,
    teacher_settings,
)
from .cli_measures import LABELLED_HELP
from .cli_report import FOLDS_HELP, NO_EXAMPLES_HELP

ROUTES_HELP = "Routes to compare, separated by commas. Default: all that can be run"
COMPARED_HELP = "Folder for compare.html, compare.md and compare.json"
NO_PAGE = 'No compare.html was written, as jinja2 is missing: python -m pip install "spacy-domainvec[report]"'


def compare_cli(
    corpus: list[str] = Arg(..., help=CORPUS_HELP),
    base: str = Opt(..., "--base", "-b", help="The pipeline to compare with: a package or a path"),
    output: Path = Opt(..., "--output", "-o", help=COMPARED_HELP),
    labelled: Path | None = Opt(None, "--labelled", help=LABELLED_HELP),
    test: Path | None = Opt(None, "--test", help=FOLDS_HELP),
    routes: str | None = Opt(None, "--routes", help=ROUTES_HELP),
    config: Path | None = Opt(None, "--config", "-c", help=CONFIG_HELP),
    teacher: str | None = Opt(None, "--teacher", help=TEACHER_HELP),
    no_examples: bool = Opt(False, "--no-examples", help=NO_EXAMPLES_HELP),
    n_jobs: int = Opt(-1, "--n-jobs", help=N_JOBS_HELP),
    memory: str = Opt("4GB", "--memory", help=MEMORY_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Try the routes to vectors of your text, and say which one is best for it.

    Routes: base, weighted, replace, continue, fasttext, pipelines, domain, tfidf; with --teacher also taught
    and encoder; and mapped, a control for domain, which is run if it is named. Without labels, halves of
    held-out texts are to find each other. What is finished is kept, so the same command goes on after a stop.

    EXAMPLE: python -m spacy domain-vectors compare comments.txt --base en_core_web_md --labelled train.csv --output out
    """
    from importlib.util import find_spec

    from .build.run import check_reading
    from .build.settings import load_settings
    from .comparison.compare import compare
    from .comparison.ground import Ground
    from .console import comparison_text, console, progress_bars
    from .evaluation.labelled import read_labelled
    from .files.kinds import COMPARISON
    from .files.outputs import check_output
    from .pages.report import compared_page, words_of_comparison
    from .pages.results import Word
    from .pages.written import write_comparison
    from .pipeline.loading import load_pipeline
    from .util.work_folder import running

    check_labelled(labelled, test)
    paths, overrides = split_overrides(corpus)
    overrides |= teacher_settings(teacher)
    with console(silent, output) as printer:
        settings = load_settings(config, {**overrides, "paths.corpus": paths, "paths.base": base})
        check_reading(settings, output, COMPARISON, config)
        check_output(output, COMPARISON, [labelled, test])
        train_texts, test_texts = (read_labelled(path) if path else None for path in (labelled, test))
        names = [name.strip() for name in routes.split(",")] if routes is not None else None
        has_page, words = find_spec("jinja2") is not None, list[Word]()

        def use(ground: Ground, table: Path) -> None:
            words.extend(words_of_comparison(ground, table, not no_examples))

        with running(output, n_jobs, memory, None, printer.warn) as jobs:
            nlp, given = load_pipeline(base), (train_texts, test_texts, names, progress_bars(silent))
            found = compare(settings, nlp, jobs, *given, use=use)
            write_comparison(compared_page(found, words), output, has_page)
        printer.show(comparison_text(found))
        if not has_page:
            printer.warn(NO_PAGE)
        printer.good(f"Saved the comparison to {output}")
