"""How much longer does Rasa take to featurize a message with domain vectors than with those of the base?

usage: python tests/benchmarks/rasa_speed.py --base NAME --table DIR [--words N] [--repeat N]

Call it where Rasa is installed. Prints the microseconds a message of N words, tokenized before, of the stock
SpacyFeaturizer on the base, of the same with overwrite_vectors, and of DomainVecFeaturizer; and the ratios.
"""

import argparse
import statistics
import time
from pathlib import Path

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.resource import Resource
from rasa.nlu.featurizers.dense_featurizer.spacy_featurizer import SpacyFeaturizer
from rasa.nlu.tokenizers.spacy_tokenizer import SpacyTokenizer
from rasa.nlu.utils.spacy_utils import SpacyModel, SpacyNLP
from rasa.shared.nlu.training_data.message import Message

from spacy_domainvec.evaluation.labelled import read_labelled
from spacy_domainvec.pipeline.loading import load_pipeline, merge
from spacy_domainvec.rasa import DomainVecFeaturizer
from spacy_domainvec.table.table import VectorTable

TEXTS = Path(__file__).resolve().parent.parent.parent / "assets" / "banking77_test.csv"
N_MESSAGES = 500


def prepared(nlp, texts):
    """Messages as SpacyNLP and SpacyTokenizer leave them."""
    messages = [Message({"text": text}) for text in texts]
    SpacyNLP(None, SpacyNLP.get_default_config()).process(messages, SpacyModel(nlp, "bot"))
    return SpacyTokenizer(SpacyTokenizer.get_default_config()).process(messages)


def microseconds(featurizer, messages) -> float:
    fresh = [Message(dict(message.data)) for message in messages]
    start = time.perf_counter()
    featurizer.process(fresh)
    return (time.perf_counter() - start) / len(fresh) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--words", type=int, default=12)
    parser.add_argument("--repeat", type=int, default=9)
    args = parser.parse_args()
    words = " ".join(read_labelled(TEXTS).texts).split()
    texts = [" ".join(words[i : i + args.words]) for i in range(0, N_MESSAGES * args.words, args.words)]
    table = VectorTable.from_disk(args.table)
    base = load_pipeline(args.base)
    hooked, plain = (merge(load_pipeline(args.base), table, overwrite_vectors=hooks) for hooks in (True, False))
    stock = SpacyFeaturizer(SpacyFeaturizer.get_default_config(), "stock")
    context = ExecutionContext(GraphSchema({}), node_name="ours")
    ours = DomainVecFeaturizer.create(DomainVecFeaturizer.get_default_config(), None, Resource("ours"), context)
    ways = {
        "stock SpacyFeaturizer": (stock, prepared(base, texts)),
        "with overwrite_vectors": (stock, prepared(hooked, texts)),
        "DomainVecFeaturizer": (ours, prepared(plain, texts)),
    }
    times = {way: [microseconds(*parts) for _ in range(args.repeat)] for way, parts in ways.items()}
    for way, found in times.items():
        pairs = [time / base for time, base in zip(found, times["stock SpacyFeaturizer"])]
        print(f"{way:<24} {statistics.median(found):6.1f} us a message  {statistics.median(pairs):.2f} times")


if __name__ == "__main__":
    main()
