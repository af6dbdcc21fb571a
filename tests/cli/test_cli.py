from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from paths import ROOT
from typer.testing import CliRunner

from urnn_proofs import RNN, Check, Report, Trust, Verdict, save
from urnn_proofs.cli import app, main
from urnn_proofs.theorems import construction as verify_module

EXAMPLE = ROOT / "examples" / "digits_rnn.npz"


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def net_file(tmp_path, small_net):
    save(small_net, tmp_path / "net.json")
    return tmp_path / "net.json"


def test_verify_prints_proved_and_exits_0():
    result = run("verify", 2)
    assert result.exit_code == 0
    first = result.stdout.splitlines()[0]
    assert first.startswith("PROVED  Theorem 3.1 at n = 2; scope: every contractive W with n = 2")
    assert first.endswith("[EXACT: exact algebra by one engine]")


def test_verbose_shows_every_step():
    assert run("verify", 1, "-v").stdout.count("\n    PROVED  S1 dilation") == 7
    assert "S1 dilation" not in run("verify", 1).stdout


def test_json_is_only_json_and_depends_on_the_seed():
    first = run("verify", 1, "--json", "--seed", 3)
    assert first.exit_code == 0
    data = json.loads(first.stdout)
    assert data["verdict"] == "PROVED"
    assert "(seed 3)" in data["scope"]


def test_a_network_file(net_file):
    result = run("verify", "--network", net_file, "--input-bound", "1/3")
    assert result.exit_code == 0
    assert "S5 induction" in result.stdout
    assert "<= 1/3" in re.sub(r"[│\s]+", " ", result.stdout)


def test_decimal_bounds_are_exact(net_file):
    data = json.loads(run("verify", "--network", net_file, "--input-bound", "0.1", "--json").stdout)
    assert "<= 1/10," in data["scope"]


def test_a_supplied_bound_is_assumed_and_exits_3(tmp_path):
    save(RNN([[1, 0], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]]), tmp_path / "one.npz")
    result = run(
        "verify", "--network", tmp_path / "one.npz", "--input-bound", 1, "--state-bound", 5
    )
    assert result.exit_code == 3
    assert "ASSUMED  S4 bound" in result.stdout.splitlines()[1]  # at the top, not buried


@pytest.mark.parametrize(
    ("verdict", "code"), [("REFUTED", 1), ("UNKNOWN", 3), ("UNSUPPORTED", 3), ("ASSUMED", 3)]
)
def test_exit_statuses(monkeypatch, verdict, code):
    check = Check("step", "claim", "scope", Verdict(verdict), Trust.EXACT, "engine")
    report = Report("made up", "scope", (check,))
    monkeypatch.setattr(verify_module, "verify_construction", lambda *a, **k: report)
    result = run("verify", 2)
    assert result.exit_code == code
    assert f"\n  {verdict}  step" in result.stdout


BAD = {
    "n = 0": (["verify", "0"], "n is 0; expected an integer >= 1"),
    "negative n": (["verify", "--", "-1"], "n is -1"),
    "no n": (["verify"], "give either N or --network"),
    "text n": (["verify", "four"], "four|integer"),
    "too large": (["verify", "5000"], "takes hours"),
    "both": (["verify", "2", "--network", "x.npz"], "one of the two"),
    "bound without network": (["verify", "2", "--input-bound", "1"], "go with --network"),
    "no bound": (["verify", "--network", "{net}"], "needs --input-bound"),
    "negative bound": (
        ["verify", "--network", "{net}", "--input-bound", "-1"],
        "input_bound is -1",
    ),
    "bound is text": (["verify", "--network", "{net}", "--input-bound", "big"], "'big'; expected"),
    "bound is nan": (["verify", "--network", "{net}", "--input-bound", "nan"], "'nan'"),
    "missing file": (["verify", "--network", "no.npz", "--input-bound", "1"], "not a file"),
    "bad seed": (["verify", "2", "--seed", "-1"], "seed is -1"),
    "bad seed 2": (["verify", "--network", "{net}", "--input-bound", "1", "--seed", "-1"], "seed"),
    "unknown command": (["prove-it"], "No such command"),
    "unknown option": (["verify", "2", "--fast"], "No such option"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_exit_2(name, net_file):
    arguments, part = BAD[name]
    result = run(*[a.replace("{net}", str(net_file)) for a in arguments])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.search(part, result.stderr)
    assert "Traceback" not in result.stderr
    if result.stderr.startswith("error:"):
        assert len(result.stderr.strip().splitlines()) == 1


def test_norm_above_one_is_refused_with_a_witness(tmp_path):
    W = np.array([[1 + 1e-9, 0], [0, 0.5]])
    save(RNN(W, np.ones((2, 1)), np.zeros(2), np.ones((1, 2))), tmp_path / "big.npz")
    result = run("verify", "--network", tmp_path / "big.npz", "--input-bound", 1)
    assert result.exit_code == 2
    assert "at least 1 + 1e-09" in result.stderr
    assert "witness v = (1, 0)" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt, 130), (MemoryError, 3), (RuntimeError, 70)]
)
def test_failures_of_the_program_do_not_read_as_refuted(monkeypatch, error, code):
    def fail(*args, **kwargs):
        raise error("made to fail")

    monkeypatch.setattr(verify_module, "verify_construction", fail)
    monkeypatch.setattr(sys, "argv", ["urnn-proofs", "verify", "2"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == code


def test_broken_file_is_one_sentence(tmp_path):
    (tmp_path / "net.npz").write_bytes(b"PK\x03\x04 nonsense")
    result = run("verify", "--network", tmp_path / "net.npz", "--input-bound", 1)
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1


def test_certificates_from_the_command_line(tmp_path, net_file):
    for i, arguments in enumerate(
        (
            ["verify", 4],
            ["verify", "--network", net_file, "--input-bound", 2],
            ["prove", "3.1"],
        )
    ):
        file = tmp_path / f"c{i}.json"
        assert run(*arguments, "--certificate", file).exit_code == 0
        checked = run("check", file)
        assert checked.exit_code == 0
        assert checked.stdout.startswith("PROVED  ")
        data = json.loads(file.read_text())
        data["digest"] = "0" * 64
        file.write_text(json.dumps(data))
        rejected = run("check", file)
        assert rejected.exit_code == 1
        assert rejected.stdout.startswith("REJECTED  ")


@pytest.mark.parametrize("content", [None, b"{", b"\xff", b"[]"])
def test_what_is_no_certificate_exits_2(tmp_path, content):
    if content is not None:
        (tmp_path / "c.json").write_bytes(content)
    result = run("check", tmp_path / "c.json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1


def test_no_certificate_for_an_assumed_bound(tmp_path):
    save(RNN([[1, 0], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]]), tmp_path / "one.npz")
    result = run(
        "verify", "--network", tmp_path / "one.npz", "--input-bound", 1, "--state-bound", 5,
        "--certificate", tmp_path / "c.json",
    )  # fmt: skip
    assert result.exit_code == 2
    assert "no certificate" in result.stderr
    assert not (tmp_path / "c.json").exists()


def test_prove():
    result = run("prove", "3.1")
    assert result.exit_code == 0
    assert "PROVED  S5 induction    uses S1 dilation, S3 gate, S4 bound" in result.stdout
    first, second, *_ = result.stdout.splitlines()
    said = "PROVED  Theorem 3.1: 2n states are enough for contractive ReLU networks; scope: all n"
    assert first.startswith(said)
    assert second.startswith("  For every contractive ReLU RNN with n states and every M > 0 there")
    assert first.endswith("all inputs in X_M, all k [FORMAL: Coq checked the statement]")
    full = run("prove", "3.1", "--verbose").stdout
    assert "theorem_3_1: closed under the global context" in full
    assert "(N <= 2 * n)%N, orthogonal (trans T')" in full
    assert json.loads(run("prove", "3.1", "--json").stdout)["trust"] == "FORMAL"
    assert run("prove", "3.9").exit_code == 2


def test_help_and_version():
    assert "verify" in run("--help").stdout
    assert re.fullmatch(r"urnn-proofs \d+\.\d+\.\d+\n", run("--version").stdout)
    assert "--input-bound" in run("verify", "--help").stdout


def test_the_module_runs_as_a_program(net_file):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "urnn_proofs",
            "verify",
            "--network",
            net_file,
            "--input-bound",
            "1",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert re.fullmatch(r"(.* \([0-9]+ s.*\)\n)*", done.stderr)  # progress, on a slow machine
    assert "PROVED" in done.stdout


def test_the_example_network_is_proved():
    result = run("verify", "--network", EXAMPLE, "--input-bound", 3, "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert "16 states: URNN with 32 states" in data["title"]
