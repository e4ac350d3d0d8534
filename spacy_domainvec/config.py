"""Settings: the packaged defaults, a config file over them, and overrides over both; checked before any work."""

import configparser
import difflib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

from confection import Config, ConfigValidationError
from spacy.util import dot_to_dict, registry

from . import trainers as _trainers  # noqa: F401  (registers its functions)
from .combine import Combiner
from .corpus import ATTRS
from .errors import DomainVectorsError, Errors
from .rows import DTYPES
from .training import Trainer

DEFAULT_CONFIG = Path(__file__).parent / "default_config.cfg"


@dataclass(frozen=True)
class Paths:
    """What to read: the corpus, or vectors and counts in its place, the base pipeline, and a list of terms."""

    corpus: str | list[str] | None
    vectors: str | None
    counts: str | None
    base: str
    terms: str | None


@dataclass(frozen=True)
class CorpusSettings:
    """How texts are read and words told apart."""

    field: str
    attr: str


@dataclass(frozen=True)
class PhraseSettings:
    """Which phrases get a vector."""

    min_count: int
    threshold: float


@dataclass(frozen=True)
class VocabularySettings:
    """Which words get a vector."""

    min_count: int
    max_vocab: int | None
    fold_in_min_count: int | None
    phrases: PhraseSettings | None


@dataclass(frozen=True)
class WeightingSettings:
    """How words are weighted in a mean."""

    a: float | None


@dataclass(frozen=True)
class SubwordSettings:
    """What makes vectors for words never seen."""

    n_rows: int
    min_n: int
    max_n: int
    hash_count: int


@dataclass(frozen=True)
class StorageSettings:
    """How the table is stored."""

    dtype: str
    max_rows: int | None
    max_mb: float | None
    subwords: SubwordSettings | None


@dataclass(frozen=True)
class SystemSettings:
    """What is random."""

    seed: int


SECTIONS = {
    "paths": Paths,
    "corpus": CorpusSettings,
    "vocabulary": VocabularySettings,
    "weighting": WeightingSettings,
    "storage": StorageSettings,
    "system": SystemSettings,
}
FUNCTIONS = ("trainer", "combine")


@dataclass(frozen=True, eq=False)
class Settings:
    """All settings, resolved: registered functions are called, everything else has the type it should have.

    trainers: The trainers by name; the first is "trainer", the others those of [more_trainers].
    config: What was resolved, as JSON-serializable values.
    """

    paths: Paths
    corpus: CorpusSettings
    vocabulary: VocabularySettings
    trainers: dict[str, Trainer]
    combiner: Combiner
    weighting: WeightingSettings
    storage: StorageSettings
    system: SystemSettings
    config: dict[str, Any]


def load_settings(
    given: str | Path | Mapping[str, Any] | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Read a config over the defaults, and check it.

    given: What differs from the defaults: a config file, or its sections.
    overrides: Values by dotted name, such as {"trainer.vector_size": 200}.
    RAISES: DomainVectorsError (DV045, DV060, DV061), naming the setting.
    """
    default = Config().from_disk(DEFAULT_CONFIG)
    try:
        read = (
            Config(dict(given))
            if isinstance(given, Mapping)
            else given and Config().from_disk(given, interpolate=False)
        )
        config = default.merge(read) if read else default
        config = Config(config.merge(dot_to_dict(dict(overrides or {})))).interpolate()
    except ConfigValidationError as e:
        raise DomainVectorsError(Errors.DV061.format(why=_one_line(e))) from None
    except (OSError, configparser.Error, ValueError, KeyError, TypeError, AttributeError) as e:
        raise DomainVectorsError(Errors.DV061.format(why=e)) from None
    _check_names("the config", config, [*default])
    sections = {name: _section(kind, name, config[name]) for name, kind in SECTIONS.items()}
    _check_values(*(sections[name] for name in ("corpus", "vocabulary", "weighting", "storage")))
    blocks = {name: config[name] for name in FUNCTIONS}
    # Versions of confection differ in the order they keep.
    more_trainers = sorted(_table("more_trainers", config["more_trainers"]).items())
    more = {f"more_trainers.{name}": block for name, block in more_trainers}
    made = {name: _call(name, block) for name, block in {**blocks, **more}.items()}
    return Settings(
        **sections,
        trainers={name.removeprefix("more_trainers."): made[name] for name in ["trainer", *more]},
        combiner=made["combine"],
        config=dict(config),
    )


def _section(kind: Any, name: str, values: Any) -> Any:
    hints = get_type_hints(kind)
    _check_names(name, _table(name, values), hints)
    resolved = {}
    for key, value in values.items():
        nested = next((option for option in get_args(hints[key]) if is_dataclass(option)), None)
        if nested is not None and value is not None:
            value = _section(nested, f"{name}.{key}", value)
        elif not _fits(value, hints[key]):
            expected = getattr(hints[key], "__name__", str(hints[key])).replace("UnionType", str(hints[key]))
            raise _bad(f"{name}.{key}", value, expected)
        resolved[key] = value
    missing = [field.name for field in fields(kind) if field.name not in resolved]
    if missing:
        raise DomainVectorsError(Errors.DV061.format(why=f"[{name}] lacks {', '.join(missing)}"))
    return kind(**resolved)


def _check_values(
    corpus: CorpusSettings, vocabulary: VocabularySettings, weighting: WeightingSettings, storage: StorageSettings
) -> None:
    if corpus.attr not in ATTRS:
        raise DomainVectorsError(Errors.DV037.format(attr=corpus.attr, allowed=", ".join(ATTRS)))
    if weighting.a is not None and weighting.a <= 0:
        raise _bad("weighting.a", weighting.a, "a number above 0, or null")
    if storage.dtype not in DTYPES:
        raise _bad("storage.dtype", storage.dtype, ", ".join(DTYPES))
    if storage.max_mb is not None and storage.max_mb <= 0:
        raise _bad("storage.max_mb", storage.max_mb, "a number above 0, or null")
    whole = {"storage.max_rows": storage.max_rows, "vocabulary.fold_in_min_count": vocabulary.fold_in_min_count}
    if phrases := vocabulary.phrases:
        whole["vocabulary.phrases.min_count"] = phrases.min_count
        if not -1 <= phrases.threshold <= 1:
            raise _bad("vocabulary.phrases.threshold", phrases.threshold, "a number from -1 to 1")
    if subwords := storage.subwords:
        whole |= {f"storage.subwords.{name}": getattr(subwords, name) for name in ("n_rows", "min_n")}
        if subwords.max_n < subwords.min_n:
            raise _bad("storage.subwords.max_n", subwords.max_n, f"a number from min_n, {subwords.min_n}")
        if not 1 <= subwords.hash_count <= 4:
            raise _bad("storage.subwords.hash_count", subwords.hash_count, "a number from 1 to 4")
    for name, value in whole.items():
        if value is not None and value < 1:
            raise _bad(name, value, "a number from 1")


def _bad(name: str, value: Any, expected: str) -> DomainVectorsError:
    return DomainVectorsError(Errors.DV045.format(name=name, value=repr(value), expected=expected))


def _call(name: str, block: Any) -> Any:
    function = _table(name, block).get("@misc")
    if function is None:
        why = f"[{name}] needs @misc, the name of a registered function"
        raise DomainVectorsError(Errors.DV061.format(why=why))
    known = [known for known in registry.misc.get_all() if known.startswith("spacy_domainvec.")]
    if not registry.has("misc", function):
        shown = {"key": function, "section": name, "hint": _hint(function, known), "known": ", ".join(known)}
        raise DomainVectorsError(Errors.DV060.format(**shown))
    signature = inspect.signature(registry.get("misc", function))
    takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    if not takes_any:
        _check_names(name, [key for key in block if key != "@misc"], signature.parameters)
    try:
        return registry.resolve({name: block})[name]
    except ConfigValidationError as e:
        raise DomainVectorsError(Errors.DV061.format(why=_one_line(e))) from None


def _check_names(section: str, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            shown = {"key": name, "section": section, "hint": _hint(name, known), "known": ", ".join(known)}
            raise DomainVectorsError(Errors.DV060.format(**shown))


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""


def _table(name: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise DomainVectorsError(Errors.DV061.format(why=f"[{name}] must be a section, not {values!r}"))
    return values


def _fits(value: Any, hint: Any) -> bool:
    if isinstance(hint, UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if hint == list[str]:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if hint is float else hint)


def _one_line(error: ConfigValidationError) -> str:
    details = [f"{'.'.join(str(part) for part in e.get('loc', []))}: {e.get('msg', '')}" for e in error.errors or []]
    return "; ".join(details) or str(error.desc or error).strip()
