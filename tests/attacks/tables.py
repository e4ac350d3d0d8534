"""Damaged and forged tables and counts: each is refused with a code, or gives exactly the same rows, or can be used.

What is only damaged must be told or change nothing. What somebody has forged, hashes and all, must be told or can be
used like any other: no crash, no hang, no more memory than a little, no number that is none.
"""

import io
import json
import multiprocessing
import random
import shutil
import signal
import sys
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import spacy
from spacy.vectors import Vectors
from tally import Tally

from spacy_domainvec import DomainVectorsError, VectorTable
from spacy_domainvec.build.run import describe
from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.corpus.tokenize import tokenize
from spacy_domainvec.counting.adding import add_counts, add_tokens
from spacy_domainvec.counting.cooccurrence import count
from spacy_domainvec.counting.fold_ins import FoldIns
from spacy_domainvec.counting.saved_counts import State
from spacy_domainvec.counting.vocabulary import build_vocabulary
from spacy_domainvec.files.checked_files import packed
from spacy_domainvec.files.integrity import checksum, sealed
from spacy_domainvec.pipeline.loading import merge
from spacy_domainvec.table.rows import Rows
from spacy_domainvec.table.space import BasePart, Lessons, Space
from spacy_domainvec.table.subwords import NgramSettings, Subwords
from spacy_domainvec.table.table_files import FILES
from spacy_domainvec.util.arrays import scaled_to_unit
from spacy_domainvec.util.jobs import Jobs

WIDTH = 6
SECONDS = 20
MEMORY = 10**9
WORDS = ["the", "fee", "overdraft", "overdraft fee", "naïve", "apr", "charge", "card"]
HOSTILE = [None, True, -1, 0, 1, 2**31, 2**53, 2**63, 10**30, 1.5, -0.5, 1e308, "", "x", "5", "\ud800", [], {}, [[]]]
HOSTILE += [
    {"@misc": "spacy.first_longest_spans_filter.v1"},
    {"weight": 1e15},
    {"a": {"@readers": "x"}},
    [None],
    "${a.b}",
]
HUGE = 10**15
SHAPES = [f"({HUGE},)", f"({HUGE}, 4)", f"(0, {HUGE})", f"({HUGE}, 0)", "(1, 1)", "()", "(-1, 4)", "(8, 6, 1)"]
DTYPES = ["<f4", "<f2", "|i1", "<i8", "<u8", "|O", ">f4", "<c8", "|V8", "<U9"]


def make_table(dtype, seed=0, **meta):
    """A table of a few words with subwords."""
    rng = np.random.default_rng(seed)
    rows = Rows(rng.normal(size=(11, WIDTH)).astype("f"))
    subwords = Subwords(rows, NgramSettings(3, 5, 2, lower=True), weight=2.5, held_out_cosine=0.3)
    full = {
        "made_by": "spacy-domainvec",
        "lang": "en",
        "base": {"name": "tiny", "fingerprint": None},
        "n_texts": 10,
        "n_tokens": 1000,
        "unseen_share": 0.01,
        "attr": "LOWER",
        "map": {"n_sentences": 60000, "n_pairs": 50000, "is_fitted": True},
        "alignment": {"trainer": {"anchors": 100, "held_out_cosine": 0.4}},
        "acronyms": {"apr": "annual percentage rate"},
        "kept": {"n_rows": 8, "dtype": dtype, "n_subwords": 11, "of_rows": 9, "loss": 0.1},
        "config": {"trainer": {"@misc": "spacy_domainvec.PpmiSvd.v1", "window": 5}, "weighting": {"a": 1e-3}},
        **meta,
    }
    vectors = Rows(rng.normal(size=(len(WORDS), WIDTH)).astype("f"))
    part = BasePart(2 * np.eye(WIDTH, dtype="f"), np.zeros(WIDTH, dtype="f"))
    return VectorTable(WORDS, vectors, np.arange(len(WORDS), 0, -1), subwords, part, full).astype(dtype)


def make_state(folder, seed=0):
    """Counts of a few texts."""
    rng = random.Random(seed)
    texts = [" ".join(rng.choices("abcdefgh", k=12)) for _ in range(20)]
    (folder / f"{seed}.txt").write_text("\n".join(texts))
    tokens = tokenize(Corpus(folder / f"{seed}.txt"), spacy.blank("en"), Jobs(folder / f"jobs{seed}")).tokens
    vocabulary, fold_ins = build_vocabulary(tokens, 1), FoldIns([("a", "b"), ("z",)], np.ones(2, dtype="i8"))
    counted = count(tokens, vocabulary, fold_ins, Jobs(folder / f"jobs{seed}"), 4, 0.0)
    made = np.random.default_rng(seed)
    rows = scaled_to_unit(made.normal(size=(len(vocabulary), 3)).astype("f"))
    domain, centre, base, found_map = (made.random(shape).astype("f") for shape in ((3, 4), 4, (4, 4), (4, 4)))
    space = Space(domain, centre, base, found_map)
    n_words = len(vocabulary) + len(fold_ins)
    of_teacher = [made.random(shape).astype("f") for shape in ((n_words, 2), n_words, 2, 2, (2, 4), (4, 4), (4, 4))]
    lessons = Lessons(*of_teacher, factor=2.0, penalty=0.5, n_sentences=70, checksum="abc")
    return State(tokens, counted, rows, space, {"apr": ("annual", "rate")}, [("a", "b")], lessons)


def prepare(folder):
    """Two of each thing to attack."""
    for dtype in ("float32", "float16", "int8"):
        make_table(dtype).to_disk(folder / dtype / "right")
        make_table(dtype, seed=1, n_tokens=999).to_disk(folder / dtype / "other")
    for name, seed in (("right", 0), ("other", 1)):
        make_state(folder, seed).to_disk(folder / "state" / name)


# What is changed


def damaged(rng, folder, other):
    """Change one or a few files as an accident does."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    for _ in range(rng.choice([1, 1, 1, 2])):
        path = folder / rng.choice(names)
        if not path.is_file():
            continue
        data, kind = path.read_bytes(), rng.randrange(7)
        place, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        if kind == 0:
            place = rng.randrange(len(data))
            path.write_bytes(data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :])
        elif kind == 1:
            path.write_bytes(data[:place])
        elif kind == 2:
            path.write_bytes(data[:place] + rng.randbytes(rng.randrange(1, 9)) + data[place + rng.randrange(9) :])
        elif kind == 3:
            path.write_bytes(data[:place] + bytes(end - place) + data[end:])
        elif kind == 4:
            shutil.copy(other / path.relative_to(folder), path)
        elif kind == 5:
            shutil.copy(folder / rng.choice([n for n in names if (folder / n).is_file()]), folder / "copy")
            shutil.move(folder / "copy", path)
        else:
            path.unlink()


def forged(rng, folder):
    """Change files as somebody does who writes their hashes anew."""
    meta = json.loads((folder / "meta.json").read_text())
    meta.pop("sha256")
    names = sorted(meta["files"])
    for _ in range(rng.choice([1, 1, 2, 3])):
        path = folder / rng.choice(names)
        if rng.random() < 0.5:
            change_entry(rng, meta)
        elif path.suffix == ".json":
            path.write_bytes(changed_list(rng, path.read_bytes()))
        else:
            path.write_bytes(changed_array(rng, path.read_bytes(), path.suffix == ".npy"))
    for name in names:
        if isinstance(meta.get("files"), dict):
            meta["files"][name] = checksum(io.BytesIO((folder / name).read_bytes()))
    (folder / "meta.json").write_bytes(sealed(meta))


def change_entry(rng, meta):
    """Give an entry, at any depth, another value, take it away, or add one."""
    inner = meta
    while True:
        key = rng.choice(sorted(inner))
        if not isinstance(inner[key], dict) or not inner[key] or rng.random() < 0.3:
            break
        inner = inner[key]
    kind = rng.randrange(6)
    if kind == 0:
        del inner[key]
    elif kind == 1:
        inner[rng.choice(["x", "@misc", "start", "\n[trainer]\n@misc"])] = rng.choice(HOSTILE)
    else:
        inner[key] = rng.choice(HOSTILE)


def changed_list(rng, data):
    """Other words."""
    values = json.loads(data) if len(data) < 10**4 else [""]
    values[rng.randrange(len(values))] = rng.choice(
        [None, 3, "", " ", "\ud800", "a" * 10**5, " " * 10**5, [], [[]], {}]
    )
    return rng.choice([json.dumps(values).encode(), b"[" * 10**5, json.dumps(values * 2).encode(), data])


def changed_array(rng, data, has_header):
    """Another header, or other numbers."""
    start = 128 if has_header else 0
    if has_header and rng.random() < 0.5:
        header = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }"
        shape = rng.choice([*SHAPES, data[:128].decode("latin1").split("'shape': ")[1].split(", }")[0]])
        text = header % (rng.choice(DTYPES), rng.choice(["False", "False", "True"]), shape)
        return data[:10] + text.ljust(117).encode() + b"\n" + data[start:]
    numbers = [b"\xff", b"\0", b"\x7f", b"\x80", b"\x7c", b"\1", b"\x7e"]
    # As one number of up to eight bytes, or all.
    if rng.random() < 0.5:
        place = start + rng.randrange(max(1, len(data) - start))
        length = rng.choice([1, 2, 4, 8])
        place -= (place - start) % length
        number = rng.choice(
            [rng.choice(numbers) * length, bytes(length - 1) + rng.choice(numbers), rng.randbytes(length)]
        )
        return (data[:place] + number + data[place + length :])[: len(data)]
    return data[:start] + rng.choice(numbers) * (len(data) - start + rng.choice([0, 0, 1, 8, -8]))


# What must hold


def contents(table):
    """All that a table gives."""
    subwords = table.subwords.vectors(["unseen", "fee"]).tobytes()
    return list(table.words), table.vectors[:].tobytes(), table.counts.tolist(), subwords, table.meta


def use_table(table):
    """Do with a table what is done with tables. RETURNS: What is wrong."""
    made = [table.vectors[:], *([table.subwords.vectors(["unseen", "x" * 300])] if table.subwords else [])]
    with suppress(DomainVectorsError):
        _ = table.key2row, table.base_name
    describe(table)
    if contents_or_none(VectorTable.from_bytes(table.to_bytes())) != contents_or_none(table):
        return "its bytes give another table"
    nlp = spacy.blank("en")
    data = np.random.default_rng(0).normal(size=(3, WIDTH)).astype("f")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=["bank", "river", "the"], name="tiny")
    with suppress(DomainVectorsError):
        doc = merge(nlp, table)("the bank has an overdraft fee of unseen")
        component = nlp.get_pipe("domain_vectors")
        made += [doc._.dvecs, doc._.dvec, doc[4:6]._.dvec, component.pool([doc])]
        component.most_similar("bank")
    return None if all(np.isfinite(rows).all() for rows in made) else "it gives numbers that are none"


def contents_or_none(table):
    return contents(table) if table.subwords else (list(table.words), table.vectors[:].tobytes(), table.meta)


def use_state(state):
    """Add counts to themselves. RETURNS: What is wrong."""
    add_tokens(state.tokens, state.tokens)
    added = add_counts(state.counted, state.counted)
    if added.matrix.shape != (len(state.rows),) * 2 or not np.isfinite(state.rows).all():
        return "it gives other counts"
    return None


def state_contents(state):
    matrices = [matrix.toarray().tolist() for matrix in (state.counted.matrix, state.counted.contexts)]
    return state.tokens.words, state.tokens.counts.tolist(), state.rows.tobytes(), matrices, state.terms, state.acronyms


def attempt(rng, folder, work):
    """Make one change and see what comes of it. RETURNS: What is wrong; None for nothing."""
    kind = rng.choice(["float32", "float16", "int8", "int8", "state"])
    shutil.copytree(folder / kind / "right", work)
    is_forged = rng.random() < 0.5
    read, use, all_of = VectorTable.from_disk, use_table, contents
    if kind == "state":
        read, use, all_of = State.from_disk, use_state, state_contents
    if is_forged:
        forged(rng, work)
    else:
        damaged(rng, work, folder / kind / "other")
    if kind != "state" and rng.random() < 0.3:
        data = bytearray(packed({name: (work / name).read_bytes() for name in FILES if (work / name).is_file()}))
        if rng.random() < 0.3:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        read, work = VectorTable.from_bytes, bytes(data)
    try:
        found = read(work)
        if is_forged:
            return use(found)
        return (
            None if all_of(found) == all_of(type(found).from_disk(folder / kind / "right")) else "it gives other rows"
        )
    except DomainVectorsError as e:
        return None if str(e).startswith("[DV0") else f"an error without a code: {e}"


def work_on(folder, seed, start, stop, sender):
    """Make tries from start to below stop, and send the number and what is wrong of each."""
    limit_memory()
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", RuntimeWarning)
    for number in range(start, stop):
        rng = random.Random(f"{seed}-{number}")
        with tempfile.TemporaryDirectory(dir=folder) as work:
            signal.alarm(SECONDS)
            try:
                fault = attempt(rng, folder, Path(work) / "copy")
            except BaseException as e:  # whatever it is, it is no coded error
                fault = f"{type(e).__name__}: {e}"
            signal.alarm(0)
        sender.send((number, fault))


def limit_memory():
    """Let this process have no more than a gigabyte beside what it has."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def timed_out(*args):
    raise TimeoutError(f"it takes longer than {SECONDS} seconds")


def main():
    """Run the tries in a process of their own, which is started anew where one has ended it."""
    tally = Tally("Mutations of tables and counts", long=2000, short=60)
    context, done = multiprocessing.get_context("spawn"), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        while done < tally.planned:
            receiver, sender = context.Pipe(duplex=False)
            worker = context.Process(target=work_on, args=(folder, tally.seed, done, tally.planned, sender))
            worker.start()
            sender.close()
            with suppress(EOFError):
                while done < tally.planned and receiver.poll(3 * SECONDS + 60):
                    number, fault = receiver.recv()
                    tally.check(fault and f"mutation {number}: {fault}")
                    done = number + 1
            if done < tally.planned:
                worker.kill()
                worker.join()
                tally.check(f"mutation {done}: the process ended with {worker.exitcode}, or hangs")
                done += 1
            worker.join()
    tally.close()


signal.signal(signal.SIGALRM, timed_out)
if __name__ == "__main__":
    sys.exit(main())
