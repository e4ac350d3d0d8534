import json
import random
import shutil
from dataclasses import replace

import numpy as np
import pytest
import spacy
from conftest import NO_FOLD_INS, files_of, tokens_of
from spacy.tokens import Doc

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.counting.adding import add_counts, add_tokens, moved_rows
from spacy_domainvec.counting.cooccurrence import both_sides, count
from spacy_domainvec.counting.fold_ins import FoldIns
from spacy_domainvec.counting.saved_counts import FILES as NAMES
from spacy_domainvec.counting.saved_counts import State
from spacy_domainvec.counting.vocabulary import Vocabulary, build_vocabulary
from spacy_domainvec.files.checked_files import checksums
from spacy_domainvec.files.integrity import sealed
from spacy_domainvec.files.names import TAUGHT
from spacy_domainvec.files.npy import write_array
from spacy_domainvec.table.space import Lessons, Space
from spacy_domainvec.util.arrays import scaled_to_unit
from spacy_domainvec.util.jobs import Jobs

LETTERS = list("abcdefghij")
FILES = ["meta.json", "words.json", "spans.json", "counts.npy", "once.npy", "span_counts.npy", "rows.npy"]
FILES += ["domain_matrix.npy", "base_matrix.npy", "base_centre.npy", "map.npy"]
FILES += [f"{name}/{file}" for name in ("pairs", "contexts") for file in ("ends.npy", "columns.int32", "values.int64")]


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    nlp = spacy.blank("en")
    # A plain function need not be written to disk and read again.
    nlp.tokenizer = lambda text: Doc(nlp.vocab, words=text.split())
    return lambda texts: tokens_of(tmp_path_factory.mktemp("corpus"), *texts, nlp=nlp)


@pytest.fixture(scope="module")
def counted(tmp_path_factory, tokens):
    folder = tmp_path_factory.mktemp("jobs")

    def counts(texts, vocabulary, fold_ins=NO_FOLD_INS, window=4, subsample=0.0, seed=0):
        return count(tokens(texts), vocabulary, fold_ins, Jobs(folder), window, subsample, seed)

    return counts


@pytest.fixture(scope="module")
def state(tokens, counted):
    texts = random_texts()
    found = tokens([*texts, "once never"])
    vocabulary = build_vocabulary(found, 2)
    rows = scaled_to_unit(np.random.default_rng(0).normal(size=(len(vocabulary), 3)).astype("f"))
    acronyms = {"apr": ("annual", "percentage", "rate")}
    terms = [("once",), ("a", "b"), ("not", "there")]
    matrix, centre = np.eye(3, dtype="f"), np.array([0.5, 0, 0], dtype="f")
    space = Space(matrix, centre, 2 * matrix, 3 * matrix)
    counts = counted(texts, vocabulary, fold_ins_of("once", "a b"))
    return State(found, counts, rows, space, acronyms, terms)


def random_texts(n=40, seed=0, letters=LETTERS):
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, len(letters) + 1)
    # All letters are in the first text.
    return [" ".join(letters), *(" ".join(rng.choice(letters, 12, p=shares / shares.sum())) for _ in range(n - 1))]


def fold_ins_of(*names):
    return FoldIns([tuple(name.split()) for name in names], np.ones(len(names), dtype="i8"))


def words_of(*words):
    return Vocabulary(list(words), np.full(len(words), 2, dtype="i8"), 100)


def near(counted, row):
    """What stands beside a word or fold-in, by name."""
    matrix = counted.contexts[counted.fold_ins.names.index(row)] if row in counted.fold_ins.names else None
    if matrix is None:
        matrix = both_sides(counted.matrix)[counted.vocabulary.words.index(row)]
    return {word: int(n) for word, n in zip(counted.vocabulary.words, matrix.toarray()[0]) if n}


def assert_same_counts(one, other):
    assert one.vocabulary.words == other.vocabulary.words
    assert one.fold_ins.parts == other.fold_ins.parts
    assert np.array_equal(one.matrix.toarray(), other.matrix.toarray())
    assert np.array_equal(one.contexts.toarray(), other.contexts.toarray())
    assert one.contexts.dtype == one.matrix.dtype == np.int64
    for name in ("window", "subsample", "seed"):
        assert getattr(one, name) == getattr(other, name)


def assert_same_tokens(one, other):
    assert one.words == other.words
    assert one.counts.tolist() == other.counts.tolist()
    assert (one.n_tokens, one.n_texts, one.attr) == (other.n_tokens, other.n_texts, other.attr)
    assert set(one.once.tolist()) == set(other.once.tolist())
    assert len(one.once) == len(set(one.once.tolist()))


# Adding


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["a b b c", "only1 twice1 twice1"], ["c b d d e", "", "only2"]),
        (["a b", "c c"], ["a b", "c"]),
        (["x"], ["y"]),
        (random_texts(seed=1, letters=[f"w{i}" for i in range(200)]), random_texts(9, seed=2)),
    ],
)
def test_the_words_of_two_corpora_are_those_of_both_together(tokens, first, second):
    whole = tokens([*first, *second])
    assert_same_tokens(add_tokens(tokens(first), tokens(second)), whole)
    assert_same_tokens(add_tokens(tokens(second), tokens(first)), whole)


def test_of_two_corpora_the_new_texts_are_there(tokens):
    added = add_tokens(tokens(["a b"]), tokens(["b c", "d"]))
    assert list(added.sentences()) == [["b", "c"], ["d"]]


def test_words_are_added_again_and_again(tokens):
    texts = random_texts(30, letters=[f"w{i}" for i in range(300)])
    added = tokens(texts[:10])
    for start in (10, 20):
        added = add_tokens(added, tokens(texts[start : start + 10]))
    assert_same_tokens(added, tokens(texts))


def test_counts_of_two_halves_are_those_of_the_whole(tokens, counted):
    texts, fold_ins = random_texts(), fold_ins_of("a b", "never", "b a c")
    vocabulary = build_vocabulary(tokens(texts), 1)
    half, other, whole = (counted(some, vocabulary, fold_ins) for some in (texts[:20], texts[20:], texts))
    assert_same_counts(add_counts(half, other), whole)
    assert_same_counts(add_counts(other, half), whole)
    assert whole.contexts.nnz
    assert 0 < half.matrix.sum() < whole.matrix.sum()


def test_counts_are_added_whatever_the_order_of_the_words(tokens, counted):
    texts, fold_ins = random_texts(), ("a b", "never", "c d")
    vocabulary = build_vocabulary(tokens(texts), 1)
    half = counted(texts[:20], words_of(*sorted(vocabulary.words, reverse=True)), fold_ins_of(*fold_ins[::-1]))
    other, whole = (counted(some, vocabulary, fold_ins_of(*fold_ins)) for some in (texts[20:], texts))
    assert_same_counts(add_counts(half, other), whole)


def test_a_new_word_has_the_counts_of_the_new_texts(counted):
    old = counted(["a b a c"], words_of("a", "b"))
    new = counted(["b new a"], words_of("a", "new", "b"))
    added = add_counts(old, new)
    assert near(added, "new") == near(new, "new")
    assert near(added, "a") == {
        word: near(old, "a").get(word, 0) + near(new, "a").get(word, 0) for word in ("a", "new", "b")
    }


def test_a_rare_word_that_becomes_a_word_of_the_vocabulary_keeps_its_contexts(counted):
    old = counted(["a rare b a", "c rare"], words_of("a", "b", "c"), fold_ins_of("rare"))
    new = counted(["b c"], words_of("b", "rare", "c", "a"))
    added = add_counts(old, new)
    assert near(old, "rare")
    assert near(added, "rare") == near(old, "rare")
    again = counted(["b rare c"], words_of("b", "rare", "c", "a"))
    both = {word: near(old, "rare").get(word, 0) + near(again, "rare").get(word, 0) for word in "abc"}
    assert near(add_counts(old, again), "rare") == both


def test_a_word_that_falls_out_of_the_vocabulary_gets_its_pairs_as_contexts(counted):
    old = counted(["a out b a", "b c out"], words_of("a", "b", "c", "out"))
    new = counted(["b out c"], words_of("c", "b", "a"), fold_ins_of("out", "else"))
    added = add_counts(old, new)
    assert near(added, "out") == {w: near(old, "out").get(w, 0) + near(new, "out").get(w, 0) for w in "abc"}
    assert near(added, "else") == {}
    # What stood near it is forgotten.
    assert sum(near(added, "a").values()) < sum(near(old, "a").values())


def test_a_word_that_is_neither_is_forgotten(counted):
    old = counted(["a out b", "rare a"], words_of("a", "b", "out"), fold_ins_of("rare"))
    added = add_counts(old, counted(["a b"], words_of("a", "b")))
    assert added.contexts.shape == (0, 2)
    assert added.matrix.shape == (2, 2)


def test_a_word_that_goes_out_and_comes_back_keeps_its_contexts(counted):
    old = counted(["a moved b a"], words_of("a", "b", "moved"))
    out = add_counts(old, counted(["b a"], words_of("a", "b"), fold_ins_of("moved")))
    back = add_counts(out, counted(["b a"], words_of("moved", "a", "b")))
    assert near(back, "moved") == near(out, "moved") == near(old, "moved")


def test_nothing_can_be_added_to_and_added(tokens, counted):
    nothing, some = (counted(texts, words_of("a", "b"), fold_ins_of("x")) for texts in (["y"], ["a x b"]))
    assert_same_counts(add_counts(nothing, some), some)
    assert_same_counts(add_counts(some, nothing), some)


@pytest.mark.parametrize(
    ("name", "shown"), [("window", "3 in one and 4"), ("subsample", "3 in one and 0.0"), ("seed", "3 in one and 0")]
)
def test_counts_with_other_settings_can_not_be_added(counted, name, shown):
    old = counted(["a b a"], words_of("a", "b"), **{name: 3})
    with pytest.raises(DomainVectorsError, match=f"DV041.*{name} is {shown}"):
        add_counts(old, counted(["a b a"], words_of("a", "b")))


def test_rows_move_with_their_words():
    rows = np.arange(6, dtype="f").reshape(3, 2) + 1
    moved = moved_rows(rows, ["a", "b", "c"], ["c", "new", "a"])
    assert moved.tolist() == [[5, 6], [0, 0], [1, 2]]
    assert moved.dtype == np.float32
    assert moved_rows(rows, ["a", "b", "c"], []).shape == (0, 2)
    assert not moved_rows(rows, ["a", "b", "c"], ["x", "a b"]).any()


# The disk


def test_the_disk_keeps_everything(state, tmp_path):
    state.to_disk(tmp_path / "state")
    read = State.from_disk(tmp_path / "state")
    assert_same_tokens(read.tokens, state.tokens)
    assert_same_counts(read.counted, state.counted)
    assert read.counted.vocabulary.counts.tolist() == state.counted.vocabulary.counts.tolist()
    assert read.counted.vocabulary.n_tokens == state.counted.vocabulary.n_tokens
    assert read.counted.fold_ins.counts.tolist() == state.counted.fold_ins.counts.tolist()
    assert np.array_equal(read.rows, state.rows)
    assert read.rows.dtype == np.float32
    for name in ("domain", "centre", "base", "map"):
        assert np.array_equal(getattr(read.space, name), getattr(state.space, name)), name
    assert read.acronyms == state.acronyms
    assert read.terms == state.terms
    assert not read.tokens.parts


def test_without_spans_there_is_nothing_to_keep_of_them(tokens, counted, tmp_path):
    found = tokens(["a b a b"])
    vocabulary = build_vocabulary(found, 1)
    matrix, nothing = np.eye(3, dtype="f"), np.zeros((0, 0), dtype="f")
    space = Space(matrix, np.zeros(0, dtype="f"), nothing, None)
    counts = counted(["a b a b"], vocabulary)
    State(found, counts, np.ones((2, 3), dtype="f"), space, {}).to_disk(tmp_path / "state")
    read = State.from_disk(tmp_path / "state")
    assert read.space.map is None and read.space.base.shape == (0, 0) and read.space.centre.shape == (0,)
    assert read.counted.contexts.shape == (0, 2)
    assert read.acronyms == {}


def test_it_takes_the_place_of_an_earlier_one(state, tmp_path):
    for _ in range(2):
        state.to_disk(tmp_path / "state")
    first = files_of(tmp_path / "state")
    State.from_disk(tmp_path / "state").to_disk(tmp_path / "state")
    assert first == files_of(tmp_path / "state")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_told(state, tmp_path, file):
    state.to_disk(tmp_path / "state")
    assert {str(p.relative_to(tmp_path / "state")) for p in (tmp_path / "state").rglob("*.*")} == set(FILES)
    (tmp_path / "state" / file).unlink()
    with pytest.raises(DomainVectorsError, match=r"DV042.*state"):
        State.from_disk(tmp_path / "state")


@pytest.mark.parametrize("n_bytes", [-7, 0])
@pytest.mark.parametrize("file", FILES)
def test_a_file_that_breaks_off_is_told(state, tmp_path, file, n_bytes):
    state.to_disk(tmp_path / "state")
    damaged = tmp_path / "state" / file
    damaged.write_bytes(damaged.read_bytes()[:n_bytes])
    with pytest.raises(DomainVectorsError, match=r"DV042.*state"):
        State.from_disk(tmp_path / "state")


@pytest.mark.parametrize("file", FILES)
def test_a_flipped_bit_is_found_wherever_it_is(state, tmp_path, file):
    state.to_disk(tmp_path / "state")
    damaged, rng = tmp_path / "state" / file, random.Random(file)
    data = damaged.read_bytes()
    for place in range(0, len(data), max(1, len(data) // 100)):
        bit = 1 << rng.randrange(8)
        damaged.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        with pytest.raises(DomainVectorsError, match=rf"DV042.*{file}"):
            State.from_disk(tmp_path / "state")


def test_files_of_other_counts_are_told(state, tmp_path):
    state.to_disk(tmp_path / "state")
    replace(state, rows=-state.rows, terms=()).to_disk(tmp_path / "other")
    for file in ("rows.npy", "meta.json"):
        shutil.copytree(tmp_path / "state", tmp_path / file)
        shutil.copy(tmp_path / "other" / file, tmp_path / file / file)
        with pytest.raises(DomainVectorsError, match=r"DV042.*rows\.npy"):
            State.from_disk(tmp_path / file)


@pytest.mark.parametrize(
    ("file", "data"),
    [("meta.json", "[]"), ("meta.json", "{}"), ("words.json", '["a"]'), ("spans.json", "[]"), ("words.json", "\udcff")],
)
def test_files_of_others_are_told(state, tmp_path, file, data):
    state.to_disk(tmp_path / "state")
    (tmp_path / "state" / file).write_bytes(data.encode("utf8", "surrogateescape"))
    with pytest.raises(DomainVectorsError, match=rf"DV042.*{file}"):
        State.from_disk(tmp_path / "state")


def test_no_folder_is_told(tmp_path):
    with pytest.raises(DomainVectorsError, match=r"DV042.*nowhere"):
        State.from_disk(tmp_path / "nowhere")


# What somebody has changed who writes the hashes anew


def rewritten(folder, file=None, content=None, **meta):
    if isinstance(content, bytes):
        (folder / file).write_bytes(content)
    elif file:
        write_array(folder / file, content, content.dtype.str)
    found = json.loads((folder / "meta.json").read_text())
    found.pop("sha256")
    (folder / "meta.json").write_bytes(sealed({**found, "files": checksums(folder, (*NAMES, *TAUGHT)), **meta}))


def test_what_is_written_anew_is_read(state, tmp_path):
    state.to_disk(tmp_path / "state")
    rewritten(tmp_path / "state", n_texts=7)
    assert State.from_disk(tmp_path / "state").tokens.n_texts == 7


def i8(*values):
    return np.array(values, dtype="i8")


# Of the state above, as it is when it is right: 10 of 12 words are in the vocabulary.
ENDS, COLUMNS, VALUES = (f"pairs/{name}" for name in ("ends.npy", "columns.int32", "values.int64"))


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("words.json", lambda old: b'["a"]'),
        ("words.json", lambda old: old.replace(b'"a"', b'"b"')),
        ("words.json", lambda old: old.replace(b'"a"', b"1")),
        ("words.json", lambda old: old.replace(b'"a"', b'"\\ud800"')),
        ("words.json", lambda old: b"{}"),
        ("spans.json", lambda old: b"[]"),
        ("spans.json", lambda old: b'[[], ["a"]]'),
        ("spans.json", lambda old: b'["once", "a b"]'),
        ("spans.json", lambda old: b'[["once"], [1]]'),
        ("spans.json", lambda old: b'[["once"], ["once"]]'),
        ("counts.npy", lambda old: -old),
        ("counts.npy", lambda old: old + 2**62),
        ("counts.npy", lambda old: old[1:]),
        ("counts.npy", lambda old: old.astype("f8")),
        ("counts.npy", lambda old: old[:, None]),
        ("span_counts.npy", lambda old: -1 - old),
        ("span_counts.npy", lambda old: old[:1]),
        ("once.npy", lambda old: old.astype("i8")),
        ("rows.npy", lambda old: old * np.float32("nan")),
        ("rows.npy", lambda old: old * 2),
        ("map.npy", lambda old: old * np.float32("nan")),
        ("map.npy", lambda old: old[1:]),
        ("map.npy", lambda old: old[0]),
        ("base_centre.npy", lambda old: np.full_like(old, np.inf)),
        ("base_centre.npy", lambda old: old[:, None]),
        ("base_centre.npy", lambda old: old[:2]),
        ("base_matrix.npy", lambda old: old * np.float32("nan")),
        ("base_matrix.npy", lambda old: old[1:]),
        ("domain_matrix.npy", lambda old: np.full_like(old, np.inf)),
        ("domain_matrix.npy", lambda old: old[:2]),
        ("rows.npy", lambda old: old[1:]),
        ("rows.npy", lambda old: old[:, :0]),
        ("rows.npy", lambda old: old[:, 0]),
        ("rows.npy", lambda old: old.astype("f8")),
        (ENDS, lambda old: old[:-1]),
        (ENDS, lambda old: old[:0]),
        (ENDS, lambda old: old[::-1]),
        (ENDS, lambda old: old + 1),
        (ENDS, lambda old: old * 10**15),
        (ENDS, lambda old: np.where(np.arange(len(old)) == 3, 10**12, old)),
        (ENDS, lambda old: np.where(np.arange(len(old)) == 3, -(10**12), old)),
        (ENDS, lambda old: old.astype("i4")),
        (COLUMNS, lambda old: old[:-4]),
        (COLUMNS, lambda old: b"\x0a\0\0\0" + old[4:]),
        (COLUMNS, lambda old: b"\xff\xff\xff\xff" + old[4:]),
        (COLUMNS, lambda old: b"\xff\xff\xff\x7f" + old[4:]),
        (VALUES, lambda old: old + bytes(8)),
        (VALUES, lambda old: (bytes(7) + b"\x30") * (len(old) // 8)),
        (VALUES, lambda old: b"\xff" * 8 + old[8:]),
        (VALUES, lambda old: b"\xff" * 7 + b"\x7f" + old[8:]),
        ("contexts/ends.npy", lambda old: np.append(old, old[-1])),
    ],
)
def test_what_can_not_be_added_to_is_refused_when_it_is_read(state, tmp_path, file, change):
    state.to_disk(tmp_path / "state")
    path = tmp_path / "state" / file
    rewritten(tmp_path / "state", file, change(np.load(path) if file.endswith("npy") else path.read_bytes()))
    with pytest.raises(DomainVectorsError, match="DV042.*state"):
        State.from_disk(tmp_path / "state")


@pytest.mark.parametrize(
    "meta",
    [
        *({name: value} for name in ("n_tokens", "n_texts", "n_words", "seed") for value in (-1, None, "5", 1.5, True)),
        *({"n_words": value} for value in (0, 9, 11, 10**12)),
        *({"window": value} for value in (0, -1, 21, 10**9, "5", None)),
        *({"subsample": value} for value in (-1, "0", None)),
        *({"attr": value} for value in ("lower", None, 1)),
        *({"acronyms": value} for value in (None, [], {"a": "b"}, {"a": []}, {"a": [1]})),
        *({"terms": value} for value in (None, {}, ["a"], [[]], [[1]])),
        *({"format": value} for value in (None, 1, "2")),
        *({"files": value} for value in (None, [], {}, {"rows.npy": 1})),
    ],
    ids=repr,
)
def test_no_entry_of_the_meta_is_of_another_kind(state, tmp_path, meta):
    state.to_disk(tmp_path / "state")
    rewritten(tmp_path / "state", **meta)
    with pytest.raises(DomainVectorsError, match="DV042.*state"):
        State.from_disk(tmp_path / "state")


# With a teacher


@pytest.fixture
def taught(state, tmp_path):
    """The state above with lessons: 12 words, a teacher of a width of 2, and a table of a width of 3."""
    rng = np.random.default_rng(1)
    arrays = [rng.random(shape).astype("f") for shape in ((12, 2), 12, 2, 2, (2, 3), (3, 3), (4, 3))]
    lessons = Lessons(*arrays, **NUMBERS)
    replace(state, lessons=lessons).to_disk(tmp_path / "state")
    return lessons


NUMBERS = {"factor": 2.0, "penalty": 0.5, "n_sentences": 70, "checksum": "abc"}


@pytest.mark.parametrize("changes", [{}, {"of_base": None}], ids=str)
def test_lessons_are_read_as_they_were_written(state, taught, changes, tmp_path):
    lessons = replace(taught, **changes)
    replace(state, lessons=lessons).to_disk(tmp_path / "again")
    found = State.from_disk(tmp_path / "again").lessons
    for name, value in vars(lessons).items():
        assert np.array_equal(getattr(found, name), value), name


@pytest.mark.parametrize("file", TAUGHT)
def test_a_flipped_bit_in_lessons_is_found(taught, tmp_path, file):
    damaged = tmp_path / "state" / file
    data = damaged.read_bytes()
    damaged.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(DomainVectorsError, match=rf"DV042.*{file}"):
        State.from_disk(tmp_path / "state")
    damaged.unlink()
    with pytest.raises(DomainVectorsError, match=rf"DV042.*{file}"):
        State.from_disk(tmp_path / "state")


@pytest.mark.parametrize("file", TAUGHT)
@pytest.mark.parametrize("change", [lambda old: old[:, 1:], lambda old: old * np.float32("nan"), lambda old: old[0]])
def test_lessons_that_do_not_fit_are_refused(taught, tmp_path, file, change):
    rewritten(tmp_path / "state", file, change(np.load(tmp_path / "state" / file)))
    with pytest.raises(DomainVectorsError, match="DV042.*state"):
        State.from_disk(tmp_path / "state")


@pytest.mark.parametrize(
    "value",
    [
        [],
        "abc",
        3,
        {"factor": 1.0},
        *({**NUMBERS, **part} for part in ({"checksum": None}, {"checksum": 3}, {"penalty": -1}, {"more": 1})),
    ],
    ids=repr,
)
def test_numbers_of_lessons_that_can_not_be_used_are_refused(taught, tmp_path, value):
    rewritten(tmp_path / "state", teacher=value)
    with pytest.raises(DomainVectorsError, match="DV042.*teacher"):
        State.from_disk(tmp_path / "state")
