"""How fast are vectors at run time: pooled docs, the look-up by key, and a second process.

usage: python tests/benchmarks/pooling_speed.py PIPELINE --base NAME --texts FILE [--texts FILE ...] [--repeat N]

PIPELINE is a folder with domain vectors, FILE a .csv with the column text, or a text a line, also packed. Prints,
for each file:

pooling   `[doc.vector for doc in docs]` of the base against `component.pool(docs)`, docs that no vector was asked of
look-up   three ways to the rows of the tokens of these docs: each key in a dict, the distinct keys in a dict, and
          searchsorted on sorted keys, which is what `VectorLookup.rows_of` does
sharing   PSS of the table's file in a process that has the pipeline loaded, alone and beside a second such process
"""

import argparse
import csv
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import smart_open
import spacy
from spacy.attrs import ORTH

from spacy_domainvec.pipeline.component import DomainVectors
from spacy_domainvec.pipeline.loading import find_component

LOADED = """
import sys, spacy
nlp = spacy.load(sys.argv[1])
table = nlp.get_pipe("domain_vectors").table
# Every page is read.
table.vectors.values.sum(dtype="f8"), table.subwords and table.subwords.rows.values.sum(dtype="f8")
print("ready", flush=True)
sys.stdin.readline()
"""


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def read(path: Path) -> list[str]:
    if path.suffix == ".csv":
        with path.open(encoding="utf8", newline="") as file:
            return [row["text"] for row in csv.DictReader(file)]
    with smart_open.open(path, encoding="utf8", newline="\n") as file:
        return [line.strip() for line in file if line.strip()][:10_000]


def pooling(pipeline: Path, base: str, texts: list[str], repeat: int) -> None:
    nlp, base_nlp = spacy.load(pipeline), spacy.load(base)
    component = find_component(nlp)
    component.pool([nlp.make_doc(text) for text in texts])
    ratios, n_tokens = [], 0
    for _ in range(repeat):
        base_docs, docs = ([p.make_doc(text) for text in texts] for p in (base_nlp, nlp))
        n_tokens = sum(map(len, docs))
        theirs = seconds(lambda: [doc.vector for doc in base_docs])  # noqa: B023
        ours = seconds(lambda: component.pool(docs))  # noqa: B023
        ratios.append(theirs / ours)
        print(
            f"doc.vector {1e6 * theirs / n_tokens:.2f}, pool {1e6 * ours / n_tokens:.2f} microseconds a token    "
            f"{ratios[-1]:.1f} times faster"
        )
    median = statistics.median(ratios)
    print(f"{len(texts):,} docs of {n_tokens / len(texts):.0f} tokens: {median:.1f} times faster (median)")
    looked_up(component, docs)


def looked_up(component: DomainVectors, docs: list[spacy.tokens.Doc]) -> None:
    lookup, vocab = component.lookup, component.vocab
    keys = np.concatenate([doc.to_array(ORTH) for doc in docs])
    _, numbers = lookup.rows_of(keys[:, None], vocab)
    row_of = dict(zip(keys.tolist(), numbers.tolist()))

    def by_distinct() -> np.ndarray:
        distinct, places = np.unique(keys, return_inverse=True)
        return np.array([row_of[key] for key in distinct.tolist()])[places]

    ways: dict[str, Callable[[], np.ndarray]] = {
        "a dict": lambda: np.array([row_of[key] for key in keys.tolist()]),
        "distinct keys and a dict": by_distinct,
        "sorted keys": lambda: lookup.rows_of(keys[:, None], vocab)[1],
    }
    assert all(np.array_equal(numbers, way()) for way in ways.values())
    found = {name: min(seconds(way) for _ in range(5)) for name, way in ways.items()}
    shown = ", ".join(f"{name} {1e9 * spent / len(keys):.0f}" for name, spent in found.items())
    print(f"look-up of {len(keys):,} tokens, {len(row_of):,} distinct, nanoseconds each: {shown}")


def pss_of(pid: int, folder: Path) -> int:
    """Kilobytes of the mapped files of a folder that a process pays for."""
    found, inside = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if line[:1] in "0123456789abcdef" and "-" in line.split()[0]:
            inside = line.rstrip().startswith(str(folder), line.find("/")) if "/" in line else False
        elif inside and line.startswith("Pss:"):
            found += int(line.split()[1])
    return found


def sharing(pipeline: Path) -> None:
    folder = (pipeline / "domain_vectors").resolve()
    processes, shares = [], []
    for _ in range(2):
        command = [sys.executable, "-W", "ignore", "-c", LOADED, str(pipeline)]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert processes[-1].stdout is not None
        assert processes[-1].stdout.readline().strip() == "ready"
        shares.append([pss_of(process.pid, folder) for process in processes])
    for process in processes:
        process.communicate("\n")
    (alone,), both = shares
    print(
        f"table in memory: {alone / 1e3:.1f} MB in one process, {sum(both) / 1e3:.1f} MB in two together (PSS)    "
        f"{sum(both) / alone:.2f} times"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("--base", required=True)
    parser.add_argument("--texts", type=Path, action="append", required=True)
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    # Before this process maps the table itself.
    sharing(args.pipeline)
    for path in args.texts:
        print(path.name)
        pooling(args.pipeline, args.base, read(path), args.repeat)


if __name__ == "__main__":
    main()
