"""How near an export for model2vec comes to `doc._.dvec`, on the texts of a CSV file with the column text.

usage: python tests/benchmarks/static_export.py PIPELINE TEXTS
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from spacy.language import Language

from spacy_domainvec.evaluation.labelled import read_labelled
from spacy_domainvec.exchange.flat_table import flat_table
from spacy_domainvec.exchange.write_static import write_model2vec
from spacy_domainvec.pipeline.loading import find_component, load_pipeline


def compared(nlp: Language, texts: list[str], words: list[str], folder: Path) -> str:
    """The cosines of an export with words of texts, as a line."""
    write_model2vec(flat_table(nlp, find_component(nlp), words), folder, nlp, words)
    model = StaticModel.from_pretrained(folder)
    docs, known = [nlp.make_doc(text) for text in texts], set(model.tokens)
    expected, found = np.array([doc._.dvec for doc in docs]), model.encode(texts)
    lengths = np.linalg.norm(expected, axis=1) * np.linalg.norm(found, axis=1)
    cosines = (expected * found).sum(axis=1) / np.maximum(lengths, 1e-9)
    is_whole = np.array([all(token.is_space or token.text in known for token in doc) for doc in docs])
    of_whole = cosines[is_whole]
    whole = f"{is_whole.mean():.1%} of texts have a row for each word: mean cosine {of_whole.mean():.4f}"
    others = f"all texts: mean cosine {cosines.mean():.4f}, {(cosines >= 0.999).mean():.1%} at least .999"
    return f"{len(known):,} rows; {whole}, {(of_whole >= 0.999).mean():.2%} at least .999; {others}"


def main() -> None:
    """Print the two lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pipeline")
    parser.add_argument("texts", type=Path)
    given = parser.parse_args()
    nlp, texts = load_pipeline(given.pipeline), read_labelled(given.texts).texts
    named = list(dict.fromkeys(token.text for text in texts for token in nlp.make_doc(text)))
    with tempfile.TemporaryDirectory() as folder:
        for name, words in (("without --text", []), ("with --text of these texts", named)):
            print(f"{name}: {compared(nlp, texts, words, Path(folder) / name[:4])}")


if __name__ == "__main__":
    main()
