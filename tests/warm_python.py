"""A `python` that starts in milliseconds: each of its commands is a fork of a process that has imported spaCy and more.

A test that runs many commands takes most of its time for imports. Each command is still a process of its own, with its
own folder, environment, arguments and exit code. Run as a script, this file is that process.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import socket
import subprocess
import sys
import tempfile
import types
import warnings
from pathlib import Path

import spacy
from quick_spacy import FEW_EXCEPTIONS, English

IMPORTS = (
    "gensim.models",
    "joblib.externals.loky",
    "scipy.sparse.linalg",
    "scipy.stats",
    "sklearn.linear_model",
    "spacy.cli",
    "spacy.lang.en",
    "spacy_domainvec.build.update",
    "spacy_domainvec.cli",
    "spacy_domainvec.console",
    "spacy_domainvec.evaluation.sizes",
    "spacy_domainvec.exchange.write",
)
# Passes on its arguments, folder, environment and standard streams, and ends as the fork does. What it can't pass on is
# done by the Python that runs the tests.
CLIENT = """\
#!{python} -IS
import json, os, socket, sys

args = sys.argv[1:]
rest = args[2:] if args[:1] == ["-W"] else args
if not (rest[:2] == ["-m", "spacy"] or rest[:1] == ["-c"] or rest[:1] and not rest[0].startswith("-")):
    os.execv({python!r}, [{python!r}, *args])
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    request = json.dumps([args, os.getcwd(), dict(os.environ)]).encode()
    sent = socket.send_fds(server, [request], [0, 1, 2])
    server.sendall(request[sent:])
    server.shutdown(socket.SHUT_WR)
    sys.exit(int(server.recv(16)))
"""


@contextlib.contextmanager
def warm_python():
    """The path of a `python` that lasts as long as the block."""
    with tempfile.TemporaryDirectory() as folder:
        address, path = f"{folder}/socket", Path(folder) / "python"
        path.write_text(CLIENT.format(python=sys.executable, address=address))
        path.chmod(0o755)
        command = [sys.executable, __file__, address]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            yield path
            # It ends with the pipe, also if the tests are killed.
            process.stdin.close()


def serve(address):
    """Answer each request with a fork, until the standard input ends."""
    for name in IMPORTS:
        importlib.import_module(name)
    English.Defaults.tokenizer_exceptions = FEW_EXCEPTIONS
    # The first pipeline imports and compiles more.
    spacy.blank("en")
    # Otherwise each command ends with a look at all objects, which copies their memory: half a second.
    gc.freeze()
    own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    standard = [path for path in sys.path[1:] if path not in own]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        os.write(1, b"ready\n")
        while listener in select.select([listener, 0], [], [])[0]:
            client, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                answer(client, standard)
                return
            client.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def answer(client, standard):
    """Do what a request asks for in a further fork, and send back its exit code. Only that fork returns."""
    request, streams, _, _ = socket.recv_fds(client, 2**16, 3)
    while more := client.recv(2**16):
        request += more
    if pid := os.fork():
        _, status = os.waitpid(pid, 0)
        client.send(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    client.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    args, folder, environment = json.loads(request)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    run(args, [*filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)), *standard])


def run(args, path):
    """Do what Python does with these arguments."""
    if args[0] == "-W":
        sys.warnoptions.append(args[1])
        warnings._processoptions(args[1:2])
        args = args[2:]
    importlib.invalidate_caches()
    if args[0] == "-m":
        sys.argv, sys.path[:] = args[1:], [os.getcwd(), *path]
        runpy.run_module(args[1], run_name="__main__", alter_sys=True)
    elif args[0] == "-c":
        sys.argv, sys.path[:] = ["-c", *args[2:]], ["", *path]
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(args[1], main.__dict__)
    else:
        sys.argv, sys.path[:] = args, [str(Path(args[0]).resolve().parent), *path]
        runpy.run_path(args[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1])
