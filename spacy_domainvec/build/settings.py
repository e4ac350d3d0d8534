"""Settings: the defaults, updated by a config file, then by overrides; checked before any work."""

import difflib
import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confection import Config, ConfigValidationError
from spacy.util import dot_to_dict, registry

from ..errors import DomainVectorsError, Errors

# Only imported to register their functions.
from ..learning import document_map, encoding, gensim_trainers, ppmi_svd  # noqa: F401
from ..learning.combine import Combiner, check_shares
from ..learning.document_map import MapFitter
from ..learning.encoding import Teacher
from ..learning.ranges import Text
from ..learning.trainer_data import Trainer
from ..util.checking import Section, arguments_of, bad, check, is_text, kinds_in, nested_in, validated
from ..util.registered import COMBINERS, MAPS, OPTIONAL, TEACHERS, TRAINERS
from .schema import CorpusSettings, PathSettings, StorageSettings, SystemSettings, VocabularySettings, WeightingSettings

DEFAULT_CONFIG = Path(__file__).parent / "default_config.cfg"
# The largest config, in bytes as it is and in characters with its variables filled in.
LARGEST = 2**20
VARIABLE = re.compile(r"\$\{([^}]*)\}")
# The largest depth of variables within variables.
DEEPEST = 10
# The longest message of a parser to show, in characters.
MOST_SHOWN = 300

SECTIONS: dict[str, type[Section]] = {
    "paths": PathSettings,
    "corpus": CorpusSettings,
    "vocabulary": VocabularySettings,
    "weighting": WeightingSettings,
    "storage": StorageSettings,
    "system": SystemSettings,
}


@dataclass(frozen=True, eq=False)
class Settings:
    """All settings, checked against the schema, with registered functions called.

    trainers: The trainers by name: "trainer" first, then those of [more_trainers].
    more_tables: The paths of vectors of others by name, to combine with those of the trainers.
    config: The config that they are from, as JSON-serializable values.
    """

    paths: PathSettings
    corpus: CorpusSettings
    vocabulary: VocabularySettings
    trainers: dict[str, Trainer]
    more_tables: dict[str, str]
    combiner: Combiner
    map: MapFitter | None
    teacher: Teacher | None
    weighting: WeightingSettings
    storage: StorageSettings
    system: SystemSettings
    config: dict[str, Any]


def load_settings(
    given: str | Path | Mapping[str, Any] | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Read a config, add the defaults, and check it.

    given: A config file, or its sections; only differences from the defaults are needed.
    overrides: Values by dotted name, such as {"trainer.vector_size": 200}.
    RAISES: DomainVectorsError (DV045, DV051, DV060, DV061, DV079), naming the setting.
    """
    default = Config().from_disk(DEFAULT_CONFIG)
    config = _merged(default, _read(given), overrides or {})
    _check_names("the config", config, [*default])
    for name in default:
        _table(name, config[name])
    if "field" in config["corpus"]:
        config["corpus"]["field"] = _as_text(config["corpus"]["field"])
    sections = {name: _section(kind, name, config[name]) for name, kind in SECTIONS.items()}
    _check_lengths(sections["storage"])
    # Sorted, because versions of confection differ in the order.
    more = sorted(config["more_trainers"].items())
    if "trainer" in config["more_trainers"]:
        raise _unusable("[more_trainers.trainer] would take the name of [trainer]: choose another one")
    trainers = {"trainer": _call("trainer", config["trainer"], TRAINERS)}
    trainers |= {name: _call(f"more_trainers.{name}", block, TRAINERS) for name, block in more}
    more_tables = _more_tables(config["more_tables"], [*trainers, "vectors"])
    combiner = _call("combine", config["combine"], COMBINERS)
    map_ = _call_if_on("map", config["map"], MAPS)
    teacher = _call_if_on("teacher", config["teacher"], TEACHERS)
    n_tables = len(more_tables) + (1 if sections["paths"].vectors else len(trainers))
    check_shares(config["combine"].get("shares"), n_tables)
    functions = {"trainers": trainers, "combiner": combiner, "map": map_, "teacher": teacher}
    return Settings(**sections, **functions, more_tables=more_tables, config=dict(config))


def _read(given: str | Path | Mapping[str, Any] | None) -> Config:
    """The config as it was given, without the defaults. RAISES: DomainVectorsError (DV061)."""
    if given is None:
        return Config()
    if isinstance(given, Mapping):
        return Config(dict(given))
    try:
        with Path(given).open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise _unusable(f"'{given}' is not UTF-8: {e}") from None
    except (OSError, ValueError) as e:
        raise _unusable(e) from None
    if len(data) > LARGEST:
        raise _unusable(f"'{given}' has more than {LARGEST:,} bytes, so it is something else")
    try:
        return Config().from_str(text, interpolate=False)
    except Exception as e:
        # The parser raises many kinds of errors for broken files.
        raise _unusable(f"'{given}': {_one_line(e)}") from None


def _merged(default: Config, given: Config, overrides: Mapping[str, Any]) -> Config:
    """One config, its variables filled in. RAISES: DomainVectorsError (DV061)."""
    try:
        config = Config(default.merge(given).merge(dot_to_dict(dict(overrides))))
        # A file has no way to say that a section is null, and a null one may keep its numbers.
        for name in OPTIONAL:
            block = config[name]
            if block in (None, {}) or (isinstance(block, dict) and block.get("@misc", "") is None):
                config[name] = {"@misc": None}
        if not any(VARIABLE.search(text) for _, text in _leaves(config)):
            # Without variables, skip interpolation: it writes all values as text and reads them again,
            # which loses some of them.
            return config
        if _length(config) > LARGEST:
            raise ValueError(f"with variables filled in, it would have more than {LARGEST:,} characters")
        return config.interpolate()
    except Exception as e:
        # Confection raises many kinds of errors for broken values.
        raise _unusable(_one_line(e)) from None


def _length(config: Config) -> int:
    """The approximate number of characters with variables filled in: a few can expand to billions."""
    values = dict(_leaves(config))
    own = {name: len(VARIABLE.sub("", text)) for name, text in values.items()}
    used = {name: _used(name, text, values) for name, text in values.items()}
    lengths = own
    for _ in range(DEEPEST):
        lengths = {name: own[name] + sum(lengths[other] for other in used[name]) for name in values}
    return sum(lengths.values())


def _used(name: str, text: str, values: Mapping[str, str]) -> list[str]:
    """The dotted names of the variables in a value."""
    section = name.rpartition(".")[0]
    found = [variable.replace(":", ".") for variable in VARIABLE.findall(text)]
    found = [other if "." in other else f"{section}.{other}" for other in found]
    return [other for other in found if other in values]


def _leaves(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each value by its dotted name, as the text that a config file has for it."""
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value if isinstance(value, str) else str(value)


def _section(kind: type[Section], name: str, values: Any) -> Any:
    """Make a section and its subsections. RAISES: DomainVectorsError (DV045, DV060, DV061)."""
    _check_section(kind, name, values)
    return validated(kind, name, values)


def _check_section(kind: type[Section], name: str, values: Any) -> None:
    """RAISES: DomainVectorsError (DV060, DV061) for unknown or missing names."""
    kinds = kinds_in(kind)
    _check_names(name, _table(name, values), kinds)
    missing = [key for key in kinds if key not in values]
    if missing:
        raise _unusable(f"[{name}] lacks {', '.join(missing)}")
    for key, value in values.items():
        nested = nested_in(kinds[key])
        if nested is not None and value is not None:
            _check_section(nested, f"{name}.{key}", value)


def _check_lengths(storage: StorageSettings) -> None:
    """RAISES: DomainVectorsError (DV045) if max_n is below min_n."""
    subwords = storage.subwords
    if subwords and subwords.max_n < subwords.min_n:
        expected = f"a whole number from min_n, {subwords.min_n}"
        raise bad("storage.subwords.max_n", subwords.max_n, expected)


def _call_if_on(section: str, block: Any, allowed: Sequence[str]) -> Any:
    """What `_call` returns; None for a section that is turned off."""
    return None if block == {"@misc": None} else _call(section, block, allowed)


def _call(section: str, block: Any, allowed: Sequence[str]) -> Any:
    """Call the registered function that a section names.

    A name in a config runs code, so only functions of a fixed list are called.

    RAISES: DomainVectorsError (DV045, DV060, DV061, DV079).
    """
    arguments = dict(_table(section, block))
    if "@misc" not in arguments:
        known = ", ".join(allowed)
        raise _unusable(f"[{section}] needs @misc, the name of a registered function: {known}")
    name = arguments.pop("@misc")
    if name not in allowed:
        shown = {"section": section, "name": reprlib.repr(name), "known": ", ".join(allowed)}
        raise DomainVectorsError(Errors.DV079.format(**shown, hint=_hint(str(name), allowed)))
    function = registry.get("misc", name)
    model = arguments_of(function)
    _check_names(section, arguments, kinds_in(model))
    validated(model, section, arguments)
    return function(**arguments)


def _more_tables(section: Mapping[str, Any], taken: Sequence[str]) -> dict[str, str]:
    """The paths in [more_tables], ordered by their names. RAISES: DomainVectorsError (DV045, DV061)."""
    for name, path in section.items():
        if name in taken:
            why = "would take the name of another table: choose another one"
            raise _unusable(f"[more_tables] {name} {why}")
        check(f"more_tables.{name}", path, Text)
        if not is_text(path):
            raise bad(f"more_tables.{name}", path, "a text that is not empty")
    return dict(sorted(section.items()))


def _check_names(section: str, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            shown = {"key": _short(name), "section": section, "hint": _hint(name, known)}
            raise DomainVectorsError(Errors.DV060.format(**shown, known=", ".join(known)))


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(_short(name), list(known), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""


def _table(name: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise _unusable(f"[{name}] must be a section, not {reprlib.repr(values)}")
    return values


def _as_text(field: Any) -> Any:
    """The name of a column as text, also where the config parser read it as a number or null."""
    if field is None:
        return "null"
    return field if isinstance(field, bool) or not isinstance(field, int | float) else str(field)


def _unusable(why: Any) -> DomainVectorsError:
    return DomainVectorsError(Errors.DV061.format(why=why))


def _one_line(error: Exception) -> str:
    if isinstance(error, ConfigValidationError):
        places = [(".".join(map(str, e.get("loc", []))), e.get("msg", "")) for e in error.errors or []]
        found = [f"{place}: {message}" for place, message in places]
        return _short("; ".join(found) or str(error.desc or error))
    return _short(str(error) or type(error).__name__)


def _short(text: Any) -> str:
    return " ".join(str(text).split())[:MOST_SHOWN]
