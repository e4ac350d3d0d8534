"""Train and test a bot with each of the configs here, and with the bare base, by Rasa's own commands.

Call it where Rasa is installed. It takes minutes a config.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import srsly
from make_nlu import draw, nlu
from wasabi.tables import table

from spacy_domainvec import VectorTable
from spacy_domainvec.pipeline import load_pipeline, merge, save

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parent
WAYS = {
    "base": ("config.yml", "base"),
    "overwrite_vectors": ("config.yml", "overwrite"),
    "both featurizers": ("config_both.yml", "plain"),
    "table, no spaCy": ("config_table.yml", ""),
}


def main() -> None:
    """Train, test and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, help="The base: a package or a path")
    parser.add_argument("--table", type=Path, required=True, help="A table that was trained for it")
    parser.add_argument("--train", type=Path, default=ASSETS / "banking77_train.csv")
    parser.add_argument("--test", type=Path, default=ASSETS / "banking77_test.csv")
    parser.add_argument("--shots", type=int, default=10, help="Texts an intent")
    parser.add_argument("--seed", type=int, default=0, help="Another seed is another draw")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--output", type=Path, required=True, help="JSON file for the accuracies")
    args = parser.parse_args()
    accuracies: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "train.yml").write_text(nlu(draw(args.train, args.shots, seed=args.seed)), encoding="utf8")
        (folder / "test.yml").write_text(nlu(draw(args.test)), encoding="utf8")
        models = make_pipelines(args.base, args.table, folder)
        for way in args.ways:
            start = time.perf_counter()
            config, model = WAYS[way]
            settings = adapted(srsly.read_yaml(HERE / config), models.get(model), str(args.table.resolve()))
            srsly.write_yaml(folder / "config.yml", settings)
            rasa("train", "nlu", "--config", "config.yml", "--nlu", "train.yml", "--out", "models", cwd=folder)
            rasa("test", "nlu", "--nlu", "test.yml", "--model", "models", "--out", way, "--no-plot", cwd=folder)
            accuracies[way] = srsly.read_json(folder / way / "intent_report.json")["accuracy"]
            print(f"{way}: {accuracies[way]:.1%} in {time.perf_counter() - start:.0f} s", flush=True)
            for file in (folder / "models").iterdir():
                file.unlink()
    srsly.write_json(args.output, accuracies)
    rows = [(way, f"{accuracy:.1%}") for way, accuracy in accuracies.items()]
    print(table(rows, header=(f"{args.shots} texts an intent", "accuracy"), divider=True, aligns=("l", "r")))


def make_pipelines(base: str, table: Path, folder: Path) -> dict[str, str]:
    """The base, and what becomes of it with the table; names and paths."""
    for name in ("overwrite", "plain"):
        nlp = merge(load_pipeline(base), VectorTable.from_disk(table), overwrite_vectors=name == "overwrite")
        save(nlp, folder / name)
    return {"base": str(load_pipeline(base).path), **{name: str(folder / name) for name in ("overwrite", "plain")}}


def adapted(config: dict[str, list[dict[str, object]]], model: str | None, table: str) -> dict[str, object]:
    """The config with another pipeline and another table."""
    given = {"model": model, "vectors": table}
    parts = [{key: given.get(key, value) for key, value in part.items()} for part in config["pipeline"]]
    return {**config, "pipeline": parts}


def rasa(*args: str, cwd: Path) -> None:
    """Run one of Rasa's commands."""
    command = [sys.executable, "-W", "ignore", "-m", "rasa", *args]
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)


if __name__ == "__main__":
    main()
