import shutil

import numpy as np
import pytest
import scipy.sparse

from spacy_domainvec import DomainVectorsError
from spacy_domainvec.counting import matrix_sums as sums
from spacy_domainvec.counting.matrix_sums import StoredMatrix, SumTree, added, write_matrix
from spacy_domainvec.files.replacing import replaced_directory

N_ROWS, N_COLUMNS = 9, 6


def matrices(n, seed=0):
    """Matrices with empty rows, and numbers that no int32 holds."""
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 2**40, (n, N_ROWS, N_COLUMNS)) * (rng.random((n, N_ROWS, N_COLUMNS)) < 0.3)
    made[:, 4] = 0
    return made


def stored(folder, dense):
    folder.mkdir()
    write_matrix(folder, [scipy.sparse.csr_matrix(dense)])
    return StoredMatrix(folder)


def whole(blocks):
    return scipy.sparse.vstack(list(blocks)).toarray()


@pytest.mark.parametrize("n_blocks", [1, 4, 9])
def test_rows_are_read_as_they_were_written(tmp_path, n_blocks):
    dense = matrices(1)[0]
    write_matrix(tmp_path, map(scipy.sparse.csr_matrix, np.array_split(dense, n_blocks)))
    for first in range(N_ROWS):
        for last in range(first, N_ROWS + 1):
            rows = StoredMatrix(tmp_path).rows(first, last, N_COLUMNS)
            assert rows.dtype == np.int64
            assert np.array_equal(rows.toarray(), dense[first:last])


@pytest.mark.parametrize("n_rows", [0, 3])
def test_an_empty_matrix_is_written_too(tmp_path, n_rows):
    rows = stored(tmp_path / "a", np.zeros((n_rows, 2), dtype="i8")).rows(0, n_rows, 2)
    assert (rows.shape, rows.nnz) == ((n_rows, 2), 0)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("ends.npy", lambda old: old[:-9]),
        ("ends.npy", lambda old: b""),
        ("ends.npy", lambda old: old[:-8] + b"\xff" * 7 + b"\x7f"),
        ("ends.npy", lambda old: old[:-16] + b"\xff" * 7 + b"\x7f" + old[-8:]),
        # The largest number and the smallest, whose difference is too large: it would come out as 1.
        ("ends.npy", lambda old: old[:-32] + b"\xff" * 7 + b"\x7f" + bytes(7) + b"\x80" + b"\xff" * 8 + old[-8:]),
        ("ends.npy", lambda old: old[:128] + b"\1" + old[129:]),
        ("columns.int32", lambda old: old[:-4]),
        ("columns.int32", lambda old: old[:-4] + N_COLUMNS.to_bytes(4, "little")),
        ("columns.int32", lambda old: old[:-4] + b"\xff" * 4),
        ("values.int64", lambda old: old + bytes(8)),
        ("values.int64", lambda old: old[:-8] + b"\xff" * 8),
        ("values.int64", None),
        ("ends.npy", None),
    ],
)
def test_no_file_is_handed_to_scipy_that_it_can_not_read(tmp_path, file, change):
    folder = tmp_path / "a"
    stored(folder, matrices(1)[0])
    data = (folder / file).read_bytes()
    (folder / file).unlink()
    if change:
        (folder / file).write_bytes(change(data))
    with pytest.raises(DomainVectorsError, match=rf"DV042.*a/(ends|{file})"):
        StoredMatrix(folder).rows(0, N_ROWS, N_COLUMNS)


def test_the_number_of_all_rows_is_checked(tmp_path):
    matrix = stored(tmp_path / "a", matrices(1)[0])
    assert np.array_equal(matrix.whole(N_ROWS, N_COLUMNS).toarray(), matrices(1)[0])
    for n_rows in (0, N_ROWS - 1, N_ROWS + 1):
        with pytest.raises(DomainVectorsError, match=f"DV042.*it has {N_ROWS} rows"):
            matrix.whole(n_rows, N_COLUMNS)


@pytest.mark.parametrize("n_entries", [1, 7, 10**6])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_sum_is_that_of_all_whatever_is_read_at_a_time(tmp_path, n, n_entries):
    dense = matrices(n)
    blocks = list(added([stored(tmp_path / str(i), one) for i, one in enumerate(dense)], N_COLUMNS, n_entries))
    assert np.array_equal(whole(blocks), dense.sum(axis=0))
    assert (len(blocks) == 1) is (n_entries == 10**6)
    assert all(block.nnz <= n_entries or block.shape[0] == 1 for block in blocks)


class Made:
    """Makes the matrices that a tree asks for, until it is interrupted."""

    def __init__(self, folder, n):
        self.folder, self.dense, self.asked = folder, matrices(n), []
        self.names = [f"task{i}" for i in range(n)]

    def tree(self):
        return SumTree(self.folder, self.names, N_COLUMNS, 7)

    def make(self, names, until=10**6):
        for name in names:
            if len(self.asked) == until:
                raise KeyboardInterrupt
            self.asked.append(name)
            if not (self.folder / name).exists():
                with replaced_directory(self.folder / name) as new:
                    write_matrix(new, [scipy.sparse.csr_matrix(self.dense[self.names.index(name)])])
            yield self.folder / name

    def is_right(self, found):
        return np.array_equal(whole(added(found, N_COLUMNS, 10**6)), self.dense.sum(axis=0))


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 16, 63, 64, 65, 70])
def test_a_tree_adds_up_all_and_deletes_what_it_has_added(tmp_path, n):
    made = Made(tmp_path, n)
    found = made.tree().total(made.make(made.tree().missing()))
    assert made.asked == made.names
    assert made.is_right(found)
    assert sorted(matrix.folder for matrix in found) == sorted(tmp_path.iterdir())
    # As many as n has in base 8.
    assert len(found) == sum(int(digit) for digit in oct(n)[2:])


@pytest.mark.slow
@pytest.mark.parametrize("until", [0, 5, 8, 15, 63, 64, 66])
def test_a_tree_goes_on_from_the_sums_that_are_there(tmp_path, until):
    made = Made(tmp_path, 70)
    with pytest.raises(KeyboardInterrupt):
        made.tree().total(made.make(made.tree().missing(), until))
    assert len(list(tmp_path.iterdir())) < 8 + 8
    made.asked = []
    missing = made.tree().missing()
    assert missing == made.names[until // 8 * 8 :]
    found = made.tree().total(made.make(missing))
    assert made.asked == missing
    assert made.is_right(found)
    assert made.tree().missing() == made.names[64:]
    assert sorted(matrix.folder for matrix in found) == sorted(tmp_path.iterdir())


def test_what_is_in_a_sum_but_not_deleted_is_not_added_again(tmp_path, monkeypatch):
    def interrupted(path, ignore_errors=False):
        if not ignore_errors:
            raise KeyboardInterrupt
        shutil_rmtree(path, ignore_errors)

    shutil_rmtree = shutil.rmtree
    made = Made(tmp_path, 20)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(sums.shutil, "rmtree", interrupted)
        made.tree().total(made.make(made.tree().missing()))
    assert made.tree().missing() == made.names[8:]
    assert made.is_right(made.tree().total(made.make(made.tree().missing())))
