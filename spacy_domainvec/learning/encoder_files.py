"""The files of a sentence encoder: whether they may be opened, a checksum of its weights, and its model card."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import srsly

MODULES, CARD = "modules.json", "README.md"
# Large models have several files of weights, and an index of them.
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
# Large ones have their numbers in a file of their own.
ONNX = ("onnx/model.onnx", "onnx/model.onnx_data")
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
# Code of other packages would come with the model.
TRUSTED = "sentence_transformers."
# Modules of modules, and their lists of them.
ROUTERS, ROUTES = (".Router", ".Asym"), ("router_config.json", "config.json")
BLOCK = 2**20
FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\n(.*?\n)---[ \t]*(?:\n|$)", re.DOTALL)

# From the name of a file of the model to its path; None if it has no such file.
Find = Callable[[str], str | None]


@dataclass(frozen=True)
class Module:
    """A module of an encoder.

    kind: The name of its class.
    folder: Of its files, as the start of their names: "1_Dense/", or "" for that of the model.
    """

    kind: str
    folder: str

    @property
    def is_transformer(self) -> bool:
        """Whether transformers reads its weights."""
        return self.kind.endswith(".Transformer")


@dataclass(frozen=True)
class Card:
    """What a model card says.

    licence: The licence; None if it names none.
    languages: Such as "en" or "multilingual"; none if it names none.
    """

    licence: str | None = None
    languages: tuple[str, ...] = ()


def read_modules(find: Find) -> list[Module]:
    """The modules of a model, those of routers included.

    RAISES: ValueError if one would run code of its own, or read a pickle, or if the list is damaged.
    """
    listed = _json(find(MODULES))
    try:
        found = [Module(str(one["type"]), _folder(one["path"])) for one in listed]
        for module in found:
            if not module.kind.startswith(TRUSTED):
                why = f"its module {module.kind} is code of its own, which is not run"
                raise ValueError(why)
            if module.kind.endswith(ROUTERS):
                routes = _json(next(filter(None, (find(module.folder + name) for name in ROUTES)), None))
                found += [Module(str(kind), _folder(module.folder + name)) for name, kind in routes["types"].items()]
    except (KeyError, TypeError, AttributeError):
        raise ValueError("the list of its modules is damaged") from None
    for module in found:
        _check_weights(find, module)
    return found


def weights_of(find: Find, modules: Sequence[Module]) -> list[str]:
    """The paths of the files with the weights of all modules, of ONNX where the first has no others."""
    paths = []
    for folder in dict.fromkeys(module.folder for module in modules):
        names = [WEIGHTS]
        if index := None if find(folder + WEIGHTS) else find(folder + INDEX):
            names = [INDEX, *sorted(set(_json(index)["weight_map"].values()))]
        paths += [find(folder + name) for name in names]
    if is_exported(find, modules):
        paths += [find(modules[0].folder + name) for name in ONNX]
    return [path for path in paths if path]


def is_exported(find: Find, modules: Sequence[Module]) -> bool:
    """Whether the first module has weights of ONNX only."""
    folder = modules[0].folder if modules else ""
    return not any(find(folder + name) for name in (WEIGHTS, INDEX)) and find(folder + ONNX[0]) is not None


def checksum(paths: Sequence[str]) -> str:
    """A checksum of the content of files."""
    digest = hashlib.sha256()
    for path in paths:
        with Path(path).open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    return f"sha256:{digest.hexdigest()[:16]}"


def read_card(path: str | None) -> Card:
    """Read the front matter of a model card. None for a model without one."""
    text = Path(path).read_text(encoding="utf8", errors="replace") if path else ""
    matter = FRONT_MATTER.match(text)
    try:
        fields = srsly.yaml_loads(matter[1]) if matter else None
    except Exception:  # the parser has many kinds of errors, and a broken card only tells less
        fields = None
    if not isinstance(fields, dict):
        return Card()
    licences = _texts(fields.get("license"))
    if licences == ["other"]:
        licences = _texts(fields.get("license_name")) or licences
    return Card(", ".join(licences) or None, tuple(_texts(fields.get("language"))))


def _check_weights(find: Find, module: Module) -> None:
    """RAISES: ValueError if weights of a module would be read from a pickle."""
    # Transformers is told to read no pickle there, and may find other weights on the hub.
    if module.is_transformer and not module.folder:
        return
    if not any(find(module.folder + name) for name in (WEIGHTS, INDEX)):
        for name in PICKLES:
            if find(module.folder + name):
                why = f"{module.folder}{name} is a pickle, which is not read, and there is no {WEIGHTS} beside it"
                raise ValueError(why)


def _folder(path: str) -> str:
    parts = [part for part in re.split(r"[/\\]", path) if part not in ("", ".")]
    return "/".join([*parts, ""]) if parts else ""


def _json(path: str | None) -> Any:
    """RAISES: ValueError for a file that is missing or no JSON."""
    if path is None:
        raise ValueError("the list of a module's routes is missing")
    try:
        return json.loads(Path(path).read_text(encoding="utf8"))
    except (ValueError, OSError, RecursionError) as e:
        raise ValueError(f"{Path(path).name} can't be read: {e}") from None


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]
