"""Train classifiers on a few texts a label, or on all, with `spacy train`, with and without domain vectors."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import spacy
import srsly
from convert_textcat import convert
from spacy.tokens import DocBin
from wasabi.tables import table

CONFIGS = Path(__file__).resolve().parent.parent / "configs"


def main() -> None:
    """Train, test and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pipeline", type=Path, required=True, help="The extended pipeline")
    parser.add_argument(
        "--control", type=Path, required=True, help="The same with a table that holds no domain vectors"
    )
    parser.add_argument("--train", type=Path, required=True, help="CSV with the columns text and label")
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument(
        "--shots", type=int, default=10, help="Texts a label; 0 for all, a tenth of which choose the model"
    )
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--output", type=Path, required=True, help="JSON file for the numbers")
    args = parser.parse_args()
    ours, tuned = CONFIGS / "textcat.cfg", ("--components.textcat.model.tune", "true")
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        default, test, model = Path(folder) / "default.cfg", Path(folder) / "test.spacy", Path(folder) / "model"
        run("init", "config", default, "--pipeline", "textcat")
        convert(args.test, test)
        ways: dict[str, tuple[str | Path, ...]] = {
            "domain vectors": (ours, "--paths.pipeline", args.pipeline),
            "domain vectors, tune = true": (ours, "--paths.pipeline", args.pipeline, *tuned),
            "control: no domain vectors": (ours, "--paths.pipeline", args.control),
            "control, tune = true": (ours, "--paths.pipeline", args.control, *tuned),
        }
        trainings = [(way, draw, options) for draw in range(args.draws) for way, options in ways.items()]
        # It takes as long as all others together.
        trainings.append(("spaCy's default, one draw", 0, (default,)))
        for way, draw, (config, *options) in trainings:
            train = dev = Path(folder) / "train.spacy"
            convert(args.train, train, args.shots, draw)
            if not args.shots:
                dev = hold_out(train)
            start = time.perf_counter()
            run("train", config, "--paths.train", train, "--paths.dev", dev, "--output", model, *options)
            seconds = time.perf_counter() - start
            # Where the training's own texts would choose, the best is what learned them by heart.
            chosen = model / ("model-last" if dev == train else "model-best")
            found.setdefault(way, []).append((accuracy(chosen, test), seconds))
            print(f"draw {draw}, {way}: {found[way][-1][0]:.1%} in {seconds:.0f} s", flush=True)
    scores = {way: summary(draws) for way, draws in found.items()}
    srsly.write_json(args.output, scores)
    rows = [(way, f"{s['accuracy']:.1%}", f"{s['lowest']:.1%}", f"{s['seconds']:.0f}") for way, s in scores.items()]
    title = f"{args.shots or 'all'} texts a label, mean of {args.draws} draws"
    print(table(rows, header=(title, "accuracy", "lowest", "seconds"), divider=True, aligns=("l", "r", "r", "r")))


def run(*args: str | Path) -> None:
    """Run one of spaCy's commands."""
    command = [sys.executable, "-W", "ignore", "-m", "spacy", *map(str, args)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def hold_out(path: Path) -> Path:
    """Leave the first tenth of a file's docs out of it, into one beside it."""
    docs, dev = list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)), path.with_name(f"dev_{path.name}")
    n = len(docs) // 10
    DocBin(docs=docs[:n]).to_disk(dev)
    DocBin(docs=docs[n:]).to_disk(path)
    return dev


def accuracy(model: Path, test: Path) -> float:
    """The share of test texts whose label has the highest score."""
    nlp = spacy.load(model)
    docs = list(DocBin().from_disk(test).get_docs(nlp.vocab))
    found = nlp.pipe(doc.text for doc in docs)
    right = [max(a.cats, key=a.cats.__getitem__) == max(b.cats, key=b.cats.__getitem__) for a, b in zip(found, docs)]
    return sum(right) / len(right)


def summary(draws: Sequence[tuple[float, float]]) -> dict[str, float]:
    """The mean and the lowest accuracy, and the mean time of a training."""
    accuracies, seconds = zip(*draws)
    mean = sum(accuracies) / len(draws)
    return {
        "accuracy": round(mean, 4),
        "lowest": round(min(accuracies), 4),
        "seconds": round(sum(seconds) / len(draws), 1),
    }


if __name__ == "__main__":
    main()
