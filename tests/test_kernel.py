"""The kernel: accepts what is true, and nothing else, however a certificate is changed."""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import os
import random
import subprocess
import sys
from fractions import Fraction as Q
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import code_lines, is_orthogonal, multiply, signature, transpose

from urnn_proofs import RNN, Certificate, Verdict, check, equivalent_urnn, kernel, theorem
from urnn_proofs.certificate import bundle
from urnn_proofs.model.activation import piecewise_linear
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.questions.families import draw_examples

KERNEL = Path(kernel.__file__).parent
ROOT = KERNEL.parent.parent


def float_net(n, seed=0):
    W = np.random.default_rng(seed).standard_normal((n, n))
    W *= 0.9 / np.linalg.norm(W, 2)
    return RNN(W, np.ones((n, 1)), np.full(n, 0.1), np.ones((1, n)))


def small_certificate():
    rnn = RNN(
        W=[[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(1, 2)]],
        F=[[1, Q(1, 2)], [0, -1]],
        b=[Q(1, 8), Q(-1, 8)],
        C=[[1, 2]],
        h_init=[Q(1, 2), 0],
    )
    return equivalent_urnn(rnn, 1).certificate


FLAT = {
    "hard_tanh": {"activation": "hard_tanh"},
    "hard_sigmoid": {"activation": "hard_sigmoid", "h_init": [1, Q(1, 2)]},
    "flat right": {"activation": piecewise_linear("cap", knots=[1], slopes=[1, 0], value=1)},
}


@pytest.fixture(scope="module")
def subjects():
    """One certificate of every kind."""
    found = {
        "equivalence": small_certificate(),
        "float": equivalent_urnn(float_net(3), 1).certificate,
    }
    norm_one = draw_examples(2)[-1]
    wide = RNN([[Q(9, 10), 5], [0, Q(9, 10)]], [[1], [2]], [Q(1, 3), 0], [[1, -1]], [1, 2])
    found["scaled"] = equivalent_urnn(wide, 1, scaling=True).certificate
    found["sign"] = equivalent_urnn(
        norm_one.rnn, norm_one.input_bound, state_bound=norm_one.state_bound
    ).certificate
    proof = theorem("3.1").check().certificate
    for part, evidence in zip(proof.claim, proof.evidence):
        found.setdefault(part["kind"], Certificate(part["kind"], part["claim"], evidence))
    identities = [
        Certificate("identity", p["claim"], e)
        for p, e in zip(proof.claim, proof.evidence)
        if p["kind"] == "identity"
    ]
    found["identity"] = max(identities, key=lambda c: len(c.evidence["cofactors"]))
    wide = RNN([[Q(1, 2), Q(1, 3)], [0, Q(1, 4)]], [[1], [1]], [Q(1, 2), 0], [[1, 1]])
    found["rational"] = equivalent_urnn(wide, 1, rational=True).certificate
    shift = RNN([[0, Q(1, 2)], [0, 0]], [[1], [1]], [Q(1, 3), 0], [[1, 1]])
    found["second scaling"] = equivalent_urnn(shift, 1, scaling=[2, 1]).certificate
    for name, options in FLAT.items():
        net = RNN([[Q(1, 2), Q(1, 3)], [0, Q(1, 4)]], [[1], [1]], [Q(1, 2), 0], [[1, 1]], **options)
        found[name] = equivalent_urnn(net, 1).certificate
    found["bundle"] = bundle([found["equivalence"], found["inequality"]])
    return found


# -- what it is made of ---------------------------------------------------------------------


def test_fewer_than_500_lines_of_standard_library():
    assert sum(map(code_lines, KERNEL.glob("*.py"))) < 500
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


def edited(certificate, change):
    data = json.loads(certificate.to_json())
    change(data)
    return sealed(data)


def sealed(data):
    """Recompute the digest, as an attacker would."""
    canonical = json.dumps(data.get("claim"), sort_keys=True, separators=(",", ":"))
    data["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    return json.dumps(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(version=1),
        lambda d: d.update(version=3),
        lambda d: d.update(version=True),
        lambda d: d.update(version="2"),
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
        lambda d: d["claim"].update(activation=""),
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
        text.replace('"kind"', '"kind": "identity", "kind"', 1),
        text.replace('"version": 2', '"version": 1.0'),
        text.replace('"version": 2', '"version": NaN'),
        text.replace('"version": 2', '"version": ' + "9" * 5000),
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


# -- attacks --------------------------------------------------------------------------------


def fraction_rows(rows):
    return [[Q(x) for x in row] for row in rows]


def norm_holds(M, bound):
    gram = multiply(transpose(M), M)
    gap = [[bound**2 * (i == j) - x for j, x in enumerate(r)] for i, r in enumerate(gram)]
    return bound >= 0 and signature(gap)[2] == 0


class Phi:
    """A piecewise linear function from its certificate, evaluated by summing ramps."""

    def __init__(self, data):
        self.knots, self.slopes = [Q(t) for t in data["knots"]], [Q(s) for s in data["slopes"]]
        self.start = Q(data["value"])

    def __call__(self, z):
        total = self.start + self.slopes[0] * min(z - self.knots[0], 0)
        for k, t in enumerate(self.knots):
            after = self.knots[k + 1] if k + 1 < len(self.knots) else max(z, t)
            total += self.slopes[k + 1] * (min(max(z, t), after) - t)
        return total

    def flat_end(self, side):
        end = 0 if side == "left" else -1
        return self.knots[end], self(self.knots[end]), self.slopes[end] == 0

    def homogeneous(self):
        return self.knots == [0] and self.start == 0


def rescaled(net, E):
    n = len(E)
    return {
        "W": [[E[i] * net["W"][i][j] / E[j] for j in range(n)] for i in range(n)],
        "F": [[E[i] * x for x in net["F"][i]] for i in range(n)],
        "C": [[x / E[j] for j, x in enumerate(row)] for row in net["C"]],
        "b": [e * x for e, x in zip(E, net["b"])],
        "h_init": [e * x for e, x in zip(E, net["h_init"])],
    }


def read_network(data):
    return {
        key: fraction_rows(value) if isinstance(value[0], list) else [Q(x) for x in value]
        for key, value in data.items()
    }


def states_are_bounded(net, phi, M, bound):
    """The rules for H, written a second time, in the norms of rescaled states."""
    S = [Q(x) for x in bound["scaling"]]
    H, rho, f, beta = (Q(bound[k]) for k in ("H", "rho", "F_norm", "b_norm"))
    if len(S) != len(net["W"]) or min(S) <= 0 or H < 0 or M < 0:
        return False
    if any(s != 1 for s in S) and not phi.homogeneous():
        return False
    net, inner, n = rescaled(net, S), H * min(S), len(S)
    if sum(x * x for x in net["h_init"]) > inner**2:
        return False
    if bound["rule"] == "range":
        outside = phi.slopes[0] == phi.slopes[-1] == 0
        return outside and all(n * phi(t) ** 2 <= H**2 for t in phi.knots)
    if not norm_holds(net["F"], f) or not norm_holds([[x] for x in net["b"]], beta):
        return False
    if bound["rule"] == "sign":
        relu = phi.homogeneous() and phi.slopes == [0, 1]
        signs = max(x for row in net["W"] for x in row) <= 0 <= min(net["h_init"])
        return relu and signs and f * M + beta <= inner
    gentle = all(-1 <= s <= 1 for s in phi.slopes)
    spare = inner - (rho * inner + f * M + beta)
    enough = spare >= 0 and spare**2 >= n * phi(Q(0)) ** 2
    return gentle and rho < 1 and norm_holds(net["W"], rho) and enough


def equivalence_is_true(claim, evidence):
    """The independent slow check: the conditions for equal outputs, written a second time."""
    M, n = Q(claim["input_bound"]), len(claim["rnn"]["W"])
    small, big = read_network(claim["rnn"]), read_network(claim["urnn"])
    R, alpha, beta = big["R"], big["alpha"], big["beta"]
    known = isinstance(claim["activation"], dict)
    phi = Phi(claim["activation"]) if known else None
    E, copies = [Q(x) for x in evidence["scaling"]], evidence["copies"]
    if len(E) != n or min(E) <= 0 or (set(E) != {1} and not (phi and phi.homogeneous())):
        return False
    small = rescaled(small, E)
    if min((*alpha, *beta)) <= 0 or not is_orthogonal(R, alpha, beta):
        return False
    N = len(R)
    if len(copies) != N or len(big["offset"]) != N:
        return False
    # S maps states of the first to states of the second: S h, and 0 on gates.
    S = [[Q(int(i == j)) for j in range(n)] for i in copies]
    gates = [u for u in range(N) if copies[u] < 0]
    real = [u for u in range(N) if copies[u] >= 0]
    if any(alpha[u] != 1 or beta[u] != 1 for u in real):
        return False
    US, SW = multiply([[R[u][v] for v in real] for u in real], [S[v] for v in real]), None
    SW = multiply([S[u] for u in real], small["W"])
    if US != SW or multiply(big["C"], S) != small["C"]:
        return False
    column = lambda key: [[x] for x in small[key]]  # noqa: E731
    for u in real:
        i = copies[u]
        if big["F"][u] != small["F"][i] or big["offset"][u] != 0:
            return False
        if [big["b"][u]] != column("b")[i] or [big["h_init"][u]] != column("h_init")[i]:
            return False
    if not gates:
        return True
    if phi is None or len({copies[u] for u in real}) != len(real):
        return False
    if evidence["side"] not in ("left", "right"):
        return False
    end, value, constant = phi.flat_end(evidence["side"])
    kept = sorted(copies[u] for u in real)
    part = {
        "W": [[small["W"][i][j] for j in kept] for i in kept],
        "F": [small["F"][i] for i in kept],
        "b": [small["b"][i] for i in kept],
        "C": [[row[j] for j in kept] for row in small["C"]],
        "h_init": [small["h_init"][i] for i in kept],
    }
    if not constant or not kept or not states_are_bounded(part, phi, M, evidence["bound"]):
        return False
    H = Q(evidence["bound"]["H"])
    for u in gates:
        room = end - big["b"][u] if evidence["side"] == "left" else big["b"][u] - end
        quiet = not any(big["F"][u]) and not any(row[u] for row in big["C"])
        if room < H or not quiet or not big["offset"][u] == big["h_init"][u] == value:
            return False
    return True


def identity_is_true(claim, evidence):
    """Expand with SymPy's noncommutative symbols, an implementation of its own."""
    names = {x["name"] for x in claim["letters"]} | {x["adjoint"] for x in claim["letters"]}
    symbol = {name: sp.Symbol(f"L{i}", commutative=False) for i, name in enumerate(sorted(names))}
    star = {x["name"]: x["adjoint"] for x in claim["letters"]}
    star |= {v: k for k, v in star.items()}

    def word(letters):
        return sp.Mul(*(symbol[x] for x in letters))

    def polynomial(p, adjoint=False):
        turn = (lambda w: [star[x] for x in w[::-1]]) if adjoint else list
        return sp.Add(*(sp.Rational(c) * word(turn(w)) for c, w in p["terms"]))

    total = sp.Add(
        *(
            sp.Rational(c) * word(left) * polynomial(claim["relations"][i], adjoint) * word(right)
            for c, left, i, adjoint, right in evidence["cofactors"]
        )
    )
    return sp.expand(total - polynomial(claim["conclusion"])) == 0


def inequality_is_true(claim, evidence):
    x = [sp.Symbol(f"x{i}") for i in range(len(claim["variables"]))]

    def polynomial(terms):
        return sp.Add(*(sp.Rational(c) * sp.prod(v**e for v, e in zip(x, m)) for c, m in terms))

    given = [(polynomial(h["polynomial"]), h["sign"]) for h in claim["hypotheses"]]
    given.append((-polynomial(claim["conclusion"]), ">"))
    total, strict = sp.Integer(0), False
    for i, factor in evidence["multiples"]:
        if i < 0 or given[i][1] != "=":
            return False
        total += polynomial(factor) * given[i][0]
    for c, factors, square in evidence["summands"]:
        s = polynomial(square)
        total += sp.Rational(c) * s**2 * sp.prod(given[i][0] for i in factors)
        constant = s.is_number and s != 0
        strict = strict or bool(constant and all(given[i][1] == ">" for i in factors))
        if sp.Rational(c) <= 0:
            return False
    return sp.expand(total) == 0 and strict


def lower_bound_is_true(claim, evidence):
    """Simulate again, with ranks from SymPy and the determinant in place of the norm."""
    net, phi = read_network(claim["rnn"]), Phi(claim["activation"])
    W, F, C = (sp.Matrix([[sp.Rational(x) for x in r] for r in net[k]]) for k in ("W", "F", "C"))
    n, M, least = W.rows, Q(claim["input_bound"]), claim["states"]
    h, run = net["h_init"], 0
    for x in fraction_rows(evidence["inputs"]):
        if sum(v * v for v in x) >= M**2 or M <= 0:
            return False
        z = [
            sum((a * c for a, c in zip((*net["W"][i], *net["F"][i]), (*h, *x))), net["b"][i])
            for i in range(n)
        ]
        h = [phi(v) for v in z]
        tiny = Q(1, 10**40)
        moving = all(
            phi(v + tiny) - phi(v) == phi(v) - phi(v - tiny) != 0 and v not in phi.knots for v in z
        )
        run = run + 1 if moving else 0
    if F.rank() != n or C.rank() != n or run < 1:
        return False
    by_kernel = least <= n + (n - W.rank()) and run >= least - n + 1
    plain = set(phi.slopes) <= {0, 1}
    by_volume = least <= n + 1 and abs(W.det()) < 1 and run >= 2 and plain
    multiple = W == W[0, 0] * sp.eye(n) and abs(W[0, 0]) < 1
    by_memory = least <= n + 2 and n >= 2 and multiple and run >= 5 and plain
    return bool(by_kernel or by_volume or by_memory)


def bundle_is_true(claim, evidence):
    pairs = zip(claim, evidence, strict=True)
    return all(ORACLES[part["kind"]](part["claim"], proof) for part, proof in pairs)


ORACLES = {
    "bundle": bundle_is_true,
    "equivalence": equivalence_is_true,
    "identity": identity_is_true,
    "inequality": inequality_is_true,
    "lower_bound": lower_bound_is_true,
}


def leaves(value, path=()):
    """Yield the path of every scalar and every nonempty list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        if value:
            yield path
        for i, inner in enumerate(value):
            yield from leaves(inner, (*path, i))
    else:
        yield path


WORDS = ["sign", "norm", "range", "left", "right", "=", ">", "relu", "W", "W*", "n", "r", "x"]


def mutate(rng, data):
    """Change one place: a sign, a digit, a nudge, a swap of neighbours, a dropped entry."""
    part = rng.choice(["claim", "evidence"])
    paths = list(leaves(data[part], (part,)))
    path = rng.choice(paths)
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    value = parent[path[-1]]
    if isinstance(value, list):
        action = rng.choice(["swap", "drop", "repeat"])
        i = rng.randrange(len(value))
        if action == "swap":
            j = rng.randrange(len(value))
            value[i], value[j] = value[j], value[i]
        elif action == "drop":
            del value[i]
        else:
            value.insert(i, copy.deepcopy(value[i]))
    elif isinstance(value, bool):
        parent[path[-1]] = not value
    elif isinstance(value, int):
        parent[path[-1]] = value + rng.choice([-1, 1])
    else:
        try:
            number = Q(value)
        except (ValueError, ZeroDivisionError):
            parent[path[-1]] = rng.choice(
                ["sign", "norm", "range", "left", "right", "=", ">", "W", "W*", "n", "r", "x"]
            )
            return
        factor = rng.choice([-1, 0, 2, 1 - Q(1, 10**12), 1 + Q(1, 10**12)])
        parent[path[-1]] = str(rng.choice([number * factor, number + 1, number - Q(1, 10**9)]))


@pytest.mark.parametrize(
    "kind",
    [
        "equivalence",
        "float",
        "scaled",
        "second scaling",
        "rational",
        "sign",
        *FLAT,
        "identity",
        "inequality",
    ],
)
def test_mutants_are_accepted_only_if_they_state_a_truth(subjects, kind, capsys):
    rng = random.Random(kind)
    original = subjects[kind]
    assert ORACLES[original.kind](original.claim, original.evidence)
    tried = rejected = malformed = true_mutants = wrong = 0
    for _ in range(1200):
        data = json.loads(original.to_json())
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            mutate(rng, data)
        if (data["claim"], data["evidence"]) == (original.claim, original.evidence):
            continue
        tried += 1
        try:
            kernel.check_text(sealed(data))
        except kernel.Rejected:
            rejected += 1
        except kernel.Malformed:
            malformed += 1
        else:
            truth = ORACLES[original.kind](data["claim"], data["evidence"])
            true_mutants += truth
            wrong += not truth
    with capsys.disabled():
        print(
            f"\n  mutants of {kind}: {tried} tried, {rejected} rejected, {malformed} malformed, "
            f"{true_mutants} accepted that state a truth, {wrong} accepted wrongly"
        )
    assert wrong == 0
    assert tried > 1000
    assert rejected > 100


def test_checking_gives_up_in_time(subjects, monkeypatch):
    monkeypatch.setattr(kernel.reading, "MAX_SECONDS", -1)
    with pytest.raises(kernel.Malformed, match="takes too long"):
        kernel.check_text(subjects["equivalence"].to_json())


def test_denominators_that_would_blow_up_are_refused_before_work(subjects):
    primes = [sp.prime(k) for k in range(2000, 2064)]

    def blow_up(data):
        row = [f"1/{p**600}" for p in primes]
        data["claim"]["rnn"]["C"] = [row[:2], row[2:4], row[4:6], row[6:8]]

    with pytest.raises(kernel.Malformed, match="no small common denominator"):
        kernel.check_text(edited(subjects["equivalence"], blow_up))


def test_truncated_files(subjects):
    text = subjects["equivalence"].to_json()
    for end in range(0, len(text) - 2, 17):
        with pytest.raises((kernel.Malformed, kernel.Rejected)):
            kernel.check_text(text[:end])


@pytest.mark.parametrize(
    ("path", "factor"),
    [
        (("evidence", "bound", "H"), 1 - Q(1, 10**8)),
        (("evidence", "bound", "H"), 1 + Q(1, 10**12)),
        (("evidence", "bound", "rho"), Q(1, 2)),
        (("evidence", "bound", "F_norm"), Q(9, 10)),
        (("claim", "input_bound"), 2),
        (("claim", "input_bound"), -1),
    ],
)
def test_targeted_lies(subjects, path, factor):
    data = json.loads(subjects["equivalence"].to_json())
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = str(Q(parent[path[-1]]) * factor)
    assert check(sealed(data)) is Verdict.REFUTED


def test_alpha_and_beta_swapped(subjects):
    data = json.loads(subjects["equivalence"].to_json())
    urnn = data["claim"]["urnn"]
    assert urnn["alpha"] != urnn["beta"]
    urnn["alpha"], urnn["beta"] = urnn["beta"], urnn["alpha"]
    assert check(sealed(data)) is Verdict.REFUTED


def test_a_false_identity_and_a_false_inequality_have_no_certificate(subjects):
    """Claims that are false stay unproved whatever the evidence says."""
    identity = json.loads(subjects["identity"].to_json())
    identity["claim"]["conclusion"]["terms"].append(["1", ["W3", "W3*", "W3", "W3*"]])
    assert check(sealed(identity)) is Verdict.REFUTED
    empty = json.loads(subjects["inequality"].to_json())
    empty["evidence"]["summands"] = []
    assert check(sealed(empty)) is Verdict.REFUTED


def test_a_strict_summand_is_needed(subjects):
    """0 = 0 proves nothing: without it, any inequality would follow."""
    data = json.loads(subjects["inequality"].to_json())
    data["claim"]["conclusion"] = [["-1", [0] * len(data["claim"]["variables"])]]
    data["claim"]["hypotheses"] = []
    for summands in ([], [["1", [], []]]):
        data["evidence"]["summands"] = summands
        assert check(sealed(data)) is Verdict.REFUTED


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["1", "-1/2"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "claim", "W", "R"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from(["equivalence", "identity", "inequality", "bundle"]), st.data())
@settings(max_examples=400)
def test_random_json_and_random_edits_never_crash(subjects, value, kind, data):
    document = json.loads(subjects[kind].to_json())
    paths = list(leaves(document))
    path = data.draw(st.sampled_from(paths))
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    before = parent[path[-1]]
    parent[path[-1]] = value
    for text in (json.dumps(value), json.dumps(document), sealed(document)):
        try:
            kernel.check_text(text)
        except (kernel.Malformed, kernel.Rejected):
            continue
        # Accepted: only if nothing changed, or the change is no part of claim and evidence,
        # or an independent look says that it is still true.
        unchanged = value == before and type(value) is type(before)
        if not unchanged and path[0] in ("claim", "evidence"):
            assert ORACLES[kind](document["claim"], document["evidence"])
