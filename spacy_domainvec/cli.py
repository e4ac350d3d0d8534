"""python -m spacy domain-vectors: the commands. What they do is in `build` and `evaluate`."""

from dataclasses import asdict
from pathlib import Path

import typer
from typer import Argument as Arg
from typer import Option as Opt

from .arguments import check_both, parse_overrides, split_overrides
from .exchange.formats import Format
from .util.compat import spacy_app

HELP = "Learn word vectors from your own text and add them to a pipeline."
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}
NAME_HELP = "Name of the new pipeline, such as en_core_web_md_banking. Default: the base's and _dvec"
OVERWRITE_HELP = "Let token.vector and all like it give these vectors, too, for readers that can't be changed"
N_JOBS_HELP = "Processes for reading and counting; -1 for all cores"
MEMORY_HELP = "What all processes together may need for counting, such as 500MB; on a cluster, each worker"
SCHEDULER_HELP = "Address of a Dask cluster to work on, whose workers see the output's folder by the same path"
SHRINK_HELP = "Leave out the names of the base's vectors, see docs/words-and-sizes.md"
SILENT_HELP = "Print nothing but errors"

domain_vectors_cli = typer.Typer(name="domain-vectors", help=HELP, no_args_is_help=True, rich_markup_mode=None)
spacy_app().add_typer(domain_vectors_cli)


@domain_vectors_cli.command("build", context_settings=OVERRIDES)
def build_cli(
    corpus: list[str] = Arg(..., help="Files, folders, globs, addresses, or - for standard input"),
    base: str = Opt(..., "--base", "-b", help="The pipeline to extend: a package or a path"),
    output: Path = Opt(..., "--output", "-o", help="Folder for the new pipeline"),
    config: Path | None = Opt(None, "--config", "-c", help="Config file with what differs from the defaults"),
    name: str | None = Opt(None, "--name", "-n", help=NAME_HELP),
    overwrite_vectors: bool = Opt(False, "--overwrite-vectors", help=OVERWRITE_HELP),
    n_jobs: int = Opt(-1, "--n-jobs", help=N_JOBS_HELP),
    memory: str = Opt("4GB", "--memory", help=MEMORY_HELP),
    scheduler: str | None = Opt(None, "--scheduler", help=SCHEDULER_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Everything in one go, from texts to a pipeline with token._.dvec.

    Texts are .txt (a text a line), .jsonl, .csv, .tsv (a field) or .spacy files, also .gz, .bz2, .xz or .zst.
    Any setting can be overridden by its dotted name.

    EXAMPLE: python -m spacy domain-vectors build comments.txt --base en_core_web_md --output out --trainer.window 5
    """
    from .build.run import build_pipeline, check_reading, describe
    from .build.settings import load_settings
    from .console import console, progress_bars
    from .files.kinds import PIPELINE
    from .util.work_folder import running

    paths, overrides = split_overrides(corpus)
    with console(silent, output) as printer:
        settings = load_settings(config, {**overrides, "paths.corpus": paths, "paths.base": base})
        check_reading(settings, output, PIPELINE, config)
        with running(output, n_jobs, memory, scheduler, printer.warn) as jobs:
            nlp = build_pipeline(settings, output, name, progress_bars(silent), overwrite_vectors, jobs)
        for line in describe(nlp.get_pipe("domain_vectors").table):  # type: ignore[attr-defined]
            printer.good(line)
        printer.good(f"Saved the pipeline {nlp.lang}_{nlp.meta['name']}: spacy.load({str(output)!r})")


@domain_vectors_cli.command("train", context_settings=OVERRIDES)
def train_cli(
    ctx: typer.Context,
    config: Path = Arg(..., help="Config file with what differs from the defaults"),
    output: Path = Arg(..., help="Folder for the table"),
    n_jobs: int = Opt(-1, "--n-jobs", help=N_JOBS_HELP),
    memory: str = Opt("4GB", "--memory", help=MEMORY_HELP),
    scheduler: str | None = Opt(None, "--scheduler", help=SCHEDULER_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Learn vectors from texts and combine them with the base's: the table alone, with the counts that 'update' adds to.

    EXAMPLE: python -m spacy domain-vectors train configs/domain_vectors.cfg training/table --paths.corpus comments.txt
    """
    from .build.run import check_reading, describe, train_state
    from .build.settings import load_settings
    from .build.update import save_trained
    from .console import console, progress_bars
    from .files.kinds import TRAINED
    from .pipeline.loading import load_pipeline
    from .util.work_folder import running

    overrides = parse_overrides(ctx.args)
    with console(silent, output) as printer:
        settings = load_settings(config, overrides)
        check_reading(settings, output, TRAINED, config)
        with running(output, n_jobs, memory, scheduler, printer.warn) as jobs:
            trained = train_state(settings, load_pipeline(settings.paths.base), progress_bars(silent), jobs)
            save_trained(trained.table, trained.state, output)
        for line in describe(trained.table):
            printer.good(line)
        printer.good(f"Saved the table to {output}")


@domain_vectors_cli.command("update", context_settings=OVERRIDES)
def update_cli(
    table: Path = Arg(..., help="Folder of a table that 'train' or 'update' made"),
    corpus: list[str] = Arg(..., help="The new texts: files, folders, globs, addresses, or - for standard input"),
    output: Path | None = Opt(None, "--output", "-o", help="Folder for the new table. Default: TABLE_updated"),
    base: str | None = Opt(None, "--base", "-b", help="The pipeline that it was made for. Default: as in its meta"),
    n_jobs: int = Opt(-1, "--n-jobs", help=N_JOBS_HELP),
    memory: str = Opt("4GB", "--memory", help=MEMORY_HELP),
    scheduler: str | None = Opt(None, "--scheduler", help=SCHEDULER_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Add further texts to what a table was learned from, and write a new table in the same space.

    EXAMPLE: python -m spacy domain-vectors update training/table july.txt --output training/table_july
    """
    from .build.run import describe
    from .build.update import update_table
    from .console import changes_text, console, progress_bars
    from .files.kinds import TRAINED
    from .files.outputs import check_output, is_same
    from .util.work_folder import running

    paths, overrides = split_overrides(corpus)
    output = output or table.with_name(f"{table.name}_updated")
    with console(silent, output) as printer:
        # A table may take the place of the one that it is made of.
        inputs = [base, overrides.get("paths.terms"), None if is_same(output, table) else table]
        check_output(output, TRAINED, inputs, paths)
        with running(output, n_jobs, memory, scheduler, printer.warn) as jobs:
            updated = update_table(table, paths, base, overrides, progress_bars(silent), jobs)
            updated.to_disk(output)
        for line in describe(updated.table):
            printer.good(line)
        printer.show(changes_text(updated.changes))
        printer.good(f"Saved the table to {output}")


@domain_vectors_cli.command("merge")
def merge_cli(
    base: str = Arg(..., help="The pipeline that the table was made for: a package or a path"),
    table: str = Arg(..., help="Folder of the table; or vectors of others, see paths.vectors of 'train'"),
    output: Path = Arg(..., help="Folder for the new pipeline"),
    name: str | None = Opt(None, "--name", "-n", help=NAME_HELP),
    overwrite_vectors: bool = Opt(False, "--overwrite-vectors", help=OVERWRITE_HELP),
    shrink_base: bool = Opt(False, "--shrink-base", help=SHRINK_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Make the pipeline from the base and a table.

    EXAMPLE: python -m spacy domain-vectors merge en_core_web_md training/table training/pipeline
    """
    from .build.run import describe, open_table
    from .console import console, progress_bars
    from .files.kinds import PIPELINE
    from .files.outputs import check_output
    from .pipeline.loading import load_pipeline, merge, save

    with console(silent, output) as printer:
        check_output(output, PIPELINE, [base, table])
        opened = open_table(table, base, progress_bars(silent))
        nlp = merge(load_pipeline(base), opened, overwrite_vectors=overwrite_vectors)
        save(nlp, output, name, shrink_base)
        for line in describe(opened):
            printer.good(line)
        printer.good(f"Saved the pipeline {nlp.lang}_{nlp.meta['name']}: spacy.load({str(output)!r})")


@domain_vectors_cli.command("evaluate")
def evaluate_cli(
    pipeline: str = Arg(..., help="A pipeline with domain vectors"),
    base: str = Opt(..., "--base", "-b", help="The pipeline that it extends"),
    labelled: Path | None = Opt(None, "--labelled", help="CSV or TSV with the columns text and label, to learn from"),
    test: Path | None = Opt(None, "--test", help="The same, to test with"),
    shots: list[int] = Opt([5, 10], "--shots", help="Texts a label to learn from; can be given several times"),
    text: str | None = Opt(None, "--text", help="Texts to measure the coverage of. Default: those of --test"),
    json: Path | None = Opt(None, "--json", help="File to write the numbers to"),
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
        report = evaluate(nlp, base_nlp, seconds, train_texts, test_texts, shots, texts, progress=progress_bars(silent))
        printer.show(report_table(report))
        if json:
            write_json(json, asdict(report), lambda path: check_output(path, kind))
            printer.good(f"Saved the numbers to {json}")


@domain_vectors_cli.command("neighbors")
def neighbors_cli(
    pipeline: str = Arg(..., help="A pipeline with domain vectors"),
    words: list[str] = Arg(..., help="Words to look up"),
    n: int = Opt(10, "--n", "-n", help="How many neighbours"),
) -> None:
    """
    Show the nearest words of the domain's vocabulary, by the base's vectors and by the combined ones.

    Words are taken apart as the pipeline does it in a text. Those without a vector are told; the exit code is 1 if none
    has one.

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


@domain_vectors_cli.command("sizes")
def sizes_cli(
    table: Path = Arg(..., help="Folder of a table that 'train' made"),
    base: str | None = Opt(None, "--base", "-b", help="The pipeline that it was made for. Default: as in its meta"),
    labelled: Path | None = Opt(None, "--labelled", help="CSV or TSV with the columns text and label, to learn from"),
    test: Path | None = Opt(None, "--test", help="The same, to test with"),
    shots: int = Opt(10, "--shots", help="Texts a label to learn from"),
    json: Path | None = Opt(None, "--json", help="File to write the numbers to"),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Show what smaller tables cost: how large to make it.

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


@domain_vectors_cli.command("export")
def export_cli(
    pipeline: str = Arg(..., help="A pipeline with domain vectors"),
    output: Path = Arg(..., help="Folder (spacy) or file to write"),
    format: Format = Opt(Format.spacy, "--format", "-f", help="What to write"),
    max_rows: int | None = Opt(None, "--max-rows", help="Rows to keep, those of the domain first. Default: all"),
    text: list[str] = Opt(
        [], "--text", help="Texts whose words all get a vector, also those that have one by their spelling only"
    ),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Write one plain table of all words, the base's included, for other tools.

    spacy: a package of vectors for paths.vectors of any config. word2vec: for gensim; binary if OUTPUT ends with .bin.
    floret: for spacy init vectors --mode floret, with MAX_ROWS rows. npz: for NumPy: vectors[rows[i]] is that of
    words[i].

    EXAMPLE: python -m spacy domain-vectors export my_pipeline vectors.bin --format word2vec --max-rows 50000
    """
    from .console import console, progress_bars
    from .corpus.texts import Corpus
    from .evaluation.measures import megabytes
    from .exchange.flat_table import flat_table
    from .exchange.write import KINDS, write
    from .files.outputs import check_output
    from .learning.ranges import Count
    from .pipeline.loading import find_component, load_pipeline
    from .util.checking import check

    with console(silent, output) as printer:
        check("--max-rows", max_rows, Count | None)
        check_output(output, KINDS[format], [pipeline], text)
        nlp = load_pipeline(pipeline)
        words = {token.text: None for doc in Corpus(text).docs(nlp) for token in doc} if text else {}
        plain = flat_table(nlp, find_component(nlp), words)
        said = write(plain, output, format, max_rows, nlp, words, progress_bars(silent))
        printer.good(said)
        printer.good(f"Saved {megabytes(output):.1f} MB to {output}")
