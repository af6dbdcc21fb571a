"""The kernel as it is used: on bare Python, from a file, and on anything that is no certificate."""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
import time
from fractions import Fraction as Q
from pathlib import Path

import pytest
import sympy as sp
from kernel_subjects import edited, float_net, make_subjects, polynomial, relation, sealed
from typer.testing import CliRunner

from urnn_proofs import RNN, Certificate, Verdict, check, equivalent_urnn, kernel, theorem
from urnn_proofs.certificate import labelled
from urnn_proofs.cli import app
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.questions.families import draw_examples

KERNEL = Path(kernel.__file__).parent
ROOT = KERNEL.parent.parent


@pytest.fixture(scope="module")
def subjects():
    """One certificate of every kind."""
    return make_subjects()


# -- what it is made of ---------------------------------------------------------------------


def test_it_is_made_of_the_standard_library():
    for path in KERNEL.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert {a.name.split(".")[0] for a in node.names} <= sys.stdlib_module_names
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert node.module.split(".")[0] in sys.stdlib_module_names
            if isinstance(node, ast.ImportFrom) and node.level:
                assert node.level == 1  # its own folder only


def run_bare(path):
    """Run the kernel in a Python without site-packages."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "urnn_proofs.kernel", path],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": os.environ.get("PATH", "")},
    )  # fmt: skip


def test_it_runs_on_bare_python(tmp_path, subjects):
    for name, certificate in subjects.items():
        certificate.save(tmp_path / "c.json")
        done = run_bare(tmp_path / "c.json")
        assert (done.returncode, done.stderr) == (0, ""), name
        assert done.stdout.startswith("PROVED: ")
        assert certificate.digest in done.stdout


def test_exit_statuses_on_bare_python(tmp_path, subjects):
    data = json.loads(subjects["equivalence"].to_json())
    data["evidence"]["bound"]["rho"] = "1/100"
    (tmp_path / "wrong.json").write_text(json.dumps(data))
    (tmp_path / "broken.json").write_text("{")
    codes = {
        name: run_bare(tmp_path / name) for name in ("wrong.json", "broken.json", "missing.json")
    }
    assert [x.returncode for x in codes.values()] == [1, 2, 2]
    assert codes["wrong.json"].stdout.startswith("REJECTED: ")
    assert not any("Traceback" in x.stderr for x in codes.values())


@pytest.mark.parametrize("n", [1, 2, 3, 4, 8, 16])
def test_it_agrees_with_the_fast_prover(n):
    for example in draw_examples(n):
        both = equivalent_urnn(example.rnn, example.input_bound, state_bound=example.state_bound)
        assert both.report.verdict is Verdict.PROVED
        assert check(both.certificate) is Verdict.PROVED


def test_float_weights_at_n_16():
    assert check(equivalent_urnn(float_net(16), 1).certificate) is Verdict.PROVED


# -- the public side ------------------------------------------------------------------------


def test_save_load_check(tmp_path, subjects):
    certificate = subjects["equivalence"]
    certificate.save(tmp_path / "c.json")
    assert Certificate.load(tmp_path / "c.json") == certificate
    for form in (certificate, tmp_path / "c.json", str(tmp_path / "c.json"), certificate.to_json()):
        assert check(form) is Verdict.PROVED
    with pytest.raises(InputError, match="not a folder"):
        certificate.save(tmp_path / "no" / "c.json")
    assert (tmp_path / "c.json").stat().st_mode & 0o444 == 0o444 & ~os.umask(os.umask(0))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"kind": 1}'])
def test_what_is_no_certificate(tmp_path, content):
    (tmp_path / "c.json").write_bytes(content)
    with pytest.raises(InputError):
        check(tmp_path / "c.json")
    with pytest.raises(InputError):
        Certificate.load(tmp_path / "c.json")


def test_no_certificate_for_a_bound_on_the_callers_word():
    both = equivalent_urnn(RNN([[1, 0], [0, 0]], [[1], [1]], [0, 0], [[1, 1]]), 1, state_bound=9)
    assert both.report.certificate is None
    with pytest.raises(UnsupportedError, match="supplied and not proved"):
        _ = both.certificate


# -- strict reading -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(version=1),
        lambda d: d.update(version=2),
        lambda d: d.update(version=True),
        lambda d: d.update(version="3"),
        lambda d: d.update(format="other"),
        lambda d: d.update(kind="theorem"),
        lambda d: d.update(kind=["equivalence"]),
        lambda d: d.update(note="ok"),
        lambda d: d.pop("tools"),
        lambda d: d.update(tools={}),
        lambda d: d["tools"].append("\u2028"),
        lambda d: d["tools"].append(1),
        lambda d: d["claim"].update(proved=True),
        lambda d: d["claim"].pop("input_bound"),
        lambda d: d["claim"]["rnn"].update(activation="tanh"),
        lambda d: d["claim"].update(activation="tanh"),
        lambda d: d["claim"].update(activation=None),
        lambda d: d["claim"].update(input_bound="-7"),
        lambda d: d["claim"]["activation"].update(knots=[]),
        lambda d: d["claim"]["activation"].update(knots=["0", "0"], slopes=["0", "1", "1"]),
        lambda d: d["claim"]["activation"].update(slopes=["0"]),
        lambda d: d["evidence"].update(ok="yes"),
        lambda d: d["evidence"]["bound"].update(rule="trust me"),
        lambda d: d["evidence"]["bound"].update(scaling=["1", "0"]),
        lambda d: d["evidence"].update(scaling="1"),
        lambda d: d["evidence"].update(scaling=["1"]),
        lambda d: d["evidence"].update(copies=[0, 1]),
        lambda d: d["evidence"].update(copies=[0, 1, -1, -2]),
        lambda d: d["evidence"].update(copies=[0, 2, -1, -1]),
        lambda d: d["evidence"].update(copies=[0, True, -1, -1]),
        lambda d: d["claim"]["urnn"].update(offset=["0"]),
        lambda d: d["claim"].update(input_bound=1),
        lambda d: d["claim"].update(input_bound=1.0),
        lambda d: d["claim"].update(input_bound="1/0"),
        lambda d: d["claim"].update(input_bound="2/2"),
        lambda d: d["claim"].update(input_bound="1/1"),
        lambda d: d["claim"].update(input_bound="01"),
        lambda d: d["claim"].update(input_bound="-0"),
        lambda d: d["claim"].update(input_bound="+1"),
        lambda d: d["claim"].update(input_bound=" 1"),
        lambda d: d["claim"].update(input_bound="1_0"),
        lambda d: d["claim"].update(input_bound="0.5"),
        lambda d: d["claim"].update(input_bound="\u0661"),
        lambda d: d["claim"].update(input_bound="9" * 30_000),
        lambda d: d["claim"]["rnn"].update(W=[["0"] * 70] * 70),
        lambda d: d["claim"]["rnn"].update(W=[]),
        lambda d: d["claim"]["rnn"].update(W=[[]]),
        lambda d: d["claim"]["rnn"].update(W=[["0", "0"], ["0"]]),
        lambda d: d["claim"]["rnn"].update(F=[["0"]]),
        lambda d: d["claim"]["urnn"].update(C=[["0"]]),
        lambda d: d["claim"]["urnn"].update(R=[["0"]]),
    ],
)
def test_anything_unusual_is_malformed(subjects, change):
    with pytest.raises(kernel.Malformed):
        kernel.check_text(edited(subjects["equivalence"], change))


def test_duplicate_keys_numbers_and_depth(subjects):
    text = subjects["equivalence"].to_json()
    for bad in (
        text.replace('"kind"', '"kind": "bundle", "kind"', 1),
        text.replace('"version": 3', '"version": 1.0'),
        text.replace('"version": 3', '"version": NaN'),
        text.replace('"version": 3', '"version": ' + "9" * 5000),
        "[" * 100_000,
        " " * (kernel.reading.MAX_BYTES + 1),
    ):
        with pytest.raises(kernel.Malformed):
            kernel.check_text(bad)


def test_a_claim_with_the_old_digest_is_rejected(subjects):
    data = json.loads(subjects["equivalence"].to_json())
    data["claim"]["input_bound"] = "1/2"  # a weaker, true claim, but not the one that was signed
    with pytest.raises(kernel.Rejected, match="digest"):
        kernel.check_text(json.dumps(data))
    assert check(sealed(data)) is Verdict.PROVED


def test_denominators_that_would_blow_up_are_refused_before_work(subjects):
    primes = [sp.prime(k) for k in range(2000, 2064)]

    def blow_up(data):
        row = [f"1/{p**900}" for p in primes]
        data["claim"]["rnn"]["C"] = [row[k : k + 2] for k in range(0, 20, 2)]

    with pytest.raises(kernel.Malformed, match="no small common denominator"):
        kernel.check_text(edited(subjects["equivalence"], blow_up))


def test_truncated_files(subjects):
    text = subjects["equivalence"].to_json()
    for end in range(0, len(text) - 2, 17):
        with pytest.raises((kernel.Malformed, kernel.Rejected)):
            kernel.check_text(text[:end])


def test_numbers_that_the_kernel_does_not_read_make_no_certificate():
    """A report without a certificate, instead of a file that is then called malformed."""
    net = RNN([[Q(1, 2)]], [[1]], [0], [[1]])
    longest = Q(10**999)
    assert check(equivalent_urnn(net, longest).certificate) is Verdict.PROVED
    both = equivalent_urnn(net, 10 * longest)
    assert both.report.verdict is Verdict.PROVED
    assert both.report.certificate is None
    with pytest.raises(UnsupportedError, match="1001 characters"):
        _ = both.certificate


def test_a_claim_for_all_sizes_names_its_theorem_and_step():
    report = theorem("3.1").check()
    labels = {part["claim"]["label"] for part in report.certificate.claim}
    assert "3.1/S1-dilation" in labels
    assert all(label.startswith("3.1/") for label in labels)
    step = theorem("3.1").check_step("S2 rows").certificate
    assert [part["claim"]["label"] for part in step.claim] == ["3.1/S2-rows"]
    statement = kernel.check_text(step.to_json()).statement
    assert "3.1/S2-rows (a label, not checked): 1 - p >= 0 follows" in statement.replace(
        "-p + 1", "1 - p"
    )
    odd = labelled(step_part(step), "a: b\nPROVED", "***", "x" * 90)
    assert odd.claim["label"] == f"a-b-PROVED/{'x' * 30}"
    assert odd.digest != step_part(step).digest
    assert check(odd) is Verdict.PROVED
    assert labelled(step_part(step), "").claim["label"] == "unnamed"


def step_part(step):
    """The one certificate of a bundle."""
    ((part,), (evidence,)) = step.claim, step.evidence
    return Certificate(part["kind"], part["claim"], evidence)


def test_the_command_check_has_the_statuses_of_the_package(tmp_path, subjects):
    file = tmp_path / "c.json"
    data = json.loads(subjects["positivity"].to_json())
    wrong = {**data, "evidence": {**data["evidence"], "summands": []}}
    for text, status in (
        (json.dumps(data), 0),
        (json.dumps(wrong), 1),
        ("{", 2),
        (json.dumps({**data, "version": 2}), 2),
    ):
        file.write_text(text)
        done = CliRunner().invoke(app, ["check", str(file)])
        assert done.exit_code == status
        assert status == 0 or len((done.stdout + done.stderr).splitlines()) == 1
    assert CliRunner().invoke(app, ["check", str(tmp_path / "none.json")]).exit_code == 2


# -- hostile files: each is answered in seconds, by size alone ------------------------------------


def answer(text):
    """What the kernel says, and how much processor time it took."""
    start = time.process_time()
    try:
        said = kernel.check_text(text).statement
    except (kernel.Malformed, kernel.Rejected) as reason:
        said = f"{type(reason).__name__}: {reason}"
    return said, time.process_time() - start


def coprime(size, count):
    """Different numbers of this many digits, with few common factors."""
    return [f"1{'0' * (size - 6)}{k:05}" for k in range(1, 2 * count, 2)]


def test_a_simulation_with_long_numbers_is_refused(subjects):
    """5.7 MB: 64 steps of 64 units with weights of thousands of digits."""
    n = 64
    digits = "7" * 1300
    eye = [["1" if i == j else "0" for j in range(n)] for i in range(n)]
    net = {"W": [[f"1/{digits}"] * n] * n, "F": eye, "b": ["0"] * n, "C": eye, "h_init": ["0"] * n}
    relu = {"knots": ["0"], "slopes": ["0", "1"], "value": "0"}
    claim = {"rnn": net, "activation": relu, "input_bound": "1", "states": n}
    evidence = {"inputs": [["1/100"] * n] * n, "scaling": ["1"] * n}
    said, seconds = answer(Certificate("lower_bound", claim, evidence).to_json())
    assert said.startswith("Malformed: checking it would take too long")
    assert seconds < 20


def test_an_elimination_with_long_numbers_is_refused(subjects):
    n = 48
    rng = random.Random(0)
    W = [[str(rng.randrange(10**999, 10**1000)) for _ in range(n)] for _ in range(n)]
    net = {"W": W, "F": W, "b": ["0"] * n, "C": W, "h_init": ["0"] * n}
    relu = {"knots": ["0"], "slopes": ["0", "1"], "value": "0"}
    claim = {"rnn": net, "activation": relu, "input_bound": "1", "states": 2}
    evidence = {"inputs": [["1/100"] * n], "scaling": ["1"] * n}
    said, seconds = answer(Certificate("lower_bound", claim, evidence).to_json())
    assert said.startswith("Malformed: checking it would take too long")
    assert seconds < 20


def test_an_ellipsoid_with_long_numbers_is_read_in_integers(subjects):
    """5.5 MB: fractions of 2,200 digits are not brought to lowest terms at every addition."""
    n, m, low, digits = 16, 32, str(2**7300), 2200
    rng = random.Random(0)

    def long():
        return f"{10**digits + 2 * rng.randrange(10**9):d}1/{low}"

    eye = [["1" if i == j else "0" for j in range(2 * n)] for i in range(2 * n)]
    zero, F = ["0"] * n, [[long() for _ in range(m)] for _ in range(n)]
    W = [zero] * n
    P = [[long() for _ in range(n)] for _ in range(n)]
    for i, row in enumerate(P):
        row[:i] = [P[j][i] for j in range(i)]
    rnn = {"W": W, "F": F, "b": zero, "C": [eye[0][:n]], "h_init": zero}
    urnn = {
        "R": eye[n:] + eye[:n], "alpha": ["1"] * 2 * n, "beta": ["1"] * 2 * n,
        "F": F + [["0"] * m] * n, "b": zero + ["-1000"] * n, "C": [eye[0]],
        "h_init": zero * 2, "offset": zero * 2,
    }  # fmt: skip
    relu = {"knots": ["0"], "slopes": ["0", "1"], "value": "0"}
    claim = {"rnn": rnn, "urnn": urnn, "activation": relu, "input_bound": "1"}
    t = [long() for _ in range(n)]
    bound = {"P": P, "V": W, "t": t, "H": "1", "a": "1/2", "lambda": "1/3"}
    evidence = {
        "copies": [*range(n), *[-1] * n], "scaling": ["1"] * n, "side": "left", "bound": bound
    }  # fmt: skip
    said, seconds = answer(Certificate("equivalence", claim, evidence).to_json())
    assert said.startswith("Rejected: the ellipsoid does not keep the states")
    assert seconds < 15


def consequence(hypotheses, conclusion, multiples, summands):
    numbers = [
        {"name": x, "domain": "1", "codomain": "1", "self_adjoint": True} for x in ("x", "y")
    ]
    claim = {
        "label": "hostile", "letters": numbers, "hypotheses": hypotheses, "conclusion": conclusion
    }  # fmt: skip
    evidence = {"multiples": multiples, "summands": summands}
    return Certificate("consequence", claim, evidence).to_json()


def test_sums_of_many_words_are_refused(subjects):
    """3 MB that would expand to millions of words, or to one number of a million digits."""
    words = [" ".join("xy"[int(b)] for b in f"{k:010b}") for k in range(1000)]
    wide = relation("=", *((1, w) for w in words))
    many = [["1", ["x"] * 30 + ["y"] * 10, 0, False, []] for _ in range(10_000)]
    said, seconds = answer(consequence([wide], relation("=", (1, "x")), many, []))
    assert said.startswith("Malformed: checking it would take too long")
    assert seconds < 30
    parts = [[f"1/{p}", [], 0, False, []] for p in coprime(38, 20_000)]
    root = relation("=", (1, "x"))
    said, seconds = answer(consequence([root], root, parts, []))
    assert said.startswith("Malformed: multiples has a coefficient 0, or no small common")
    assert seconds < 20
    one = relation(">=", *((1, w) for w in words))
    product = [["1", [0] * 10, polynomial((1, ""))]]
    said, seconds = answer(consequence([one], relation(">=", (-1, "")), [], product))
    assert said.startswith("Malformed: checking it would take too long")
    assert seconds < 5


def test_coprime_denominators_are_refused_wherever_they_stand(subjects):
    """Sums of numbers with coprime denominators of 9,000 digits."""
    original = json.loads(subjects["equivalence"].to_json())
    long = [f"1/{p}" for p in coprime(9000, 64)]
    places = {
        "b": ("claim", "rnn", "b"), "h_init": ("claim", "rnn", "h_init"),
        "alpha": ("claim", "urnn", "alpha"), "scaling": ("evidence", "scaling"),
        "S": ("evidence", "bound", "scaling"),
    }  # fmt: skip
    for name, path in places.items():
        data = json.loads(json.dumps(original))
        parent = data
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = long
        said, seconds = answer(sealed(data))
        assert said.startswith("Malformed"), name
        assert seconds < 20


def test_the_largest_honest_certificate_is_affordable():
    """24 states with float64 weights: 48 with U, numbers of 1,800 digits."""
    said, seconds = answer(equivalent_urnn(float_net(24), 1).certificate.to_json())
    assert said.startswith("an RNN with 24 states")
    assert seconds < 60
