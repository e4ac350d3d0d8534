"""Parts of the corpus, and a check without labels: does one half of a held-out text find the other?"""

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.language import Language
from spacy.tokens import Doc

from ..build.settings import Settings
from ..corpus.sentences import ENDS, PIECE_WORDS
from ..corpus.shards import plan_shards
from ..corpus.texts import Corpus
from ..reading.docbins import read_docs
from ..reading.readers import read_texts
from ..reading.skipped import Skipped, warn_of
from ..util.arrays import scaled_to_unit
from ..util.jobs import Jobs, Task, name_of
from ..util.progress import no_progress
from .accuracy import interval
from .ground import Ground
from .results import Halves
from .routes import FREE

MOST_TEXTS, SHARE = 1000, 0.1
# Shorter texts, in words between white space, have no two halves.
LEAST_TEXT = 20
HASHES = 2**64
TRAIN, HELD = "train.txt", "held.json"
# A half with fewer words tells nothing.
LEAST_WORDS = 8
# A word that the corpus has so often in a million tokens tells little of which text it is from.
# Chosen on banking, see tests/benchmarks/label_free.py.
COMMON_PER_MILLION = 300
# Of fewer texts, the halves find each other by chance.
LEAST_TEXTS = 30


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A corpus in two parts.

    settings: The settings, with the part to learn from as the corpus.
    texts: Those held out, up to 1,000 and a tenth of all. Copies of them are in neither part.
    """

    settings: Settings
    texts: list[str]


def hold_out(settings: Settings, nlp: Language, jobs: Jobs) -> HeldOut:
    """Divide the corpus. The texts with the lowest hashes are held out, of those with 20 words or more.

    RAISES: DomainVectorsError (DV030 to DV039, DV054 to DV057).
    WARNS: DomainVectorsWarning (DV101, DV104, DV109).
    """
    corpus, key = _corpus(settings, jobs)
    task = Task(name_of("heldout", key), (corpus, nlp))
    (folder,) = jobs.run(_divide, [task], no_progress, "Holding texts out")
    return HeldOut(_learning_from(settings, folder), srsly.read_json(folder / HELD))


def share_of(settings: Settings, nlp: Language, jobs: Jobs, share: float) -> Settings:
    """The settings with about a share of the corpus: the texts with the lowest hashes.

    The errors and warnings are those of `hold_out`.
    """
    corpus, key = _corpus(settings, jobs)
    task = Task(name_of("share", key, share), (corpus, nlp, share))
    (folder,) = jobs.run(_take, [task], no_progress, "Taking a part of the texts")
    return _learning_from(settings, folder)


def halves_of(ground: Ground, texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The two halves of each text that is long enough: its sentences in turn.

    A text without a second sentence is cut into pieces of 12 tokens. Words that stand in both halves and
    are rare in the corpus are left out of both: names and numbers tell which halves belong together
    without any meaning.

    RETURNS: The first halves, and the second ones in the same order; tokens with spaces between them.
    """
    common = ground.gathered.tokens.frequent(COMMON_PER_MILLION)
    found: tuple[list[str], list[str]] = ([], [])
    for doc in map(ground.nlp.tokenizer, texts):
        sentences = _sentences(doc)
        halves = [[word for sentence in sentences[start::2] for word in sentence] for start in (0, 1)]
        forms = [ground.forms(half) for half in halves]
        hidden = set(forms[0]) & set(forms[1]) - common
        kept = [[word for word, form in zip(*pair) if form not in hidden] for pair in zip(halves, forms)]
        if min(sum(any(map(str.isalpha, word)) for word in half) for half in kept) >= LEAST_WORDS:
            for half, words in zip(found, kept):
                half.append(" ".join(words))
    return found


def measured(documents: Mapping[str, Any]) -> dict[str, Halves]:
    """How well the halves find each other, by route.

    documents: For each route, the vectors of all first halves, then of all second ones, of unit length,
        an array or a sparse matrix.
    """
    ranks = {name: own_ranks(found) for name, found in documents.items()}
    reciprocal = {name: (1 / found).mean(axis=0)[None] for name, found in ranks.items()}

    def of(name: str) -> Halves:
        others = [other for other in FREE if other in ranks and other != name]
        to = {other: interval(reciprocal[name] - reciprocal[other]) for other in others}
        recall = interval((ranks[name] == 1).mean(axis=0)[None])
        of_free = [to.get(other) for other in FREE]
        return Halves(ranks[name].shape[1], recall, interval(reciprocal[name]), *of_free)

    return {name: of(name) for name in ranks}


def own_ranks(documents: Any) -> np.ndarray:
    """The rank of each half's other half by the cosine, 1 for the nearest, shape (2, n_texts), int64.

    Arrays are centred before: what all texts share says nothing. Of equal cosines, the own is the last.
    """
    if isinstance(documents, np.ndarray):
        documents = scaled_to_unit(documents - documents.mean(axis=0))
    n = documents.shape[0] // 2
    cosines = documents[:n] @ documents[n:].T
    if not isinstance(cosines, np.ndarray):
        cosines = cosines.toarray()
    own = np.diag(cosines)
    return np.array([(cosines >= own[:, None]).sum(axis=1), (cosines >= own).sum(axis=0)])


def _corpus(settings: Settings, jobs: Jobs) -> tuple[Corpus, list[Any]]:
    """The corpus, and what identifies it, also in a later run."""
    corpus = Corpus(settings.paths.corpus or [], settings.corpus.field, (jobs.folder, *jobs.outputs))
    pieces = [[piece.key for piece in shard] for shard in plan_shards(corpus.sources()).shards]
    return corpus, [pieces, settings.corpus.field]


def _learning_from(settings: Settings, folder: Path) -> Settings:
    paths = type(settings.paths)(**{**dict(settings.paths), "corpus": str(folder / TRAIN)})
    return replace(settings, paths=paths)


def _take(new: Path, corpus: Corpus, nlp: Language, share: float) -> None:
    with (new / TRAIN).open("w", encoding="utf8") as file:
        file.writelines(f"{text}\n" for text in _texts(corpus, nlp) if _hash(text) < share * HASHES)


def _divide(new: Path, corpus: Corpus, nlp: Language) -> None:
    n_texts = 0
    lowest: list[tuple[int, str]] = []
    with (new / "all").open("w", encoding="utf8") as file:
        for text in _texts(corpus, nlp):
            n_texts += 1
            file.write(f"{text}\n")
            if len(text.split()) >= LEAST_TEXT:
                pair = (-_hash(text), text)
                if len(lowest) < MOST_TEXTS:
                    if pair not in lowest:
                        heapq.heappush(lowest, pair)
                elif pair > lowest[0] and pair not in lowest:
                    heapq.heapreplace(lowest, pair)
    held = [text for _, text in sorted(lowest, reverse=True)][: int(n_texts * SHARE)]
    is_held = set(held)
    every, rest = new / "all", new / TRAIN
    with every.open(encoding="utf8", newline="\n") as file, rest.open("w", encoding="utf8") as train:
        train.writelines(line for line in file if line[:-1] not in is_held)
    every.unlink()
    srsly.write_json(new / HELD, held)


def _texts(corpus: Corpus, nlp: Language) -> Iterator[str]:
    """The texts, each on one line; those of .spacy files are tokenized anew for learning."""
    skipped = Skipped()
    for source in corpus.sources():
        if source.format == "spacy":
            texts: Iterator[str] = (doc.text for doc in read_docs(source, nlp.vocab))
        else:
            texts = read_texts(source, corpus.field, skipped)
        for text in texts:
            if plain := " ".join(text.split()):
                yield plain
    warn_of(skipped)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf8", "replace"), digest_size=8).digest(), "big")


def _sentences(doc: Doc) -> list[list[str]]:
    """The words of each sentence; of pieces of 12 tokens where there is a single sentence."""
    found: list[list[str]] = [[]]
    for token in doc:
        if not token.is_space:
            found[-1].append(token.text)
        if token.text in ENDS:
            found.append([])
    found = [sentence for sentence in found if sentence]
    if len(found) > 1:
        return found
    words = found[0] if found else []
    return [words[start : start + PIECE_WORDS] for start in range(0, len(words), PIECE_WORDS)]
