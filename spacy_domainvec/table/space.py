"""The space of a table, and how vectors of the base and of the domain come into it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..util.arrays import scaled_to_unit


@dataclass(frozen=True, eq=False)
class BasePart:
    """How a vector of the base becomes a row of the combined table.

    matrix: What a vector is multiplied by, shape (base_width, width), float32. The length it gives
        is the weight in a mean of a word that the domain never saw.
    centre: What is taken from the vector of unit length before, shape (base_width,), float32.
    """

    matrix: np.ndarray
    centre: np.ndarray

    def fits(self, base_width: int) -> bool:
        """Whether vectors of the base have the width that this was made for, or there are none."""
        return base_width in (0, len(self.matrix))

    def embed(self, unit_rows: np.ndarray) -> np.ndarray:
        """Unit-length rows of the base, shape (n, base_width), as the table's, (n, width), float32."""
        return np.asarray(off_centre(unit_rows, self.centre) @ self.matrix, dtype="f")

    def mapped(self, matrix: np.ndarray | np.floating[Any]) -> "BasePart":
        """The same, for rows of the table multiplied by a matrix, shape (width, width), or a number."""
        return replace(self, matrix=np.asarray(np.dot(self.matrix, matrix), dtype="f"))


def off_centre(unit_rows: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Rows less a centre, of unit length again; rows of zeros stay. Shape (n, base_width), float32."""
    is_known = unit_rows.any(axis=1, keepdims=True)
    return scaled_to_unit(np.where(is_known, unit_rows - centre, 0).astype("f"))


@dataclass(frozen=True, eq=False)
class Space:
    """How the rows of both sides come into the space where they are combined, and on into the table's.

    domain: What the domain's rows are multiplied by, to be scaled to unit length then, shape
        (domain_width, width), float32.
    centre: What is taken from the base's vectors of unit length, shape (base_width,), float32.
    base: What these, of unit length again, are multiplied by, to be of unit length once more, shape
        (base_width, width), float32.
    map: The document map of the combined rows, shape (table_width, table_width), float32; None if none.
    """

    domain: np.ndarray
    centre: np.ndarray
    base: np.ndarray
    map: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Lessons:
    """What was learned from a teacher, and how it comes into the space of the table.

    rows: The words' and fold-ins' rows in the teacher's space, shape (n_words, teacher_width), float32.
    evidence: How much sentences told of each: the sum of the squares of its shares of them, shape
        (n_words,), float32.
    mean: The mean encoding of the sentences, shape (teacher_width,), float32.
    centre: The mean encoding of single words, shape (teacher_width,), float32.
    of_rows: What `rows` are multiplied by, shape (teacher_width, width), float32.
    of_own: What the table's rows without a teacher are multiplied by, to be added, shape (width, width),
        float32.
    of_base: What the base's rows are multiplied by, less their centre and of unit length, shape
        (base_width, width), float32; None where they have no place.
    factor: How long the row of a word is that no sentence has.
    penalty: The weight of the penalty for sentences.
    n_sentences: How many sentences were encoded.
    checksum: Of the teacher, see `Encoder`.
    """

    rows: np.ndarray
    evidence: np.ndarray
    mean: np.ndarray
    centre: np.ndarray
    of_rows: np.ndarray
    of_own: np.ndarray
    of_base: np.ndarray | None
    factor: float
    penalty: float
    n_sentences: int
    checksum: str
