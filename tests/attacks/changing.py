"""Corpora that are changed while they are read: an error with a code, or the texts of one state, old or new."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tally import Tally

FORMATS = ("txt", "jsonl", "csv.gz")
CHANGES = ("cut", "append", "replace", "touch", "delete", "rewrite")
N_TEXTS, N_WORDS = 30_000, 12
# One process says how often each word was found, or the code of its error.
READING = """
import json, sys, warnings
from pathlib import Path
import spacy
from spacy_domainvec import DomainVectorsError
from spacy_domainvec.corpus.texts import Corpus
from spacy_domainvec.util.jobs import Jobs
from spacy_domainvec.corpus.tokenize import tokenize
warnings.simplefilter("ignore")
try:
    found = tokenize(Corpus(sys.argv[1]), spacy.blank("en"), Jobs(Path(sys.argv[2]), int(sys.argv[3]))).tokens
    print(json.dumps(dict(zip(found.words, found.counts.tolist()))))
except DomainVectorsError as e:
    print(json.dumps(str(e)))
"""


def main() -> None:
    """Change files of three formats in six ways, each while another process reads."""
    tally = Tally("corpora changed while they are read", long=18, short=2)
    pairs = [(format, change) for change in CHANGES for format in FORMATS]
    for number in range(tally.planned):
        with tempfile.TemporaryDirectory() as folder:
            tally.check(attack(Path(folder), *pairs[(tally.seed + number) % len(pairs)], n_jobs=1 + number % 2))
    tally.close()


def attack(folder: Path, format: str, change: str, n_jobs: int) -> str | None:
    """RETURNS: What went wrong, if anything did."""
    path, jobs = folder / f"a.{format}", folder / "jobs"
    old, new = texts_of(format, "old"), texts_of(format, "new")
    path.write_bytes(packed(format, old))
    (folder / "new").write_bytes(packed(format, new))
    jobs.mkdir()
    command = [sys.executable, "-c", READING, str(path), str(jobs), str(n_jobs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for_the_first_shard(process, jobs)
        is_running = process.poll() is None
        more = make(change, path, folder / "new", format, old)
        try:
            out, problems = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            return f"{format}, {change}: it hangs"
    name = f"{format}, {change}, {n_jobs} job(s)"
    if process.returncode or "Traceback" in problems:
        return f"{name}: {problems.strip().splitlines()[-1]}"
    found = json.loads(out)
    if isinstance(found, str):
        is_told = found.startswith(("[DV030]", "[DV055]")) and path.name in found
        return None if is_told and is_running else f"{name}: {found}"
    states = [counts_of(old), *([counts_of(more)] if more is not None else [])]
    return None if found in states else f"{name}: the result is of no one state"


def wait_for_the_first_shard(process: "subprocess.Popen[str]", jobs: Path) -> None:
    """Wait until texts are written, or something else ends the wait."""
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end and not any(jobs.glob("*tokens-*")):
        time.sleep(0.01)


def make(change: str, path: Path, new: Path, format: str, old: list[str]) -> list[str] | None:
    """Change the file. RETURNS: The texts that it has now; None where it has none, or the old ones."""
    if change == "cut":
        os.truncate(path, path.stat().st_size // 2)
        return None
    if change == "append":
        more = texts_of(format, "new")[:1000]
        with path.open("ab") as file:
            file.write(packed(format, more, has_header=False))
        return [*old, *more]
    if change == "replace":
        os.replace(new, path)
        return texts_of(format, "new")
    if change == "touch":
        path.touch()
        return None
    if change == "delete":
        path.unlink()
        return None
    path.write_bytes(new.read_bytes())
    return texts_of(format, "new")


def texts_of(format: str, word: str) -> list[str]:
    """Texts that tell which state of a file they are of."""
    return [" ".join(f"{word}{(i * j) % 1000}" for j in range(N_WORDS)) for i in range(N_TEXTS)]


def counts_of(texts: list[str]) -> dict[str, int]:
    """How often each word occurs."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in text.split():
            counts[word] = counts.get(word, 0) + 1
    return counts


def packed(format: str, texts: list[str], has_header: bool = True) -> bytes:
    """A file of texts."""
    if format == "txt":
        return "".join(f"{text}\n" for text in texts).encode()
    if format == "jsonl":
        return "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    header = "id,text\n" if has_header else ""
    return gzip.compress((header + "".join(f"{i},{text}\n" for i, text in enumerate(texts))).encode(), 1)


if __name__ == "__main__":
    main()
