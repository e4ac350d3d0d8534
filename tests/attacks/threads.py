"""Eight threads that ask one look-up with a tiny cache."""

import sys
import threading
from pathlib import Path

import numpy as np
from tally import Tally

sys.path.insert(0, str(Path(__file__).parents[1]))
from conftest import ALL_WORDS, WIDTH, make_base, make_table
from spacy.tokens import Doc

from spacy_domainvec.pipeline import lookup_cache
from spacy_domainvec.pipeline.lookup import VectorLookup

N_THREADS = 8
CACHE_WORDS = 7


def ask(lookup: VectorLookup, doc: Doc) -> list[np.ndarray]:
    """Everything that a look-up can be asked about a doc."""
    rows, numbers = lookup.rows_of(lookup.values([doc]), doc.vocab)
    sources = [lookup.source(doc[i : i + 1]) for i in range(len(doc))]
    of_tokens = np.array([lookup.vector(token) for token in doc]).reshape(len(doc), WIDTH)
    one_by_one = [lookup.vectors(doc), of_tokens, rows[numbers], lookup.mean(doc)]
    return [*one_by_one, lookup.table_rows(doc), np.array(sources), np.array(lookup.is_known(doc))]


def compared(lookup: VectorLookup, doc: Doc, expected: list[np.ndarray]) -> str | None:
    """What is wrong with the answers, if anything."""
    try:
        found = ask(lookup, doc)
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    wrong = [i for i, (a, b) in enumerate(zip(found, expected)) if not np.array_equal(a, b)]
    return f"other answers than one thread has: {wrong}" if wrong else None


def main() -> None:
    """Run the attack."""
    tally = Tally("threads", long=20_000, short=2_000)
    lookup_cache.CACHE_BYTES = CACHE_WORDS * (lookup_cache.WORD_BYTES + 4 * WIDTH)
    sys.setswitchinterval(1e-6)
    rng = np.random.default_rng(tally.seed)
    base = make_base()
    words = [*ALL_WORDS, *(f"nowhere{i}" for i in range(60)), *(word.upper() for word in ALL_WORDS)]
    table = make_table(ALL_WORDS[::2], rng.normal(size=(len(ALL_WORDS[::2]), WIDTH)), base)
    docs = [Doc(base.vocab, words=rng.choice(words, rng.integers(0, 12)).tolist()) for _ in range(200)]
    expected = [ask(VectorLookup(table, ["ORTH", "LOWER"]), doc) for doc in docs]
    lookup, lock = VectorLookup(table, ["ORTH", "LOWER"]), threading.Lock()

    def work(picked: list[int]) -> None:
        for i in picked:
            fault = compared(lookup, docs[i], expected[i])
            with lock:
                tally.check(fault)

    share = tally.planned // N_THREADS
    threads = [
        threading.Thread(target=work, args=(rng.integers(len(docs), size=share).tolist(),)) for _ in range(N_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.close()


if __name__ == "__main__":
    main()
