"""`rlrig-eval` as a shell finds it, run in this process: in one of its own each call would load everything anew."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from unittest.mock import patch

from rlrig_eval.cli import main

# Hands its folder, its words and where its output goes to whoever listens, and leaves as it is told.
CALLER = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as there:
    there.connect({address!r})
    socket.send_fds(there, [json.dumps([os.getcwd(), sys.argv[1:]]).encode()], [1, 2])
    sys.exit(int(there.recv(16)))
"""


def bash(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """How a command of a shell ends that calls `rlrig-eval`, and what it says, errors last."""
    with (
        tempfile.TemporaryDirectory() as here,  # a socket's address is short, and that of a test's folder may not be
        socket.socket(socket.AF_UNIX) as calls,
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
    ):
        caller, address = Path(here) / "rlrig-eval", f"{here}/calls"
        caller.write_text(CALLER.format(python=sys.executable, address=address))
        caller.chmod(0o755)
        calls.bind(address)
        calls.listen()
        calls.settimeout(0.05)
        paths = {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
        shell = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment, **paths}, stdout=out, stderr=err
        )
        try:
            while shell.poll() is None:
                with suppress(TimeoutError):
                    _answer(calls.accept()[0])
        finally:
            shell.kill()
            shell.wait()
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read())
        return shell.returncode, "\n".join(said)


def _answer(call: socket.socket) -> None:
    with call:
        call.settimeout(None)
        told, files, _, _ = socket.recv_fds(call, 65536, 2)
        folder, words = json.loads(told)
        call.sendall(str(_run(folder, words, *files)).encode())


def _run(folder: str, words: Sequence[str], out: int, err: int) -> int:
    with (
        suppress(BrokenPipeError),  # `head` has read enough
        os.fdopen(out, "w", encoding="utf-8") as outs,
        os.fdopen(err, "w", encoding="utf-8") as errors,
        redirect_stdout(outs),
        redirect_stderr(errors),
        chdir(folder),
        patch.object(sys, "argv", ["rlrig-eval", *words]),
    ):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
    return 1
