import io
import json

import pytest

from spacy_domainvec.files import integrity
from spacy_domainvec.files.integrity import check, checksum, parsed, sealed, unsealed


@pytest.fixture
def small_limits(monkeypatch):
    """As if a file of 100 bytes were above 32 MiB."""
    monkeypatch.setattr(integrity, "WHOLE", 99)
    monkeypatch.setattr(integrity, "BLOCK", 4)
    monkeypatch.setattr(integrity, "N_BLOCKS", 3)


def fault(data, noted, **how):
    try:
        check(io.BytesIO(data), noted, **how)
    except ValueError as e:
        return str(e)
    return None


def flipped(data, place, bit=0):
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def test_the_hash_is_that_of_sha256sum():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert checksum(io.BytesIO(b"")) == {"size": 0, "sha256": empty}


def test_every_bit_is_noticed():
    data = bytes(range(20))
    noted = checksum(io.BytesIO(data))
    assert fault(data, noted) is None
    assert all(fault(flipped(data, i // 8, i % 8), noted) for i in range(160))


@pytest.mark.parametrize("data", [b"", b"abc", b"abcde"])
def test_another_size_is_told(data):
    assert f"it has {len(data)} bytes" in fault(data, checksum(io.BytesIO(b"abcd")))


@pytest.mark.parametrize("noted", [None, [], "x", {}, {"size": 4}, {"size": 4, "sha256": None}, {"size": "4"}])
def test_without_a_hash_nothing_is_right(noted):
    assert fault(b"abcd", noted)


def test_of_a_large_file_the_ends_the_middle_and_the_size_are_checked(small_limits):
    data = bytes(100)
    noted = checksum(io.BytesIO(data))
    assert set(noted) == {"size", "sha256", "sampled"}
    noticed = [i for i in range(100) if fault(flipped(data, i), noted, in_full=False)]
    assert noticed == [0, 1, 2, 3, 48, 49, 50, 51, 96, 97, 98, 99]
    assert all(fault(flipped(data, i), noted) for i in range(100))
    assert fault(data + b"x", noted, in_full=False)
    # A file that was small when it was written has no such hash.
    assert fault(data, {"size": 100, "sha256": noted["sha256"]}, in_full=False)


VALUES = {"a": 0.1 + 0.2, "b": [1, None, "ö\ud83d"], "files": {"x": {"size": 1, "sha256": "0"}}}


def test_values_are_sealed_and_read_as_they_were():
    assert unsealed(sealed(VALUES)) == (VALUES, True)
    assert json.loads(sealed(VALUES))["a"] == VALUES["a"]
    assert sealed(VALUES) == sealed(VALUES)


def test_every_bit_of_what_is_sealed_is_noticed():
    data = sealed(VALUES)
    for i in range(len(data) * 8):
        try:
            _, is_sealed = unsealed(flipped(data, i // 8, i % 8))
        except ValueError:
            continue
        assert not is_sealed


@pytest.mark.parametrize("n", range(1, 90, 7))
def test_what_breaks_off_is_noticed(n):
    with pytest.raises(ValueError):
        unsealed(sealed(VALUES)[:-n])
    with pytest.raises(ValueError, match="bytes are not those"):
        unsealed(sealed(VALUES) + b" " * n)


def test_what_nobody_sealed_is_told_apart():
    assert unsealed(b'{"sha256": "x", "a": 1}') == ({"a": 1}, False)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x"])
def test_what_is_no_json_is_not_sealed(value):
    with pytest.raises((ValueError, TypeError)):
        sealed({"a": value})


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b"NaN", b"[NaN]", b"[Infinity]", b"[" * 100_000, b"{}", b'"x"', b"[1]x", b"null"]
)
def test_what_is_no_list_is_refused(data):
    with pytest.raises(ValueError):
        parsed(data, list)
