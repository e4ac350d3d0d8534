"""The commands of `python -m spacy domain-vectors`. Their work is done by the rooms below.

Those that measure and show are in `cli_measures`; those that write tables, pipelines and vectors, here.
"""

from pathlib import Path

import typer
from typer import Argument as Arg
from typer import Option as Opt

from .arguments import (
    CONFIG_HELP,
    CORPUS_HELP,
    MADE_FOR_HELP,
    MEMORY_HELP,
    N_JOBS_HELP,
    SILENT_HELP,
    TEACHER_HELP,
    parse_overrides,
    split_overrides,
    teacher_settings,
)
from .cli_compare import compare_cli
from .cli_measures import evaluate_cli, neighbors_cli, sizes_cli
from .cli_report import NO_EXAMPLES_HELP, report_cli
from .exchange.formats import Format
from .util.compat import spacy_app

HELP = "Learn word vectors from your own text and add them to a pipeline."
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}
NAME_HELP = "Name of the new pipeline, such as en_core_web_md_banking. Default: the base's with _dvec"
OVERWRITE_HELP = "Let token.vector and the like return these vectors, too, for code that can't be changed"
SCHEDULER_HELP = "Address of a Dask cluster; its workers must see the output's folder by the same path"
SHRINK_HELP = "Leave out the names of the base's vectors, see docs/words-and-sizes.md"
SAME_TEACHER_HELP = "The sentence encoder of before, if it was a folder: the table knows no path"
CHANGES_HELP = "Write a page on what has changed: an .html file, and beside it .md and .json"
BEFORE_HELP = "Texts of before, for sentences on that page; can be given several times"
UPDATED_HELP = "Folder for the new table. Default: TABLE_updated"
VECTORS_HELP = "Folder of the table; or other vectors, see paths.vectors of 'train'"
MAX_ROWS_HELP = "Rows to keep, those of the domain first. Default: all"
WORDS_HELP = "Texts whose words are all included, also those with a vector from subwords only"

domain_vectors_cli = typer.Typer(
    name="domain-vectors",
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
)
spacy_app().add_typer(domain_vectors_cli)


@domain_vectors_cli.command("build", context_settings=OVERRIDES)
def build_cli(
    corpus: list[str] = Arg(..., help=CORPUS_HELP),
    base: str = Opt(..., "--base", "-b", help="The pipeline to extend: a package or a path"),
    output: Path = Opt(..., "--output", "-o", help="Folder for the new pipeline"),
    config: Path | None = Opt(None, "--config", "-c", help=CONFIG_HELP),
    name: str | None = Opt(None, "--name", "-n", help=NAME_HELP),
    teacher: str | None = Opt(None, "--teacher", help=TEACHER_HELP),
    overwrite_vectors: bool = Opt(False, "--overwrite-vectors", help=OVERWRITE_HELP),
    n_jobs: int = Opt(-1, "--n-jobs", help=N_JOBS_HELP),
    memory: str = Opt("4GB", "--memory", help=MEMORY_HELP),
    scheduler: str | None = Opt(None, "--scheduler", help=SCHEDULER_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Do everything in one step, from texts to a pipeline with token._.dvec.

    Texts are .txt (a text on each line), .jsonl, .csv, .tsv (a field) or .spacy files, also compressed
    (.gz, .bz2, .xz, .zst). Any setting can be overridden by its dotted name.

    EXAMPLE: python -m spacy domain-vectors build comments.txt --base en_core_web_md --output out --trainer.window 5
    """
    from .build.run import build_pipeline, check_reading, describe
    from .build.settings import load_settings
    from .console import console, progress_bars
    from .files.kinds import PIPELINE
    from .util.work_folder import running

    paths, overrides = split_overrides(corpus)
    overrides |= teacher_settings(teacher)
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
    config: Path = Arg(..., help=CONFIG_HELP),
    output: Path = Arg(..., help="Folder for the table"),
    teacher: str | None = Opt(None, "--teacher", help=TEACHER_HELP),
    n_jobs: int = Opt(-1, "--n-jobs", help=N_JOBS_HELP),
    memory: str = Opt("4GB", "--memory", help=MEMORY_HELP),
    scheduler: str | None = Opt(None, "--scheduler", help=SCHEDULER_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Learn vectors from texts, combine them with the base's, and write the table.

    Counts are written with it, so that 'update' can add more texts.

    EXAMPLE: python -m spacy domain-vectors train configs/domain_vectors.cfg training/table --paths.corpus comments.txt
    """
    from .build.run import check_reading, describe, train_state
    from .build.settings import load_settings
    from .build.update import save_trained
    from .console import console, progress_bars
    from .files.kinds import TRAINED
    from .pipeline.loading import load_pipeline
    from .util.work_folder import running

    overrides = parse_overrides(ctx.args) | teacher_settings(teacher)
    with console(silent, output) as printer:
        settings = load_settings(config, overrides)
        check_reading(settings, output, TRAINED, config)
        with running(output, n_jobs, memory, scheduler, printer.warn) as jobs:
            base = load_pipeline(settings.paths.base)
            trained = train_state(settings, base, progress_bars(silent), jobs)
            save_trained(trained.table, trained.state, output)
        for line in describe(trained.table):
            printer.good(line)
        printer.good(f"Saved the table to {output}")


@domain_vectors_cli.command("update", context_settings=OVERRIDES)
def update_cli(
    table: Path = Arg(..., help="Folder of a table that 'train' or 'update' made"),
    corpus: list[str] = Arg(..., help=f"The new texts: {CORPUS_HELP.lower()}"),
    output: Path | None = Opt(None, "--output", "-o", help=UPDATED_HELP),
    base: str | None = Opt(None, "--base", "-b", help=MADE_FOR_HELP),
    teacher: str | None = Opt(None, "--teacher", help=SAME_TEACHER_HELP),
    n_jobs: int = Opt(-1, "--n-jobs", help=N_JOBS_HELP),
    memory: str = Opt("4GB", "--memory", help=MEMORY_HELP),
    scheduler: str | None = Opt(None, "--scheduler", help=SCHEDULER_HELP),
    page: Path | None = Opt(None, "--report", help=CHANGES_HELP),
    before: list[str] = Opt([], "--before", help=BEFORE_HELP),
    no_examples: bool = Opt(False, "--no-examples", help=NO_EXAMPLES_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Add new texts to those a table was learned from, and write a new table in the same vector space.

    EXAMPLE: python -m spacy domain-vectors update training/table july.txt --output training/table_july
    """
    from .build.run import describe
    from .build.update import update_table
    from .console import changes_text, console, progress_bars
    from .files.kinds import TRAINED
    from .files.outputs import check_output, check_outside, is_same
    from .pages.changes import changes_page
    from .pages.written import check_page, page_files, write_page
    from .util.extras import import_extra
    from .util.work_folder import running

    paths, overrides = split_overrides(corpus)
    overrides |= teacher_settings(teacher)
    output = output or table.with_name(f"{table.name}_updated")
    with console(silent, output) as printer:
        # The new table may replace the one that it is made from.
        inputs = [base, overrides.get("paths.terms"), None if is_same(output, table) else table]
        check_output(output, TRAINED, inputs, paths)
        if page is not None:
            import_extra("jinja2", "a page", "report")
            check_page(page, [*inputs, table, output], [*paths, *before])
            check_outside(page, output)
        with running(output, n_jobs, memory, scheduler, printer.warn) as jobs:
            updated = update_table(table, paths, base, overrides, progress_bars(silent), jobs)
            texts = [[], []] if no_examples else [before, paths]
            shown = changes_page(table, updated, base, *texts) if page else None
            updated.to_disk(output)
        for line in describe(updated.table):
            printer.good(line)
        printer.show(changes_text(updated.changes))
        if page is not None and shown is not None:
            write_page(shown, page)
            printer.good(f"Saved the page to {next(iter(page_files(page)))}")
        printer.good(f"Saved the table to {output}")


@domain_vectors_cli.command("merge", context_settings=OVERRIDES)
def merge_cli(
    ctx: typer.Context,
    base: str = Arg(..., help="The pipeline that the table was made for: a package or a path"),
    table: str = Arg(..., help=VECTORS_HELP),
    output: Path = Arg(..., help="Folder for the new pipeline"),
    name: str | None = Opt(None, "--name", "-n", help=NAME_HELP),
    overwrite_vectors: bool = Opt(False, "--overwrite-vectors", help=OVERWRITE_HELP),
    shrink_base: bool = Opt(False, "--shrink-base", help=SHRINK_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Make the pipeline from the base and a table, or vectors of others.

    For vectors of others, any setting can be given by its dotted name: --paths.corpus fits a document map.

    EXAMPLE: python -m spacy domain-vectors merge en_core_web_md training/table training/pipeline
    """
    from .build.run import describe, open_table
    from .console import console, progress_bars
    from .files.kinds import PIPELINE
    from .files.outputs import check_output
    from .pipeline.loading import load_pipeline, merge, save

    overrides = parse_overrides(ctx.args)
    with console(silent, output) as printer:
        check_output(output, PIPELINE, [base, table], overrides.get("paths.corpus"))
        opened = open_table(table, base, progress_bars(silent), overrides)
        nlp = merge(load_pipeline(base), opened, overwrite_vectors=overwrite_vectors)
        save(nlp, output, name, shrink_base)
        for line in describe(opened):
            printer.good(line)
        printer.good(f"Saved the pipeline {nlp.lang}_{nlp.meta['name']}: spacy.load({str(output)!r})")


domain_vectors_cli.command("evaluate")(evaluate_cli)
domain_vectors_cli.command("compare", context_settings=OVERRIDES)(compare_cli)
domain_vectors_cli.command("report")(report_cli)
domain_vectors_cli.command("neighbors")(neighbors_cli)
domain_vectors_cli.command("sizes")(sizes_cli)


@domain_vectors_cli.command("export")
def export_cli(
    pipeline: str = Arg(..., help="A pipeline with domain vectors"),
    output: Path = Arg(..., help="Folder (spacy, model2vec) or file to write"),
    format: Format = Opt(Format.spacy, "--format", "-f", help="What to write"),
    max_rows: int | None = Opt(None, "--max-rows", help=MAX_ROWS_HELP),
    text: list[str] = Opt([], "--text", help=WORDS_HELP),
    silent: bool = Opt(False, "--silent", "-S", help=SILENT_HELP),
) -> None:
    """
    Write a flat table of all words, also the base's, for other tools.

    spacy: a package of vectors for paths.vectors of any config. word2vec: for gensim; binary if OUTPUT
    ends with .bin. floret: for spacy init vectors --mode floret, with MAX_ROWS rows. npz: for NumPy; the
    vector of words[i] is vectors[rows[i]]. safetensors: the same, the words as JSON in its metadata.
    model2vec: a folder for StaticModel.from_pretrained and SentenceTransformer, with MAX_ROWS words.

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
