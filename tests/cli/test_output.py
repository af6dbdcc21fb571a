"""The program's streams: what happens to them never looks like a verdict."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from processes import descendants, is_running

from urnn_proofs.cli.output import written
from urnn_proofs.model.atomic import writing
from urnn_proofs.model.errors import InputError

PROGRAM = [sys.executable, "-m", "urnn_proofs"]
SHORT = ["search", "--states", "1", "--w", "1"]
posix = pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX")


def run(*arguments, env=None):
    """Run the program; readline, which pytest loads, gives COLUMNS to those who do not ask."""
    env = dict(os.environ if env is None else env)
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, check=False, env=env)


def said(stderr):
    """Return what was written, without what a slow machine says about progress."""
    lines = stderr.decode().splitlines(keepends=True)
    return "".join(line for line in lines if not re.search(r" \([0-9]+ s(, .*)?\)$", line))


@cache
def in_utf8(*arguments):
    return run(*arguments, env={**os.environ, "PYTHONIOENCODING": "utf-8"})


@posix
@pytest.mark.parametrize("arguments", [SHORT, [*SHORT, "--json"], ["--help"]])
def test_a_reader_that_has_gone_is_no_refutation(arguments):
    reading, write_end = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*PROGRAM, *arguments], stdout=write_end, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(write_end)
    assert (done.returncode, said(done.stderr)) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_no_refutation():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PROGRAM, *SHORT], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 74
    assert said(done.stderr) == ("error: the output cannot be written: No space left on device\n")


@posix
def test_a_closed_output_changes_no_status():
    command = 'exec "$@" >&-'
    done = subprocess.run(["sh", "-c", command, "sh", *PROGRAM, *SHORT], check=False)
    assert done.returncode == 1  # that there is none is REFUTED


@pytest.mark.parametrize(
    ("encoding", "arguments"),
    [
        ("ascii", ["verify", "1"]),
        ("ascii", SHORT),
        ("ascii", ["prove", "no ‖such‖ theorem"]),
        ("ascii", ["verify", "--no-such-option"]),
        ("latin-1", SHORT),
        ("cp437", ["prove", "no ‖such‖ theorem"]),
    ],
)
def test_every_encoding_will_do(encoding, arguments):
    plain = run(*arguments, env={**os.environ, "PYTHONIOENCODING": encoding})
    usual = in_utf8(*arguments)
    assert plain.returncode == usual.returncode
    assert b"Traceback" not in plain.stderr
    both = (plain.stdout + plain.stderr).decode(encoding)
    assert encoding != "ascii" or both.isascii()
    assert both.count("?") == (usual.stdout + usual.stderr).decode().count("?")


def test_letters_have_a_plain_form():
    assert written("‖W‖ ≤ 1 — é") == "||W|| <= 1 - e"
    assert written("\u2603\udc80") == "??"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc")
def test_ctrl_c_is_no_refutation_and_leaves_no_process():
    asked = [*PROGRAM, "search", "--states", "6", "--order", "6", "--budget", "500"]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        end = time.monotonic() + 60
        while not (below := descendants(child.pid)) and time.monotonic() < end:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        output, _ = child.communicate(timeout=60)
    assert (child.returncode, output[:9]) == (130, b"UNKNOWN  ")
    assert below
    end = time.monotonic() + 10  # a killed process may take a moment to end on a busy machine
    while any(is_running(pid) for pid in below) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(is_running(pid) for pid in below)


# Files


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_file_system_that_refuses_is_named(number, tmp_path, monkeypatch):
    """Also removing what was begun fails there; that is not what the caller hears of."""

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    named = pytest.raises(InputError, match=f"f cannot be written: {os.strerror(number)}")
    with named, writing(tmp_path / "f") as stream:
        stream.write(b"x")
    monkeypatch.setattr(Path, "open", refuse)
    with named, writing(tmp_path / "f"):
        pytest.fail("nothing to write into")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_the_command_names_what_it_cannot_write():
    """Beside /proc/self nothing can be made, by no user."""
    done = run(*SHORT, "--certificate", "/proc/self/c.json")
    assert done.returncode == 2
    assert said(done.stderr).startswith("error: /proc/self/c.json cannot be written: ")
    assert said(done.stderr).count("\n") == 1


@posix
def test_a_device_or_pipe_is_never_replaced_by_a_file(tmp_path):
    """Not through a link either; for an administrator the file system would allow it."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with (
            pytest.raises(InputError, match=r"is a device or pipe; expected the name of a file"),
            writing(path) as stream,
        ):
            stream.write(b"x")
        done = run(*SHORT, "--certificate", str(path))
        assert (done.returncode, said(done.stderr).count("\n")) == (2, 1)
    with pytest.raises(InputError, match="is a folder; expected"), writing(tmp_path):
        pytest.fail("nothing to write into")
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "link"}
