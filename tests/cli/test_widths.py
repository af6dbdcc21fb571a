"""Every command at every width, with and without a terminal: the answer first, nothing cut off."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from fractions import Fraction as Q

import pytest
from paths import ROOT
from typer.main import get_command
from typer.testing import CliRunner

from urnn_proofs import RNN, save
from urnn_proofs.cli import app, common
from urnn_proofs.cli.help import fit_help

WORDS = r"PROVED|REFUTED|UNKNOWN|UNSUPPORTED|ASSUMED|FOUND"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    net = RNN([[Q(1, 2), Q(1, 5)], [Q(-1, 3), Q(2, 5)]], [[1], [1]], [0, Q(1, 3)], [[1, 1]])
    save(net, folder / "net.json")
    save(RNN([[2]], [[1]], [0], [[1]], activation="tanh"), folder / "wide.json")
    both = CliRunner().invoke(
        app, ["verify", "1", "--certificate", str(folder / "c.json")], env={"COLUMNS": "80"}
    )
    assert both.exit_code == 0
    return folder


COMMANDS = [
    "verify 1",
    "verify 1 --verbose",
    "verify --network net.json --input-bound 2",
    "prove 3.2",
    "prove 3.3 -v",
    "minimal net.json --input-bound 1",
    "search --states 1 --w 1",
    "search --states 1 --w 1/2",
    "diagnose net.json",
    "repair net.json {}/repaired.json --input-bound 1",
    "convert net.json {}/out.npz --input-bound 1",
    "check c.json",
]
REFUSED = [
    "verify 0",
    "convert wide.json {}/out.json --input-bound 1",
    "minimal net.json --dtype float32",
    "prove no-such-theorem",
    "check net.json",
]


def run(command, width, folder, target, monkeypatch):
    monkeypatch.chdir(folder)
    words = [word.format(target) for word in command.split()]
    return CliRunner().invoke(app, words, env={"COLUMNS": str(width)})


def fits(text, width, target):
    """Names of files may be longer than a line, and the next command is there to be copied."""
    lines = (line.replace(str(target), "") for line in text.splitlines())
    return all(len(line) <= width for line in lines if not line.startswith("next: "))


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("command", COMMANDS)
def test_the_answer_comes_first_and_lines_fit(command, width, folder, tmp_path, monkeypatch):
    result = run(command, width, folder, tmp_path, monkeypatch)
    assert re.match(rf"({WORDS})  \S", result.stdout)
    assert fits(result.stdout, width, tmp_path)
    assert "\x1b" not in result.output


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("command", REFUSED)
def test_errors_fit_and_leave_with_2(command, width, folder, tmp_path, monkeypatch):
    result = run(command, width, folder, tmp_path, monkeypatch)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert fits(result.stderr, width, tmp_path)


HELPFUL = ["", *sorted(get_command(app).commands)]
HELPFUL += [f"experiment {name}" for name in get_command(app).commands["experiment"].commands]


@pytest.mark.parametrize("name", HELPFUL)
def test_help_is_plain_at_every_width(name):
    fit_help(app)
    for width in (40, 60, 80):
        result = CliRunner().invoke(app, [*name.split(), "--help"], terminal_width=width)
        assert result.exit_code == 0
        assert "Usage: " in result.stdout
        assert result.stdout.isascii()
        assert fits(result.stdout, width, "")
        words = result.stdout.split()
        named = {"2n-iff-diagonal,", "2n-not-robust,"} <= set(words)  # not broken at a hyphen
        assert named is (name in ("prove", "latex"))
        if name in ("", "experiment"):  # what the commands are for is said whole
            assert result.stdout.count("...") == 1, "in [ARGS]..."


# -- a real terminal ------------------------------------------------------------------------


def in_terminal(arguments, columns, **variables):
    """Return what the program writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    drop = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")
    env = {name: value for name, value in os.environ.items() if name not in drop}
    with subprocess.Popen(
        [sys.executable, "-m", "urnn_proofs", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**env, "TERM": "xterm-256color", **variables},
    ) as child:
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 65536):
                output += chunk
        except OSError:  # what Linux says at the end
            pass
        os.close(ours)
    assert child.returncode == 0
    return output.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("columns", "variables"),
    [
        (40, {"NO_COLOR": "1", "PYTHONIOENCODING": "ascii"}),
        (60, {"TERM": "dumb"}),
        (120, {}),
    ],
)
def test_a_terminal_gets_its_width_and_codes_if_it_wants_them(columns, variables):
    text = in_terminal(["verify", "1"], columns, **variables)
    assert ("\x1b[" in text) is not bool(variables)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    assert lines[0].startswith("PROVED  Theorem 3.1 at n = 1")
    assert columns * 0.7 < max(map(len, lines)) <= columns
    if "PYTHONIOENCODING" in variables:
        assert text.isascii()


# -- progress -------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def quick(monkeypatch):
    """Hundredths of a second for seconds."""
    monkeypatch.setattr(common, "FIRST_S", 0.03)
    monkeypatch.setattr(common, "EVERY_S", 0.1)
    monkeypatch.setattr(common, "RENEWED_S", 0.05)
    monkeypatch.delenv("TERM", raising=False)
    return monkeypatch


def work(stream, monkeypatch, seconds=0.35, **options):
    monkeypatch.setattr(sys, "stderr", stream)
    with common.progress("reading", **options) as tell:
        tell("cells", 2, 10)
        time.sleep(seconds / 2)
        tell("cells", 6, 10)
        time.sleep(seconds / 2)
    return stream.getvalue()


def test_a_pipe_gets_a_line_now_and_then_with_the_time_left(quick):
    lines = work(io.StringIO(), quick).splitlines()
    assert 2 <= len(lines) <= 5
    assert lines[0] == "cells, 2 of 10 (0 s)"
    assert lines[-1] == "cells, 6 of 10 (0 s, about 0 s left)"


def test_a_terminal_gets_one_line_that_is_gone_at_the_end(quick):
    text = work(Terminal(), quick)
    assert "\n" not in text
    assert "\x1b" not in text
    assert "\rcells, 6 of 10 (0 s, about 0 s left)" in text
    assert text.rsplit("\r", 2)[1].strip() == ""


def test_nothing_is_said_about_what_is_soon_done(monkeypatch):
    assert common.FIRST_S == 3
    for stream in (io.StringIO(), Terminal()):
        assert work(stream, monkeypatch, 0.02) == ""


def test_a_budget_is_named(quick):
    assert "(0 s, at most 60 s)" in work(io.StringIO(), quick, limit_s=60)


def test_what_is_left_is_what_the_last_cells_took(quick):
    """Two cells were there before: four in a tenth of a second leave four for as long."""
    quick.setattr(sys, "stderr", stream := io.StringIO())
    quick.setattr(common, "_duration", lambda seconds: f"{seconds:.2f}")
    with common.progress("cells") as tell:
        tell("cells", 2, 10)
        time.sleep(0.1)
        tell("cells", 6, 10)
        time.sleep(0.12)
    left = [float(x) for x in re.findall(r"about ([0-9.]+) left", stream.getvalue())]
    assert left
    assert all(0.08 < x < 0.5 for x in left)
