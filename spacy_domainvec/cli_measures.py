"""The commands that measure pipelines and tables and show what is in them, see `cli`."""

from dataclasses import asdict
from pathlib import Path

import typer
from typer import Argument as Arg
from typer import Option as Opt

from .arguments import MADE_FOR_HELP, SILENT_HELP, check_both

LABELLED_HELP = "CSV or TSV file with the columns text and label, or .spacy file with cats, to learn from"
TEST_HELP = "The same, to test with"
SHOTS_HELP = "Texts per label to learn from"
COVERED_HELP = "Texts to measure the coverage of. Default: those of --test"
JSON_HELP = "File to write the numbers to"


def evaluate_cli(
    pipeline: str = Arg(..., help="A pipeline with domain vectors"),
    base: str = Opt(..., "--base", "-b", help="The pipeline that it extends"),
    labelled: Path | None = Opt(None, "--labelled", help=LABELLED_HELP),
    test: Path | None = Opt(None, "--test", help=TEST_HELP),
    shots: list[int] = Opt([5, 10], "--shots", help=f"{SHOTS_HELP}; can be given several times"),
    text: str | None = Opt(None, "--text", help=COVERED_HELP),
    json: Path | None = Opt(None, "--json", help=JSON_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Compare a pipeline with its base: similarity, coverage, few-shot accuracy, speed and size.

    EXAMPLE: python -m spacy domain-vectors evaluate out --base en_core_web_md --labelled train.csv --test test.csv
    """
    from .console import console, progress_bars, report_table
    from .corpus.texts import Corpus
    from .evaluation.labelled import read_labelled
    from .evaluation.report import Report, evaluate, load_both
    from .files.kinds import json_of
    from .files.outputs import check_output
    from .files.replacing import write_json
    from .learning.ranges import Count
    from .util.checking import check

    check_both(labelled, test)
    kind = json_of(Report)
    with console(silent, json) as printer:
        for k in shots:
            check("--shots", k, Count)
        if json:
            check_output(json, kind, [pipeline, base, labelled, test], text)
        train_texts, test_texts = (read_labelled(path) if path else None for path in (labelled, test))
        nlp, base_nlp, seconds = load_both(pipeline, base)
        texts = [doc.text for doc in Corpus(text).docs(base_nlp)] if text is not None else None
        bars = progress_bars(silent)
        report = evaluate(nlp, base_nlp, seconds, train_texts, test_texts, shots, texts, bars)
        printer.show(report_table(report))
        if json:
            write_json(json, asdict(report), lambda path: check_output(path, kind))
            printer.good(f"Saved the numbers to {json}")


def neighbors_cli(
    pipeline: str = Arg(..., help="A pipeline with domain vectors"),
    words: list[str] = Arg(..., help="Words to look up"),
    n: int = Opt(10, "--n", "-n", help="How many neighbours"),
) -> None:
    """
    Show the nearest words of the domain's vocabulary, by the base's vectors and by the combined ones.

    Words are tokenized by the pipeline. Words without a vector are reported. If no word has one, the
    exit code is 1.

    EXAMPLE: python -m spacy domain-vectors neighbors out charge card
    """
    from .console import console, neighbors_table
    from .errors import DomainVectorsError
    from .evaluation.neighbors import neighbors, tokenized
    from .learning.ranges import Count
    from .pipeline.loading import find_component, load_pipeline
    from .util.checking import check

    with console() as printer:
        check("--n", n, Count)
        nlp = load_pipeline(pipeline)
        component, n_known = find_component(nlp), 0
        _ = component.table  # raises without a table
        for word in words:
            try:
                printer.show(neighbors_table(neighbors(component, tokenized(nlp, word), n)))
            except DomainVectorsError as e:
                printer.fail(str(e))
            else:
                n_known += 1
        if not n_known:
            raise typer.Exit(1)


def sizes_cli(
    table: Path = Arg(..., help="Folder of a table that 'train' made"),
    base: str | None = Opt(None, "--base", "-b", help=MADE_FOR_HELP),
    labelled: Path | None = Opt(None, "--labelled", help=LABELLED_HELP),
    test: Path | None = Opt(None, "--test", help=TEST_HELP),
    shots: int = Opt(10, "--shots", help=SHOTS_HELP),
    json: Path | None = Opt(None, "--json", help=JSON_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Measure what smaller tables cost, to decide how large a table should be.

    EXAMPLE: python -m spacy domain-vectors sizes training/table --labelled train.csv --test test.csv
    """
    from .console import console, progress_bars, sizes_table
    from .evaluation.labelled import read_labelled
    from .evaluation.sizes import Size, measure_sizes
    from .files.kinds import json_of
    from .files.outputs import check_output
    from .files.replacing import write_json
    from .learning.ranges import Count
    from .pipeline.loading import load_pipeline
    from .table.table import VectorTable
    from .util.checking import check

    check_both(labelled, test)
    kind = json_of(Size, is_list=True)
    with console(silent, json) as printer:
        check("--shots", shots, Count)
        if json:
            check_output(json, kind, [table, base, labelled, test])
        made = VectorTable.from_disk(table)
        train_texts, test_texts = (read_labelled(path) if path else None for path in (labelled, test))
        nlp = load_pipeline(base or made.base_name)
        sizes = measure_sizes(made, nlp, train_texts, test_texts, shots, progress_bars(silent))
        printer.show(sizes_table(sizes, shots))
        if json:
            write_json(json, [asdict(size) for size in sizes], lambda path: check_output(path, kind))
            printer.good(f"Saved the numbers to {json}")
