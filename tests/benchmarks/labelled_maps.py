"""What document maps gain that are fitted to labelled texts, too.

usage: python tests/benchmarks/labelled_maps.py [CORPUS] [--base NAME] [--labelled FILE --test FILE] [--shots N ...]

Trains a table of CORPUS without labelled texts, and for each draw of a few texts a label one with them: those that the
classifier learns from, and no others. Prints the mean accuracy over three draws of both.
"""

import csv
import tempfile
import warnings
from pathlib import Path

import numpy as np
import spacy
from arguments import parser
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from spacy_domainvec import Jobs
from spacy_domainvec.build.run import train_table
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.evaluation.labelled import Labelled, read_labelled
from spacy_domainvec.evaluation.measures import CLASSIFIER, N_DRAWS, document_vectors, drawn
from spacy_domainvec.pipeline.loading import merge


def main() -> None:
    asked = parser(__doc__)
    asked.add_argument("--shots", type=int, nargs="+", default=[5, 10])
    args = asked.parse_args()
    warnings.filterwarnings("ignore", message=r"\[W095\]")
    train, test = read_labelled(args.labelled), read_labelled(args.test)
    with tempfile.TemporaryDirectory() as name:
        # Counts are found again there.
        jobs = Jobs(Path(name) / "work")
        jobs.folder.mkdir()

        def vectors_with(labelled: Path | None) -> list[np.ndarray]:
            paths = {"paths.corpus": args.corpus, "paths.base": args.base}
            settings = load_settings(None, paths | ({"paths.labelled": str(labelled)} if labelled else {}))
            nlp = merge(spacy.load(args.base), train_table(settings, spacy.load(args.base), jobs=jobs))
            return [document_vectors(nlp, part.texts, lambda doc: doc._.dvec) for part in (train, test)]

        without = vectors_with(None)
        for shots in args.shots:
            scores = []
            for seed in range(N_DRAWS):
                picked = drawn(train.labels, shots, seed)
                path = write(Path(name) / f"{shots}_{seed}.csv", train, picked)
                scores.append([score(vectors, train, test, picked) for vectors in (without, vectors_with(path))])
            before, after = np.mean(scores, axis=0)
            print(f"{shots} texts a label: accuracy {before:.1%} without labelled texts, {after:.1%} with them")


def write(path: Path, texts: Labelled, picked: np.ndarray) -> Path:
    with path.open("w", encoding="utf8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows((texts.texts[i], texts.labels[i]) for i in picked.tolist())
    return path


def score(vectors: list[np.ndarray], train: Labelled, test: Labelled, picked: np.ndarray) -> float:
    with threadpool_limits(1):
        model = LogisticRegression(**CLASSIFIER).fit(vectors[0][picked], np.array(train.labels)[picked])
    return float(model.score(vectors[1], np.array(test.labels)))


if __name__ == "__main__":
    main()
