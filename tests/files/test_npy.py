import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_domainvec.files.npy import read_array, write_array

ALL = ("<f4", "<f2", "|i1", "<i8", "<u8")
DATA = io.BytesIO()
write_array(DATA, np.arange(12).reshape(3, 4), "<i8")
DATA = DATA.getvalue()


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("shape", [(3,), (0,), (3, 4), (0, 4), (3, 0), (1, 1), (100_000, 1)])
@pytest.mark.parametrize("mapped", [False, True])
def test_arrays_are_read_as_they_were_written(tmp_path, dtype, shape, mapped):
    array = (np.arange(np.prod(shape)) % 100).reshape(shape).astype(dtype)
    # However they lie in memory.
    for form in (array, np.asfortranarray(array), array.astype(array.dtype.newbyteorder(">"))):
        write_array(tmp_path / "a.npy", form, dtype)
        with (tmp_path / "a.npy").open("rb") as file:
            found = read_array(file, ALL, len(shape), mapped)
        assert np.array_equal(found, array)
        assert (found.dtype, found.shape) == (array.dtype, shape)
        assert np.array_equal(np.load(tmp_path / "a.npy"), array)
        assert isinstance(found, np.memmap) is mapped
        assert not found.flags.writeable


def test_bytes_are_not_copied():
    file = io.BytesIO(DATA)
    assert np.shares_memory(read_array(file, ALL, 2), np.frombuffer(file.getvalue(), "u1"))


def header(text, length=None, data=b"\0" * 96):
    text = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + (length or len(text)).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        DATA[:60],
        DATA[:-1],
        DATA + b"\0",
        DATA.replace(b"\x01\x00", b"\x02\x00", 1),
        DATA.replace(b"False", b"True "),
        DATA.replace(b"<i8", b">i8"),
        DATA.replace(b"<i8", b"|O8"),
        DATA.replace(b"(3, 4)", b"(4, 4)"),
        DATA.replace(b"(3, 4)", b"(12,)"),
        header("{'descr': '<i8', 'fortran_order': False, 'shape': (3, 4), }", length=9),
        header("{'descr': '<i8', 'fortran_order': False, 'shape': (-3, -4), }"),
        header("{'descr': '<i8', 'fortran_order': False, 'shape': (999999999999999999, 999999999999999999), }"),
        header("{'descr': '<i8', 'fortran_order': False, 'shape': (" + "9" * 5000 + ", 4), }"),
        header("{'descr': '<f9', 'fortran_order': False, 'shape': (3, 4), }"),
        header("{'descr': [('a', 'O')], 'fortran_order': False, 'shape': (3, 4), }"),
        header("(" * 4000),
        header("-" * 4000 + "1"),
    ],
    ids=lambda data: repr(data[10:60]),
)
@pytest.mark.parametrize("mapped", [False, True])
def test_anything_else_is_refused(tmp_path, data, mapped):
    (tmp_path / "a.npy").write_bytes(data)
    with (tmp_path / "a.npy").open("rb") as file, pytest.raises(ValueError):
        read_array(file, ALL, 2, mapped)


def test_other_arrays_than_are_expected_are_refused():
    with pytest.raises(ValueError, match=r"shape \(3, 4\) and the dtype <i8"):
        read_array(io.BytesIO(DATA), ["<f4"], 2)
    with pytest.raises(ValueError, match="shape"):
        read_array(io.BytesIO(DATA), ALL, 1)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_header_does_more_than_be_refused(data):
    changed = bytearray(DATA)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, 127))] = data.draw(st.integers(0, 255))
    try:
        found = read_array(io.BytesIO(bytes(changed)), ALL, 2)
    except ValueError:
        return
    assert found.nbytes == 96
