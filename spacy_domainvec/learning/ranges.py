"""The type and range of each setting, in arguments of registered functions and in a config."""

from typing import TYPE_CHECKING

from pydantic import StrictBool, StrictStr

from ..counting.pairs import MAX_WINDOW
from ..table.rows import DTYPES
from ..util.attrs import ATTRS
from ..util.checking import described, number, one_of, whole

if TYPE_CHECKING:
    # Types alone, for mypy; the ranges below are checked when the code runs.
    Attr = str
    Dtype = str
    Text = str
    Paths = str | list[str]
    Start = str
    Flag = bool
    Count = int
    Words = int
    Natural = int
    Width = int
    SampleSize = int
    Window = int
    WideWindow = int
    Steps = int
    Negatives = int
    Threads = int
    NgramLength = int
    Hashes = int
    Buckets = int
    SubwordRows = int
    Seed = int
    Share = float
    Score = float
    SifShare = float
    Megabytes = float
    Growth = float
    Shares = list[float]
    Factor = float
    Exponent = float
else:
    Attr = one_of(*ATTRS)
    Dtype = one_of(*DTYPES)
    # That it is not empty is checked elsewhere: pydantic 1 and 2 have different names for patterns.
    Text = described(StrictStr, "a text that is not empty")
    Paths = Text | described(list[StrictStr], "a list of such texts")
    Start = one_of("base")
    Flag = described(StrictBool, "true or false")
    Count = whole(1, 10**9)
    # A single word has no context.
    Words = whole(2, 10**9)
    Natural = whole(0, 10**9)
    Width = whole(1, 10_000)
    SampleSize = whole(50, 10**7)
    Window = whole(1, MAX_WINDOW)
    WideWindow = whole(1, 10_000)
    Steps = whole(1, 1000)
    Negatives = whole(1, 1000)
    Threads = whole(1, 1000)
    NgramLength = whole(1, 20)
    Hashes = whole(1, 4)
    Buckets = whole(1, 10**7)
    SubwordRows = whole(1, 10**6)
    Seed = whole(0, 2**32 - 1)
    Share = number(0, 1)
    Score = number(-1, 1)
    Factor = number(0, 1000)
    Exponent = number(0, 4)
    # Below, a frequent word weighs less than float16 holds.
    SifShare = number(1e-6, 1)
    Megabytes = number(0.001, 10**6)
    Growth = number(0, 1000)
    Shares = described(list[number(0, 10**6)], f"a list of numbers from 0 to {10**6:,}")
