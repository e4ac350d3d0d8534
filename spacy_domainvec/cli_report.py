"""The command that writes a page on a pipeline, see `cli`."""

from pathlib import Path

from typer import Argument as Arg
from typer import Option as Opt

from .arguments import SILENT_HELP, check_labelled
from .cli_measures import LABELLED_HELP

SHOWN_TEXT_HELP = "The text that it was learned from, or another: for counts and sentences; can be given several times"
FOLDS_HELP = "The same, to test with. Default: folds of --labelled"
NO_EXAMPLES_HELP = "Keep sentences of the text out of the page"
SIZES_HELP = "Measure smaller tables, too, to decide how large a table should be"
PAGE_HELP = "The page to write: an .html file, and beside it .md and .json"


def report_cli(
    pipeline: str = Arg(..., help="A pipeline with domain vectors"),
    text: list[str] = Opt([], "--text", help=SHOWN_TEXT_HELP),
    labelled: Path | None = Opt(None, "--labelled", help=LABELLED_HELP),
    test: Path | None = Opt(None, "--test", help=FOLDS_HELP),
    no_examples: bool = Opt(False, "--no-examples", help=NO_EXAMPLES_HELP),
    sizes: bool = Opt(False, "--sizes", help=SIZES_HELP),
    output: Path = Opt(..., "--output", "-o", help=PAGE_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Write a page on a pipeline: a map of its words, those that moved, that are new or weak, and its accuracy.

    The page is one HTML file that needs no network. Without --text, it shows what the table tells.

    EXAMPLE: python -m spacy domain-vectors report my_pipeline --text comments.txt --output report.html
    """
    from .console import console, progress_bars
    from .corpus.texts import Corpus
    from .evaluation.labelled import read_labelled
    from .files.replacing import temporary_directory
    from .pages.report import report
    from .pages.written import check_page, page_files, write_page
    from .pipeline.loading import find_component, load_pipeline
    from .util.extras import import_extra
    from .util.jobs import Jobs

    check_labelled(labelled, test)
    with console(silent, output) as printer:
        import_extra("jinja2", "a report", "report")
        check_page(output, [pipeline, labelled, test], text)
        train_texts, test_texts = (read_labelled(path) if path else None for path in (labelled, test))
        nlp = load_pipeline(pipeline)
        settings = find_component(nlp).table.meta.get("config", {}).get("corpus", {})
        corpus = Corpus(text, settings.get("field", "text")) if text else None
        with temporary_directory() as folder:
            jobs = Jobs(folder, 1)
            given = corpus, train_texts, test_texts
            page = report(nlp, jobs, *given, not no_examples, sizes, progress_bars(silent))
        write_page(page, output)
        for sentence in page.advice:
            printer.show(sentence)
        printer.good(f"Saved the page to {next(iter(page_files(output)))}")
