"""Damaged corpora of all formats: each record is read or told, no cell of another column becomes a word."""

import json
import random
import tempfile
import time
import warnings
from pathlib import Path

import smart_open
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tally import Tally

from spacy_domainvec import DomainVectorsError, DomainVectorsWarning
from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.corpus.tokenize import tokenize
from spacy_domainvec.reading.readers import read_texts
from spacy_domainvec.reading.skipped import Skipped
from spacy_domainvec.reading.sources import find_sources
from spacy_domainvec.util.jobs import Jobs

FORMATS = ("txt", "jsonl", "csv", "tsv", "spacy")
SUFFIXES = ("", "", "", ".gz", ".bz2", ".xz", ".zst")
ENDS = ("\n", "\r\n", "\n", "\r")
# Of the process, so that it does not count what others do meanwhile.
MOST_SECONDS = 10
FAULTS = (b"\xff", b"\xe9", b"\0", b"\xed\xa0\x80", b'"', b'""', b"\\ ", b"\x85", b"\x1e\x1f", "\u2028\u3000".encode())
LONG = (b"!" * 3000, "\u4e2d\u6587\u3002".encode() * 1000, b"\xf0\x9f\x98\x80" * 1500, b"\xcc\x81" * 2000)


def main() -> None:
    """Make corpora with known faults, and corpora of which any byte may be another."""
    tally = Tally("changed corpora of all formats", long=3000, short=30)
    nlp = spacy.blank("en")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(tally.planned):
            drawing = random.Random(f"{tally.seed}-{number}")
            attack = drawing.choice((known_faults, known_faults, any_bytes))
            start = time.process_time()
            with warnings.catch_warnings(record=True) as noted:
                warnings.simplefilter("always")
                try:
                    fault = attack(Path(folder), drawing, nlp)
                except DomainVectorsError as e:
                    fault = None if str(e).startswith("[DV0") else f"an error without a code: {e}"
                except Exception as e:
                    fault = f"{type(e).__name__}: {e}"
            others = [str(w.message) for w in noted if not issubclass(w.category, DomainVectorsWarning)]
            fault = fault or (f"it warned: {others[0]}" if others else None)
            if time.process_time() - start > MOST_SECONDS:
                fault = fault or f"it took {time.process_time() - start:.0f} s"
            tally.check(fault and f"seed {tally.seed}-{number}, {attack.__name__}: {fault}")
            for file in Path(folder).glob("a.*"):
                file.unlink()
    tally.close()


def known_faults(folder: Path, drawing: random.Random, nlp: Language) -> str | None:
    """Records with words that tell where they are from, some with a fault."""
    format = drawing.choice(FORMATS[:4])
    end, n_records = drawing.choice(ENDS), drawing.randint(1, 40)
    if format == "jsonl":
        end = drawing.choice(("\n", "\r\n"))
    delimiter = {"csv": ",", "tsv": "\t"}.get(format, " ")
    records, is_bad = [], []
    for i in range(n_records):
        text = " ".join(drawing.choice(("a", "the", "b.")) for _ in range(drawing.randint(0, 12))) + f" text{i}q"
        damage = drawing.choice(FAULTS + LONG) if drawing.random() < 0.2 else b""
        is_bad.append(bool(damage))
        place = drawing.randint(0, len(text) - len(f"text{i}q"))
        data = text[:place].encode() + damage + text[place:].encode()
        if format == "jsonl":
            field = (
                json.dumps(text) if not damage else f'"{text[:place]}'.encode() + damage + f'{text[place:]}"'.encode()
            )
            field = field.encode() if isinstance(field, str) else field
            data = f'{{"id": "other{i}z", "text": '.encode() + field + b"}"
        elif format != "txt":
            data = f"other{i}z{delimiter}".encode() + data + f"{delimiter}other{i}z".encode()
        records.append(data)
    header = [delimiter.join(("id", "text", "tag")).encode()] if format in ("csv", "tsv") else []
    mark = b"\xef\xbb\xbf" if drawing.random() < 0.2 else b""
    path = write(folder, drawing, format, mark + end.encode().join([*header, *records, b""]))
    skipped = Skipped()
    (source,), _ = find_sources(path)
    texts = list(read_texts(source, "text", skipped))
    joined = "\n".join(texts)
    lost = [i for i in range(n_records) if f"text{i}q" not in joined]
    if any(not is_bad[i] for i in lost):
        return f"{path.name}: record {next(i for i in lost if not is_bad[i])}, which has no fault, was lost"
    if len(lost) > skipped.total:
        return f"{path.name}: {len(lost)} records were lost, and {skipped.total} are told"
    if skipped.total > sum(is_bad):
        return f"{path.name}: {sum(is_bad)} records are bad, and {skipped.total} are told: {skipped}"
    if format != "txt" and "other" in joined:
        return f"{path.name}: a cell of another column is in the texts"
    if drawing.random() < 0.2:
        return same_words(path, folder, nlp)
    return None


def any_bytes(folder: Path, drawing: random.Random, nlp: Language) -> str | None:
    """A sound file of which bytes are changed, cut out or doubled, before or after it is compressed."""
    format, n_records = drawing.choice(FORMATS), drawing.randint(0, 30)
    texts = [" ".join(drawing.choices(("one", "two", '"3', "f\u00fcnf", "7,5"), k=5)) for _ in range(n_records)]
    if format == "spacy":
        data = DocBin(docs=[Doc(nlp.vocab, words=text.split()) for text in texts]).to_bytes()
    elif format == "jsonl":
        data = "\n".join(json.dumps({"text": text}) for text in texts).encode()
    else:
        data = "\n".join(["text", *texts]).encode()
    is_after = drawing.random() < 0.3
    path = write(folder, drawing, format, data if is_after else mutated(data, drawing))
    if is_after:
        path.write_bytes(mutated(path.read_bytes(), drawing))
    return same_words(path, folder, nlp)


def mutated(data: bytes, drawing: random.Random) -> bytes:
    """Bytes of which some are changed."""
    found = bytearray(data)
    for _ in range(drawing.randint(1, 8)):
        at = drawing.randint(0, len(found))
        kind = drawing.randrange(4)
        if kind == 0:
            found[at : at + 1] = bytes([drawing.randrange(256)])
        elif kind == 1:
            del found[at : at + drawing.randint(1, 20)]
        elif kind == 2:
            found[at:at] = found[: drawing.randint(0, 50)]
        else:
            found[at:at] = drawing.choice(FAULTS)
    return bytes(found)


def same_words(path: Path, folder: Path, nlp: Language) -> str | None:
    """Whether both ways of reading a corpus find as many words, or end with the same code."""
    answers = []
    with tempfile.TemporaryDirectory(dir=folder) as jobs:
        for read in (
            lambda: sum(not token.is_space for doc in Corpus(path).docs(nlp) for token in doc),
            lambda: tokenize(Corpus(path), nlp, Jobs(Path(jobs), 1)).tokens.n_tokens,
        ):
            try:
                answers.append(str(read()))
            except DomainVectorsError as e:
                # No words at all are an error to the second one alone.
                answers.append("0" if "[DV034]" in str(e) else str(e)[:7])
    return None if answers[0] == answers[1] else f"{path.name}: it found {answers[0]} and {answers[1]}"


def write(folder: Path, drawing: random.Random, format: str, data: bytes) -> Path:
    """Write a file, which may be compressed."""
    path = folder / f"a.{format}{drawing.choice(SUFFIXES)}"
    with smart_open.open(path, "wb") as file:
        file.write(data)
    return path


if __name__ == "__main__":
    main()
