"""What an update gives, against training on all texts from the start.

usage: python tests/benchmarks/update_drift.py [CORPUS] [--base NAME] [--labelled FILE --test FILE] [--new SHARE]

The last texts of CORPUS, a share of --new of them, are added to a table of the others. Prints how much of the
vocabulary is that of a table of all texts, the accuracies of both with 5 and 10 texts a label, and how far the vectors
moved, once for the update and once for the table of all texts, which nothing turns onto the first one.
"""

import tempfile
from pathlib import Path

import smart_open
import spacy
from arguments import parser

from spacy_domainvec.build.run import train_state
from spacy_domainvec.build.settings import load_settings
from spacy_domainvec.build.update import Changes, compare, save_trained, update_table
from spacy_domainvec.evaluation.labelled import read_labelled
from spacy_domainvec.evaluation.measures import accuracy, document_vectors
from spacy_domainvec.pipeline.loading import merge
from spacy_domainvec.table.table import VectorTable


def main() -> None:
    asked = parser(__doc__)
    asked.add_argument("--new", type=float, default=1 / 3)
    args = asked.parse_args()
    with smart_open.open(args.corpus, encoding="utf8", newline="\n") as file:
        texts = file.readlines()
    n_old = round(len(texts) * (1 - args.new))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, lines in (("old", texts[:n_old]), ("new", texts[n_old:]), ("all", texts)):
            (folder / f"{part}.txt").write_text("".join(lines), encoding="utf8")
            if part != "new":
                settings = load_settings(None, {"paths.corpus": str(folder / f"{part}.txt"), "paths.base": args.base})
                trained = train_state(settings, spacy.load(args.base))
                save_trained(trained.table, trained.state, folder / part)
        updated = update_table(folder / "old", [str(folder / "new.txt")])
        old, whole = (VectorTable.from_disk(folder / part) for part in ("old", "all"))
        words = [{word for word in table.words if " " not in word} for table in (updated.table, whole)]
        both = len(words[0] & words[1])
        print(f"{len(words[0]):,} words after the update, {len(words[1]):,} from the start, {both:,} in both")
        for what, table, changes in (
            ("update", updated.table, updated.changes),
            ("from the start", whole, compare(old, whole)),
        ):
            print(f"{what:15} {shown(table, changes, args.base, args.labelled, args.test)}")


def shown(table: VectorTable, changes: Changes, base: str, labelled: str, test: str) -> str:
    nlp = merge(spacy.load(base), table)
    texts, test_texts = (read_labelled(path) for path in (labelled, test))
    vectors = [document_vectors(nlp, some.texts, lambda doc: doc._.dvec) for some in (texts, test_texts)]
    found = [accuracy(vectors[0], texts.labels, vectors[1], test_texts.labels, k) for k in (5, 10)]
    scores = " and ".join(f"{score:.1%}" for score in found)
    return (
        f"accuracy {scores}; mean cosine to the vectors before {changes.mean_cosine:.3f}, "
        f"of words that the new texts do not have {changes.unchanged_cosine:.3f}"
    )


if __name__ == "__main__":
    main()
