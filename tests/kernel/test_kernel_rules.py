"""Every rule and every limit of the kernel, by certificates written by hand.

Nothing but the kernel and the standard library is used here, so that each mutant of the kernel
(``make mutants``) can be run against these sentences in about a second.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import io
import json
import os
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction as Q
from functools import partial

import pytest

from urnn_proofs import kernel
from urnn_proofs.kernel import (
    Malformed,
    Rejected,
    consequence,
    equivalence,
    hypotheses,
    linear,
    lower_bound,
    networks,
    reading,
)
from urnn_proofs.kernel.reading import Budget


def texts(value):
    return [texts(v) for v in value] if isinstance(value, list) else str(value)


def text_of(kind, claim, evidence, /, **changes):
    canonical = json.dumps(claim, sort_keys=True, separators=(",", ":"))
    data = {
        "format": "urnn_proofs certificate", "version": 3, "kind": kind, "claim": claim,
        "evidence": evidence, "digest": hashlib.sha256(canonical.encode()).hexdigest(),
        "tools": ["by hand"],
    }  # fmt: skip
    return json.dumps(data | changes)


def said(kind, claim, evidence):
    """What the kernel says: the statement, or its exception."""
    try:
        return kernel.check_text(text_of(kind, claim, evidence)).statement
    except (Malformed, Rejected) as reason:
        return f"{type(reason).__name__}: {reason}"


def changed(value, *changes):
    """A deep copy with other values at some paths; a function is applied to what is there."""
    value = copy.deepcopy(value)
    for path, new in changes:
        parent = value
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = new(parent[path[-1]]) if callable(new) else new
    return value


# -- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("0", Q(0)),
        ("-3/4", Q(-3, 4)),
        ("1" + "0" * 4999 + "7", Q(10**5000 + 7)),
        ("-1" + "0" * 4999 + "7", -Q(10**5000 + 7)),
        ("-12" + "0" * 9900 + "34", -Q(12 * 10**9902 + 34)),
        ("-1/1" + "0" * 4500 + "1", -Q(1, 10**4501 + 1)),
        ("-" + "9" * 4100, -Q(10**4100 - 1)),
    ],
)
def test_numbers_of_any_length_are_read_exactly(shown, value):
    assert reading.rational(shown, "x") == value


@pytest.mark.parametrize(
    "shown", ["", "-0", "00", "01", "+1", "1/1", "2/4", "1/0", "0/2", "1/-2", "1 ", "1_0", "0.5",
              "1e3", "\u0661", "1/2/3", "-", "/2", None, 1, True, ["1"]]
)  # fmt: skip
def test_numbers_have_one_form(shown):
    with pytest.raises(Malformed):
        reading.rational(shown, "x")


def test_numbers_have_a_limited_length():
    assert reading.rational("9" * 10_000, "x") == 10**10_000 - 1
    assert reading.rational("9" * 7, "x", 7) == 9_999_999
    for shown, digits in (("9" * 10_001, {}), ("9" * 8, {"digits": 7})):
        with pytest.raises(Malformed):
            reading.rational(shown, "x", **digits)


def test_arrays_have_a_limited_length():
    assert reading.items([], "x", 2) == []
    assert reading.items([0, 0], "x", 2, 2) == [0, 0]
    for data, limit, least in (([0] * 3, 2, 0), ([0], 2, 2), ("ab", 2, 0), ({}, 2, 0)):
        with pytest.raises(Malformed):
            reading.items(data, "x", limit, least)
    assert len(reading.vector(["1"] * 64, "x")) == 64
    assert len(reading.matrix([["1"]] * 64, "x")) == 64
    for read, data in ((reading.vector, ["1"] * 65), (reading.matrix, [["1"]] * 65)):
        with pytest.raises(Malformed):
            read(data, "x")
    for bad in ([], [[]], [["1"], ["1", "1"]]):
        with pytest.raises(Malformed):
            reading.matrix(bad, "x")


def test_denominators_have_a_limited_common_multiple():
    assert reading.common([Q(1, 4), Q(5, 6), Q(7)], "x") == 12
    assert reading.common([Q(1, 3), Q(2, 5)], "x") == 15
    assert reading.common([Q(1, 2**99_999)], "x") == 2**99_999  # of 100,000 bits
    with pytest.raises(Malformed, match="common denominator"):
        reading.common([Q(1, 2**99_999), Q(1, 3)], "x")
    coprime = [f"1/1{'0' * 3000}{k}" for k in range(10, 74)]
    with pytest.raises(Malformed, match="common denominator"):
        reading.vector(coprime, "x")
    with pytest.raises(Malformed, match="common denominator"):
        reading.matrix([[x] for x in coprime], "x")


def test_a_file_has_a_limited_size():
    longest = 16 * 2**20
    assert reading.load("1" + " " * (longest - 1)) == 1
    with pytest.raises(Malformed, match="at most 16777216"):
        reading.load("1" + " " * longest)


def test_a_long_file_is_not_read_to_its_end(tmp_path):
    file = tmp_path / "long.json"
    claim, evidence = number_claim()
    text = text_of("consequence", claim, evidence)
    file.write_text(text + " " * (16 * 2**20 - len(text)))
    assert "-1 >= 0" in kernel.check(file).statement
    file.write_text(text + " " * (16 * 2**20 + 1 - len(text)))
    with pytest.raises(Malformed, match="at most"):
        kernel.check(file)
    file.write_bytes(text.replace("by hand", "b\u00fd hand").encode())
    with pytest.raises(Malformed):
        kernel.check(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(Malformed, match="ASCII"):
        kernel.check(file)


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 1}', "[1.0]", "[NaN]", "[1e5]", "[-Infinity]", "[", "", "[" * 100_000,
     "9" * 5000, '"\\ud800'],
)  # fmt: skip
def test_only_strict_json_is_read(text):
    with pytest.raises(Malformed):
        reading.load(text)


def test_a_claim_that_nests_too_deeply_is_malformed():
    for depth in range(700, 1000, 10):  # the reader of JSON and its writer have different limits
        nested = "[" * depth + "]" * depth
        text = text_of("bundle", 0, 0).replace('"claim": 0', f'"claim": {nested}')
        with pytest.raises((Malformed, Rejected)):
            kernel.check_text(text)


def test_a_claim_that_cannot_be_written_again_is_malformed(monkeypatch):
    def too_deep(*_, **__):
        raise RecursionError

    text = text_of("consequence", *number_claim())
    monkeypatch.setattr(json, "dumps", too_deep)
    with pytest.raises(Malformed, match="nested too deeply"):
        kernel.check_text(text)


def test_keys_are_exact():
    assert reading.fields({"a": 1, "b": 2}, "x", "b", "a") == [2, 1]
    for bad in ({"a": 1}, {"a": 1, "b": 2, "c": 3}, [], "ab"):
        with pytest.raises(Malformed):
            reading.fields(bad, "x", "a", "b")


def test_a_budget_is_spent_once():
    budget = Budget()
    budget.spend(4 * 10**10 - 1)
    budget.spend(1)
    with pytest.raises(Malformed, match="too long"):
        budget.spend(1)


# -- what surrounds a claim --------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "other"}, {"version": 2}, {"version": 4}, {"version": True}, {"version": "3"},
        {"kind": "identity"}, {"kind": ["bundle"]}, {"kind": None}, {"note": "ok"},
        {"tools": "me"}, {"tools": ["x"] * 21}, {"tools": ["x" * 201]}, {"tools": ["\n"]},
        {"tools": [1]},
    ],
    ids=str,
)  # fmt: skip
def test_what_surrounds_a_claim_is_exact(changes):
    claim, evidence = number_claim()
    with pytest.raises(Malformed):
        kernel.check_text(text_of("consequence", claim, evidence, **changes))


def test_tools_may_say_anything_short():
    claim, evidence = number_claim()
    for tools in ([], [""], ["x" * 200] * 20, [" ~"]):
        assert kernel.check_text(text_of("consequence", claim, evidence, tools=tools))


def test_the_digest_is_that_of_the_claim():
    claim, evidence = number_claim()
    outcome = kernel.check_text(text_of("consequence", claim, evidence))
    assert outcome.digest == json.loads(text_of("consequence", claim, evidence))["digest"]
    other = json.loads(text_of("consequence", {**claim, "label": "other"}, evidence))["digest"]
    assert other != outcome.digest
    with pytest.raises(Rejected, match="digest"):
        kernel.check_text(text_of("consequence", claim, evidence, digest=other))


def bundled(*parts):
    claim = [{"kind": kind, "claim": claim} for kind, claim, _ in parts]
    return "bundle", claim, [evidence for _, _, evidence in parts]


def test_bundles():
    part = ("consequence", *number_claim())
    bound = ("lower_bound", *bound_claim())
    statement = said(*bundled(part, bound))
    assert statement.startswith("2 claims:\n  ")
    assert statement.endswith(f"{said(*part)}\n  {said(*bound)}")
    kind, claim, evidence = bundled(part, part)
    assert said(kind, claim, evidence[:1]).startswith("Malformed")
    assert said(kind, [], []).startswith("Malformed")
    assert said(*bundled(bundled(part))).startswith("Malformed: unknown kind")
    lie = (part[0], part[1], {**part[2], "summands": []})
    assert said(*bundled(part, lie)).startswith("Rejected")
    assert said(*bundled(*[part] * 200)).startswith("200 claims")
    assert said(*bundled(*[part] * 201)).startswith("Malformed")


def test_a_bundle_has_one_budget(monkeypatch):
    part = ("consequence", *number_claim())
    spent = Budget()
    consequence.check_consequence(part[1], part[2], spent)
    used = reading.WORK - spent.left
    assert used > 0
    monkeypatch.setattr(reading, "WORK", 3 * used)
    assert said(*bundled(*[part] * 3)).startswith("3 claims")
    assert "too long" in said(*bundled(*[part] * 4))


# -- the command ---------------------------------------------------------------------------------


def command(*arguments):
    """Run ``python -m urnn_proofs.kernel`` inside this process."""
    main = importlib.import_module("urnn_proofs.kernel.__main__")
    status, line = main.judge(list(arguments))
    assert "Traceback" not in line
    return status, line


def test_exit_statuses(tmp_path, monkeypatch):
    file = tmp_path / "c.json"
    claim, evidence = number_claim()
    good = text_of("consequence", claim, evidence)
    file.write_text(good)
    status, line = command(str(file))
    digest = json.loads(good)["digest"]
    assert status == 0
    assert line == f"PROVED: {said('consequence', claim, evidence)}\nclaim digest: sha256 {digest}"
    file.write_text(text_of("consequence", claim, {**evidence, "summands": []}))
    assert command(str(file)) == (1, "REJECTED: no summand is strictly positive")
    file.write_text("{")
    status, line = command(str(file))
    assert (status, line.splitlines()) == (2, [line])
    assert line.startswith("malformed certificate: ")
    assert command(str(tmp_path / "missing.json"))[0] == 2
    for wrong in ((), (str(file), str(file))):
        assert command(*wrong) == (2, "usage: python -m urnn_proofs.kernel certificate.json")
    main = sys.modules["urnn_proofs.kernel.__main__"]
    for fault in (MemoryError(), KeyError("a\nb"), RuntimeError("its time is spent"), ValueError()):

        def fails(path, fault=fault):
            raise fault

        monkeypatch.setattr(main, "check", fails)
        status, line = command(str(file))
        assert (status, line.splitlines()) == (70, [line])
        assert type(fault).__name__ in line


@pytest.mark.parametrize(("status", "stream"), [(0, 0), (1, 0), (2, 1), (70, 1)])
def test_verdicts_go_to_standard_output_and_faults_to_standard_error(monkeypatch, status, stream):
    main = importlib.import_module("urnn_proofs.kernel.__main__")
    limited = []
    monkeypatch.setattr(main, "limit", lambda: limited.append(True))
    monkeypatch.setattr(main, "judge", lambda arguments: (status, f"said of {arguments}"))
    monkeypatch.setattr(sys, "argv", ["kernel", "c.json"])
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert main.main() == status
    assert limited == [True]
    assert [out.getvalue(), err.getvalue()][stream] == "said of ['c.json']\n"
    assert [out.getvalue(), err.getvalue()][1 - stream] == ""


def in_a_child(work):
    """Run in a process of its own; return what it returns, a small whole number."""
    child = os.fork()
    if child == 0:
        status = 99
        try:
            status = work()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes with limits are those of Unix")
def test_the_command_limits_its_own_process():
    import resource

    main = importlib.import_module("urnn_proofs.kernel.__main__")

    def limited():
        main.limit()
        seconds, size = (
            resource.getrlimit(x)[0] for x in (resource.RLIMIT_CPU, resource.RLIMIT_AS)
        )
        return int(seconds == 600 and size == 4 * 2**30)

    def limited_below():
        resource.setrlimit(resource.RLIMIT_CPU, (500, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
        main.limit()
        limits = (resource.getrlimit(x)[0] for x in (resource.RLIMIT_CPU, resource.RLIMIT_AS))
        return int([*limits] == [500, 3 * 2**30])

    def spins():
        # The memory of whatever the test run has loaded by now is not in question here.
        main.SECONDS, main.BYTES = 1, 2**46
        main.check = lambda path: all(iter(lambda: True, False))
        main.limit()
        status, line = main.judge(["c.json"])
        return status if "time is spent" in line else 98

    def nobody_listens():
        read, write = os.pipe()
        os.close(read)
        os.dup2(write, 1)
        sys.stdout = os.fdopen(1, "w")
        main.limit, main.judge = (lambda: None), (lambda arguments: (0, "said"))
        status = main.main()
        sys.stdout.flush()  # as Python does when it leaves: nothing is in the way
        return status

    def as_a_command():
        sys.argv = ["kernel"]
        try:
            with redirect_stderr(io.StringIO()):
                runpy.run_module("urnn_proofs.kernel.__main__", run_name="__main__")
        except SystemExit as left:
            return left.code
        return 97

    works = (limited, limited_below, spins, nobody_listens, as_a_command)
    assert [in_a_child(work) for work in works] == [1, 1, 70, 70, 2]


# -- linear algebra -------------------------------------------------------------------------------


def test_orthogonal_up_to_roots():
    """[[1/2, s], [s, -1/2]] with s = sqrt(3)/2: rows scaled by 3, columns by 3/4."""
    R = [[Q(1, 2), Q(1)], [Q(1, 2), Q(-1, 3)]]
    one, alpha, beta = Q(1), Q(3), Q(3, 4)
    assert linear.is_orthogonal(R, [one, alpha], [one, beta], Budget())
    for other in (
        (R, [one, beta], [one, alpha]),
        (R, [one, -alpha], [one, beta]),
        (R, [one, alpha], [one, one]),
        (R, [one, alpha], [Q(0), beta]),
        (R, [one, alpha], [one]),
        (R, [one], [one, beta]),
        (R[:1], [one, alpha], [one, beta]),
        ([row[:1] for row in R], [one, alpha], [one, beta]),
        ([[Q(1, 2), Q(1)], [Q(1, 2), Q(1, 3)]], [one, alpha], [one, beta]),
        ([[Q(1, 2), Q(-1)], [Q(1, 2), Q(-1, 3)]], [one, alpha], [one, beta]),
        ([[Q(1), Q(1)], [Q(0), Q(1)]], [one, one], [one, one]),
        ([[Q(1), Q(0)], [Q(1), Q(1)]], [one, one], [one, one]),
        ([[Q(2), Q(0)], [Q(0), Q(1)]], [one, one], [one, one]),
        ([[Q(1), Q(0)], [Q(0), Q(2)]], [one, one], [one, one]),
    ):
        assert not linear.is_orthogonal(*other, Budget()), other
    half = [[Q(1, 2), Q(0)], [Q(0), Q(1, 2)]]
    assert linear.is_orthogonal(half, [one, one], [Q(4), Q(4)], Budget())
    assert linear.is_orthogonal(half, [Q(4), Q(4)], [one, one], Budget())
    assert linear.is_orthogonal([[Q(-1)]], [one], [one], Budget())
    assert not linear.is_orthogonal([[one]], [-one], [-one], Budget())  # roots are real
    unit = [[one, Q(0)], [Q(0), one]]
    assert linear.is_orthogonal(unit, [one, one], [one, one], Budget())
    assert not linear.is_orthogonal(unit, [one, -one], [one, -one], Budget())


def test_norms_are_decided_exactly():
    wide = [[Q(3, 5), Q(4, 5), Q(0)]]
    for M in (wide, [[x] for x in wide[0]], [[Q(0), Q(1)], [Q(1), Q(0)]], [[Q(-1)]]):
        assert linear.norm_at_most(M, Q(1), Budget())
        assert linear.norm_at_most(M, 1 + Q(1, 10**30), Budget())
        assert not linear.norm_at_most(M, 1 - Q(1, 10**30), Budget())
        assert not linear.norm_at_most(M, Q(-1), Budget())
    assert linear.norm_at_most([[Q(0)]], Q(0), Budget())
    assert not linear.norm_at_most([[Q(1), Q(1)], [Q(1), Q(1)]], Q(3, 2), Budget())
    assert linear.norm_at_most([[Q(1, 2), Q(1, 3)], [Q(1, 2), Q(-1, 3)]], Q(3, 4), Budget())
    assert not linear.norm_at_most([[Q(1, 2), Q(1, 3)], [Q(1, 2), Q(-1, 3)]], Q(2, 3), Budget())


@pytest.mark.parametrize(
    ("A", "rank"),
    [
        ([[0]], 0), ([[5]], 1), ([[-1]], None), ([[0, 1], [1, 0]], None), ([[1, 2], [2, 4]], 1),
        ([[1, 2], [2, 3]], None), ([[2, 1], [1, 2]], 2), ([[0, 0], [0, 3]], 1),
        ([[0, 0, 1], [0, 1, 0], [1, 0, 1]], None), ([[4, 2, 2], [2, 1, 1], [2, 1, 1]], 1),
        ([[4, 2, 2], [2, 2, 1], [2, 1, 3]], 3), ([[1, 1, 1], [1, 1, 1], [1, 1, 0]], None),
        ([[2, 0, 0, 1], [0, 0, 0, 0], [0, 0, 3, 1], [1, 0, 1, 5]], 3),
        ([[2, 1, 1, 1], [1, 2, 1, 1], [1, 1, 2, 1], [1, 1, 1, 2]], 4),
        ([[3, 1, 2, 6], [1, 3, 2, 6], [2, 2, 2, 6], [6, 6, 6, 18]], 2),
    ],
)  # fmt: skip
def test_semidefinite_ranks(A, rank):
    assert linear.semidefinite_rank(A, Budget()) == rank


def test_whole_numbers_and_the_smaller_gram_matrix():
    assert linear.whole([[Q(1, 2), Q(-2, 3)], [Q(0), Q(4)]]) == ([[3, -4], [0, 24]], 6)
    assert linear.gram([[1, 2, 3]], Budget()) == [[14]]
    assert linear.gram([[1], [2], [3]], Budget()) == [[14]]
    assert linear.gram([[1, 2], [3, 4]], Budget()) in ([[5, 11], [11, 25]], [[10, 14], [14, 20]])
    assert linear.bits([[0]]) == 1
    assert linear.bits([[1, -8]], [[3]]) == 4


def spent(work):
    budget = Budget()
    work(budget)
    return reading.WORK - budget.left


@pytest.mark.parametrize(("n", "digits"), [(2, 400), (4, 400), (16, 40), (32, 3), (24, 1)])
def test_what_linear_algebra_costs_is_told_from_sizes(n, digits):
    """In products of 30-bit digits, within a factor that does not depend on the sizes."""
    size = 30 * digits
    entry = 2**size - 1
    rows = [[Q(entry) if i == j else Q(1) for j in range(n)] for i in range(n)]
    ones = [Q(1)] * n
    scaled = [Q(entry), *ones[1:]]
    d = digits + 1  # a number is a digit longer than its leading ones
    products = n**3 * d * 2 * d
    assert (
        products / 16 < spent(lambda b: linear.is_orthogonal(rows, scaled, ones, b)) < products / 4
    )
    A = [[int(x) for x in row] for row in rows]
    assert n**3 * d**2 / 2 < spent(lambda b: linear.gram(A, b)) < 2 * n**3 * d**2
    assert n * d**2 / 2 < spent(lambda b: linear.gram(A[:1], b)) < 2 * n * d**2
    pivots = sum((n - k) ** 2 * 3 * (k * d) ** 2 for k in range(n + 1))
    assert pivots / 2 < spent(lambda b: linear.semidefinite_rank(A, b)) < 4 * pivots


# -- equivalence ----------------------------------------------------------------------------------

RELU = {"knots": ["0"], "slopes": ["0", "1"], "value": "0"}


def pair_claim():
    """W = [[0, 1/2], [3/5, 0]] inside an orthogonal U; two copies, two gates; all bounds tight."""
    rnn = {"W": [[0, Q(1, 2)], [Q(3, 5), 0]], "F": [[1, 0], [0, 1]], "b": [Q(1, 2), 0],
           "C": [[2, 3]], "h_init": [Q(1, 4), Q(1, 2)]}  # fmt: skip
    H = Q(15, 4)  # 3/5 H + 1 + 1/2 = H
    urnn = {
        "R": [
            [0, Q(1, 2), 1, 0],
            [Q(3, 5), 0, 0, Q(4, 5)],
            [0, Q(1, 2), Q(-1, 3), 0],
            [Q(4, 5), 0, 0, Q(-3, 5)],
        ],
        "alpha": [1, 1, 3, 1], "beta": [1, 1, Q(3, 4), 1], "offset": [0] * 4,
        "F": [[1, 0], [0, 1], [0, 0], [0, 0]], "b": [Q(1, 2), 0, -H, -H], "C": [[2, 3, 0, 0]],
        "h_init": [Q(1, 4), Q(1, 2), 0, 0],
    }  # fmt: skip
    claim = {
        "rnn": {k: texts(v) for k, v in rnn.items()},
        "urnn": {k: texts(v) for k, v in urnn.items()},
        "activation": RELU,
        "input_bound": "1",
    }
    bound = {"rule": "norm", "scaling": ["1", "1"], "H": "15/4", "rho": "3/5", "F_norm": "1",
             "b_norm": "1/2"}  # fmt: skip
    evidence = {"copies": [0, 1, -1, -1], "scaling": ["1", "1"], "side": "left", "bound": bound}
    return claim, evidence


def test_an_equivalence():
    assert said("equivalence", *pair_claim()) == (
        "an RNN with 2 states (2 inputs, 1 outputs) and a URNN with 4 states, both with the "
        "activation relu, have the same outputs for all k and all inputs with ||x^k|| <= 1"
    )


TINY = Q(1, 10**9)


def less(text):
    return str(Q(text) - TINY)


def more(text):
    return str(Q(text) + TINY)


def minus(text):
    return str(-Q(text))


def edit(value, *changes):
    """Change places named as in ``"urnn R 2 2"``."""
    paths = [[int(x) if x.isdigit() else x for x in path.split()] for path, _ in changes]
    return changed(value, *((p, new) for p, (_, new) in zip(paths, changes)))


@pytest.mark.parametrize(
    ("path", "new", "reason"),
    [
        ("urnn R 2 2", "1/3", "U is not orthogonal"),
        ("urnn alpha 2", "1", "U is not orthogonal"),
        ("urnn b 2", more, "bias of a gate is too small"),
        ("urnn b 3", more, "bias of a gate is too small"),
        ("urnn b 2", minus, "bias of a gate is too small"),
        ("urnn F 2 1", "1", "gate 2 is driven or read"),
        ("urnn C 0 3", "1", "gate 3 is driven or read"),
        ("urnn h_init 2", "1", "gate 2 does not start"),
        ("urnn offset 3", "1", "gate 3 does not start, or is not offset"),
        ("urnn offset 1", "1", "unit 1 is driven otherwise"),
        ("urnn b 0", "0", "unit 0 is driven otherwise"),
        ("urnn F 0 0", "2", "unit 0 is driven otherwise"),
        ("urnn h_init 1", "0", "unit 1 starts otherwise"),
        ("urnn C 0 0", "3", "the outputs are not those"),
        ("rnn C 0 1", "2", "the outputs are not those"),
        ("rnn W 0 1", "1/3", "row 0 of U does not continue"),
        ("rnn W 1 0", "1/2", "row 1 of U does not continue"),
        ("rnn b 1", "1/9", "does not keep the states bounded"),
        ("rnn F 0 1", "1/9", "does not keep the states bounded"),
        ("rnn h_init 0", "4", "||h_init|| exceeds H"),
        ("input_bound", more, "does not keep the states bounded"),
        ("activation slopes 1", "2", "does not keep the states bounded"),
        ("activation slopes 1", "-2", "does not keep the states bounded"),
        ("activation slopes 0", "1/9", "phi is not constant on that side"),
        ("activation value", "1", "does not keep the states bounded"),
        ("activation", "any", "gates need a known activation"),
    ],
)
def test_claims_that_are_not_so(path, new, reason):
    claim, evidence = pair_claim()
    verdict = said("equivalence", edit(claim, (path, new)), evidence)
    assert verdict.startswith("Rejected"), verdict
    assert reason in verdict


@pytest.mark.parametrize(
    ("path", "new", "reason"),
    [
        ("side", "right", "phi is not constant on that side"),
        ("side", "none", "and a side"),
        ("copies", [0, -1, -1, -1], None),
        ("copies", [1, 0, -1, -1], ""),
        ("copies", [-1, -1, -1, -1], "at least one"),
        ("copies", [0, 0, -1, -1], "single copies"),
        ("copies", [0, 1, 1, -1], "single copies"),
        ("copies", [0, 1, 0, 1], "does not continue"),
        ("bound H", less, ""),
        ("bound H", more, "bias of a gate is too small"),
        ("bound H", "-15/4", "H is negative"),
        ("bound rho", less, ""),
        ("bound rho", more, ""),
        ("bound F_norm", less, ""),
        ("bound b_norm", less, ""),
        ("bound b_norm", more, ""),
        ("bound rule", "sign", ""),
        ("bound rule", "range", ""),
        ("bound scaling 0", "2", ""),
        ("bound scaling 1", "1/2", ""),
        ("scaling 0", "2", ""),
    ],
)
def test_evidence_that_does_not_suffice(path, new, reason):
    claim, evidence = pair_claim()
    verdict = said("equivalence", claim, edit(evidence, (path, new)))
    assert verdict.startswith("Rejected" if reason is not None else "Malformed"), verdict
    assert (reason or "") in verdict


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("rnn W", [["0", "1/2"]]),
        ("rnn W", [["0"], ["0"]]),
        ("rnn F", [["1", "0"]]),
        ("rnn b", ["1/2"]),
        ("rnn C", [["2"]]),
        ("rnn h_init", ["1/4"]),
        ("urnn R", [["0", "1/2"]]),
        ("urnn offset", ["0"] * 3),
        ("urnn offset", ["0"] * 5),
        ("urnn W", [["0"]]),
        ("input_bound", "-1"),
        ("input_bound", "1" * 1001),
        ("activation", "relu"),
        ("activation", None),
        ("activation", {"knots": [], "slopes": ["0"], "value": "0"}),
        ("activation knots", ["0", "1"]),
        ("activation slopes", ["0", "1", "1"]),
        ("activation", {"knots": ["0", "0"], "slopes": ["0", "1", "1"], "value": "0"}),
        ("activation", {"knots": ["1", "0"], "slopes": ["0", "1", "1"], "value": "0"}),
        ("activation slopes 1", "1" * 1001),
        ("activation knots 0", "1" * 1001),
        ("activation value", "1" * 1001),
        ("evidence copies", [0, 1, -1]),
        ("evidence copies", [0, 1, -1, -1, -1]),
        ("evidence copies", [0, 1, -1, -2]),
        ("evidence copies", [0, 2, -1, -1]),
        ("evidence copies", [0, True, -1, -1]),
        ("evidence copies", [0, "1", -1, -1]),
        ("evidence copies", [[0], 1, -1, -1]),
        ("evidence scaling", []),
        ("evidence scaling", ["1"]),
        ("evidence scaling", ["1", "0"]),
        ("evidence scaling", ["1", "-1"]),
        ("evidence scaling", ["1" * 1001, "1"]),
        ("evidence bound scaling", []),
        ("evidence bound scaling", ["1"]),
        ("evidence bound scaling", ["1", "0"]),
        ("evidence bound scaling", ["1" * 1001, "1"]),
        ("evidence bound rule", "trust me"),
        ("evidence bound rule", ["norm"]),
        ("evidence bound", None),
        ("evidence bound H", 4),
        ("evidence bound ok", True),
        ("evidence ok", True),
        ("ok", True),
    ],
)
def test_equivalences_that_are_malformed(path, new):
    claim, evidence = pair_claim()
    if path.startswith("evidence "):
        verdict = said("equivalence", claim, edit(evidence, (path[9:], new)))
    else:
        verdict = said("equivalence", edit(claim, (path, new)), evidence)
    assert verdict.startswith("Malformed"), verdict


def test_bounds_may_be_reached():
    """||h_init|| = H, and H = 0."""
    claim, evidence = pair_claim()
    start = [("rnn h_init 0", "9/4"), ("urnn h_init 0", "9/4"), ("rnn h_init 1", "3"),
             ("urnn h_init 1", "3")]  # fmt: skip
    assert said("equivalence", edit(claim, *start), evidence).startswith("an RNN")
    still = edit(claim, ("input_bound", "0"), ("rnn b 0", "0"), ("rnn h_init", ["0", "0"]),
                 ("urnn b", ["0"] * 4), ("urnn h_init", ["0"] * 4))  # fmt: skip
    zero = edit(evidence, ("bound H", "0"), ("bound b_norm", "0"))
    assert said("equivalence", still, zero).startswith("an RNN")
    assert said("equivalence", still, edit(zero, ("bound rho", "1"))).startswith("Rejected")


def test_the_range_of_one_unit_may_be_reached():
    """n = 1, W = 3/5: |phi| <= 2 = H."""
    claim, evidence = range_claim()
    rnn = {"W": [["3/5"]], "F": [["1"]], "b": ["0"], "C": [["1"]], "h_init": ["0"]}
    urnn = {
        "R": [["3/5", "4/5"], ["4/5", "-3/5"]], "alpha": ["1", "1"], "beta": ["1", "1"],
        "offset": ["0", "-1"], "F": [["1"], ["0"]], "b": ["0", "-2"], "C": [["1", "0"]],
        "h_init": ["0", "-1"],
    }  # fmt: skip
    claim = edit(claim, ("rnn", rnn), ("urnn", urnn))
    evidence = edit(evidence, ("copies", [0, -1]), ("scaling", ["1"]), ("bound scaling", ["1"]),
                    ("bound H", "2"))  # fmt: skip
    assert said("equivalence", claim, evidence).startswith("an RNN with 1 states")
    assert said("equivalence", claim, edit(evidence, ("bound H", less))).startswith("Rejected")
    low = edit(claim, ("activation slopes 1", "4/3"))  # from -1 to 1
    one = edit(evidence, ("bound H", "1"))
    assert said("equivalence", low, one).startswith("an RNN with 1 states")
    assert said("equivalence", low, edit(one, ("bound H", less))).startswith("Rejected")


def test_gates_alone_are_no_network_with_outputs():
    """Nothing is copied, so nothing bounds a state: no crash, whatever the scaling of nothing."""
    claim, evidence = pair_claim()
    claim = edit(claim, ("rnn C 0", ["0", "0"]), ("urnn C 0", ["0"] * 4))
    for scaling in ([], ["1"], ["1", "1"]):
        changes = (("copies", [-1] * 4), ("bound scaling", scaling))
        assert said("equivalence", claim, edit(evidence, *changes)).startswith("Rejected")


def test_the_first_network_may_be_rescaled_if_phi_is_homogeneous():
    """The URNN is made for E h, E = diag(2, 1/3)."""
    claim, evidence = pair_claim()
    rescaled = edit(
        claim,
        ("rnn W", texts([[0, Q(1, 12)], [Q(18, 5), 0]])),
        ("rnn F", texts([[Q(1, 2), 0], [0, 3]])),
        ("rnn b", texts([Q(1, 4), 0])),
        ("rnn C", texts([[4, 1]])),
        ("rnn h_init", texts([Q(1, 8), Q(3, 2)])),
    )
    with_E = edit(evidence, ("scaling", ["2", "1/3"]))
    assert said("equivalence", rescaled, with_E).startswith("an RNN")
    assert said("equivalence", rescaled, evidence).startswith("Rejected")
    for E in (["1/2", "3"], ["2", "1"], ["1", "1/3"], ["4", "2/3"]):
        assert said("equivalence", rescaled, edit(evidence, ("scaling", E))).startswith("Rejected")
    leaky = edit(rescaled, ("activation slopes", ["1/2", "1"]))
    assert "phi is not constant" in said("equivalence", leaky, with_E)
    shifted = edit(rescaled, ("activation knots 0", "1/100"))
    assert "states may be rescaled only" in said("equivalence", shifted, with_E)


def test_states_may_be_bounded_in_another_scale():
    """With S = diag(6/5, 1): H min(S) bounds ||S h||, so that ||h|| <= H."""
    claim, evidence = pair_claim()
    scaled = edit(  # S W S^-1 = [[0, 3/5], [1/2, 0]]
        evidence,
        ("bound scaling", ["6/5", "1"]),
        ("bound rho", "3/5"),
        ("bound F_norm", "6/5"),
        ("bound b_norm", "3/5"),
        ("bound H", "9/2"),  # 3/5 H + 6/5 + 3/5 = H
    )
    claim = edit(claim, ("urnn b 2", "-9/2"), ("urnn b 3", "-9/2"))
    assert said("equivalence", claim, scaled).startswith("an RNN")
    for path, new in (("bound H", less), ("bound rho", less), ("bound scaling 0", "13/10")):
        assert said("equivalence", claim, edit(scaled, (path, new))).startswith("Rejected")
    double = edit(  # 2 S: H min(S) doubles, and so does all else
        scaled,
        ("bound scaling", ["12/5", "2"]),
        ("bound F_norm", "12/5"),
        ("bound b_norm", "6/5"),
    )
    assert said("equivalence", claim, double).startswith("an RNN")
    assert said("equivalence", claim, edit(double, ("bound H", less))).startswith("Rejected")
    start = edit(claim, ("rnn h_init 0", "15/4"), ("urnn h_init 0", "15/4"))
    assert "||h_init|| exceeds H" in said("equivalence", start, scaled)  # 6/5 * 15/4 = 9/2, and 1/2


def sign_claim():
    """W = -[[0, 1/2], [3/5, 0]]: relu of W h <= 0 adds nothing; H = f M + beta."""
    claim, evidence = pair_claim()
    claim = edit(
        claim,
        ("rnn W", texts([[0, Q(-1, 2)], [Q(-3, 5), 0]])),
        ("urnn R", texts([[0, Q(-1, 2), 1, 0], [Q(-3, 5), 0, 0, Q(4, 5)],
                          [0, Q(1, 2), Q(1, 3), 0], [Q(4, 5), 0, 0, Q(3, 5)]])),
        ("urnn b", texts([Q(1, 2), 0, Q(-3, 2), Q(-3, 2)])),
    )  # fmt: skip
    changes = (("bound rule", "sign"), ("bound rho", "0"), ("bound H", "3/2"))
    return claim, edit(evidence, *changes)


def test_negative_weights_bound_the_states_of_relu():
    claim, evidence = sign_claim()
    assert said("equivalence", claim, evidence).startswith("an RNN")
    for path, new in (("bound H", less), ("bound rho", str(TINY)), ("bound F_norm", less),
                      ("bound b_norm", less), ("bound rho", "-1/9")):  # fmt: skip
        lie = edit(evidence, (path, new))
        assert said("equivalence", claim, lie).startswith("Rejected"), path
    for path, new in (
        ("activation slopes 1", "1/2"),
        ("activation knots 0", "1/9"),
        ("activation value", "1/9"),
        ("activation slopes 0", "1"),
    ):
        assert said("equivalence", edit(claim, (path, new)), evidence).startswith("Rejected"), path
    up = (("rnn h_init 0", "-1/9"), ("urnn h_init 0", "-1/9"))
    assert "does not keep" in said("equivalence", edit(claim, *up), evidence)
    zero = (("rnn h_init 0", "0"), ("urnn h_init 0", "0"))
    assert said("equivalence", edit(claim, *zero), evidence).startswith("an RNN")
    positive, other = pair_claim()
    positive = edit(positive, ("urnn b 2", "-3/2"), ("urnn b 3", "-3/2"))
    changes = (("bound rule", "sign"), ("bound rho", "0"), ("bound H", "3/2"))
    lie = said("equivalence", positive, edit(other, *changes))
    assert "does not keep the states bounded" in lie
    for i, row in enumerate((["0", "-1/2", "-1", "0"], ["-3/5", "0", "0", "-4/5"])):
        one = edit(positive, (f"rnn W {i}", row[:2]), (f"urnn R {i}", row))
        assert "does not keep" in said("equivalence", one, edit(other, *changes))


def ellipsoid_claim(size=1):
    """P = t = size^2 I, with all bounds tight: Z is singular in each unit."""
    claim, evidence = pair_claim()
    H = Q(22, 5) * size
    claim = edit(claim, ("urnn b 2", str(-H)), ("urnn b 3", str(-H)))
    P = texts([[size**2, 0], [0, size**2]])
    # Unit 0: 1 = (1/2)^2 / a + 1 / lambda + (1/2)^2 / mu with mu = 11/20 = (1 - a) H^2 - lambda.
    # Unit 1: 1 = (3/4)^2 / a + 1 / lambda.
    bound = {"P": P, "V": texts([[0, Q(1, 2)], [Q(3, 4), 0]]), "t": [P[0][0]] * 2, "H": str(H),
             "a": "11/16", "lambda": str(Q(11, 2) * size**2)}  # fmt: skip
    return claim, edit(evidence, ("bound", bound))


def test_an_ellipsoid_bounds_the_states_of_relu():
    claim, evidence = ellipsoid_claim()
    assert said("equivalence", claim, evidence).startswith("an RNN")
    smaller = edit(claim, ("input_bound", less))
    assert said("equivalence", smaller, evidence).startswith("an RNN")
    calm = edit(claim, ("rnn b 0", "0"), ("urnn b 0", "0"))
    assert said("equivalence", calm, evidence).startswith("an RNN")
    assert said("equivalence", *ellipsoid_claim(2)).startswith("an RNN")


def test_an_ellipsoid_may_be_longer_than_a_ball_and_not_larger():
    """All is well with P but that it is below I in one direction; twice as large it holds."""
    claim, evidence = pair_claim()

    def verdict(factor):
        H = 15 * factor
        low = [(f"urnn b {u}", str(-H)) for u in (2, 3)]
        bound = {"P": texts([[factor, factor / 2], [factor / 2, factor]]), "H": str(Q(H)),
                 "V": claim["rnn"]["W"], "t": [str(factor * Q(13, 10))] * 2, "a": "9/10",
                 "lambda": str(10 * factor)}  # fmt: skip
        return said("equivalence", edit(claim, *low), edit(evidence, ("bound", bound)))

    assert "or P is below I" in verdict(Q(1))
    assert verdict(Q(2)).startswith("an RNN")


def test_an_ellipsoid_holds_the_first_state_up_to_its_surface():
    """9/4 (22/5)^2 = (33/5)^2."""
    claim, evidence = ellipsoid_claim(Q(3, 2))
    first = [
        (f"{net} h_init {i}", h) for net in ("rnn", "urnn") for i, h in ((0, "22/5"), (1, "0"))
    ]
    start = edit(claim, *first)
    assert said("equivalence", start, evidence).startswith("an RNN")
    outside = edit(start, *((f"{net} h_init 0", more) for net in ("rnn", "urnn")))
    assert "does not hold h_init" in said("equivalence", outside, evidence)


def test_products_of_long_input_weights_are_paid_for():
    """One more column of zeros is n^2 products of 120 bits, which are 5 words."""

    def left(columns, n=3):
        zero = Q(0)
        F = [[Q(2**119)] + [zero] * (columns - 1) for _ in range(n)]
        eye = [[Q(i == j) for j in range(n)] for i in range(n)]
        net = networks.Network([[zero] * n] * n, F, [zero] * n, eye, [zero] * n)
        bound = {"P": texts(eye), "V": texts(net.W), "t": ["1"] * n, "H": "1", "a": "1/2",
                 "lambda": str(2**300)}  # fmt: skip
        budget, relu = Budget(), networks.PiecewiseLinear(RELU)
        assert equivalence._ellipsoid(net, relu, zero, bound, budget) == 1
        return budget.left

    assert left(1) - left(2) == left(2) - left(3) == 9 * 5**2
    assert left(1, n=1) - left(2, n=1) == 5**2


def test_an_ellipsoid_takes_inputs_of_any_size():
    """F / 10, 10 M and lambda / 100: the same drive."""
    claim, evidence = ellipsoid_claim()
    ten = [(f"{net} F {i} {i}", "1/10") for net in ("rnn", "urnn") for i in (0, 1)]
    claim = edit(claim, *ten, ("input_bound", "10"))
    assert "does not keep the states" in said("equivalence", claim, evidence)
    evidence = edit(evidence, ("bound lambda", "11/200"))
    assert said("equivalence", claim, evidence).startswith("an RNN")
    further = edit(claim, ("input_bound", more))
    assert "does not keep the states" in said("equivalence", further, evidence)


@pytest.mark.parametrize(
    ("path", "new", "reason"),
    [
        *((f"P {i} {i}", less, "or P is below I") for i in (0, 1)),
        *((f"P {i} {i}", more, "does not keep the states") for i in (0, 1)),
        ("P", texts([[1, TINY], [TINY, 1]]), "or P is below I"),
        ("V 0 1", less, "an entry of V is below that of W"),
        ("V 0 1", more, "does not keep the states"),
        ("V 1 0", "1/2", "an entry of V is below that of W"),
        ("V 1 0", more, "does not keep the states"),
        ("V 0 0", str(TINY), "does not keep the states"),
        ("V 1 1", str(-TINY), "an entry of V is below that of W"),
        *((f"t {i}", change, "does not keep") for i in (0, 1) for change in (less, more, minus)),
        ("H", less, "does not keep the states"),
        ("H", more, "bias of a gate is too small"),
        ("H", "0", "does not hold h_init"),
        ("H", minus, "H >= 0"),
        ("a", less, "does not keep the states"),
        ("a", more, "does not keep the states"),
        ("a", minus, "does not keep the states"),
        ("lambda", less, "does not keep the states"),
        ("lambda", more, "does not keep the states"),
        ("lambda", minus, "lambda > 0"),
        ("lambda", "0", "lambda > 0"),
        ("P", texts([[1, 1], [0, 1]]), None),
        ("P", texts([[1]]), None),
        ("P", texts([[1, 0, 0], [0, 1, 0]]), None),
        ("V", texts([[0, 1]]), None),
        ("V", texts([[0], [1]]), None),
        ("t", ["1"], None),
        ("t", ["1", "1", "1"], None),
        ("rule", "ellipsoid", None),
    ],
)
def test_ellipsoids_that_do_not_suffice(path, new, reason):
    claim, evidence = ellipsoid_claim()
    bound = evidence["bound"]
    lie = bound | {"rule": new} if path == "rule" else edit(bound, (path, new))
    verdict = said("equivalence", claim, evidence | {"bound": lie})
    assert verdict.startswith("Malformed" if reason is None else "Rejected"), verdict
    assert (reason or "") in verdict


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ([("input_bound", more)], "does not keep the states"),
        ([("rnn b 0", more), ("urnn b 0", more)], "does not keep the states"),
        ([("rnn b 1", str(TINY)), ("urnn b 1", str(TINY))], "does not keep the states"),
        *(
            ([(f"{net} F {i} {j}", str(TINY)) for net in ("rnn", "urnn")], "does not keep")
            for i, j in ((0, 1), (1, 0))
        ),
        *(
            ([(f"{net} h_init {i}", str(-TINY)) for net in ("rnn", "urnn")], "h_init >= 0")
            for i in (0, 1)
        ),
        ([("activation slopes 1", "1/2")], "needs relu"),
        ([("activation knots 0", "1/9")], "needs relu"),
    ],
)
def test_an_ellipsoid_is_about_one_network(changes, reason):
    claim, evidence = ellipsoid_claim()
    verdict = said("equivalence", edit(claim, *changes), evidence)
    assert verdict.startswith("Rejected"), verdict
    assert reason in verdict


def test_an_ellipsoid_holds_the_initial_state():
    """In the norm of P = 4 I, H = 44/5."""
    claim, evidence = ellipsoid_claim(2)
    for i in (0, 1):
        zero, far = "0", "22/5"
        start = [(f"{net} h_init", [far if k == i else zero for k in (0, 1)]) for net in ("rnn",)]
        start.append(("urnn h_init", [*start[0][1], "0", "0"]))
        assert said("equivalence", edit(claim, *start), evidence).startswith("an RNN")
        beyond = [(f"{net} h_init {i}", more) for net in ("rnn", "urnn")]
        lie = said("equivalence", edit(edit(claim, *start), *beyond), evidence)
        assert "does not hold h_init" in lie


def test_no_output_reads_a_gate():
    claim, evidence = pair_claim()
    two = edit(claim, ("rnn C", [["2", "3"], ["1", "1"]]),
               ("urnn C", [["2", "3", "0", "0"], ["1", "1", "0", "0"]]))  # fmt: skip
    assert said("equivalence", two, evidence).startswith("an RNN with 2 states (2 inputs, 2 out")
    for i in (0, 1):
        read = edit(two, (f"urnn C {i} 3", "1"))
        assert "gate 3 is driven or read" in said("equivalence", read, evidence)


def range_claim(side="left"):
    """phi from -1 to 2, constant outside [0, 3/2] with slope 2 inside: |h_i| <= 2."""
    claim, evidence = pair_claim()
    H = 3  # sqrt(2) max |phi| = 2.83
    bias, kappa = (str(-H), "-1") if side == "left" else (str(H + Q(3, 2)), "2")
    claim = edit(
        claim,
        ("activation", {"knots": ["0", "3/2"], "slopes": ["0", "2", "0"], "value": "-1"}),
        *((f"urnn b {u}", bias) for u in (2, 3)),
        *((f"urnn {part} {u}", kappa) for u in (2, 3) for part in ("h_init", "offset")),
    )
    return claim, edit(evidence, ("bound rule", "range"), ("bound H", "3"), ("side", side))


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_function_with_two_flat_ends_bounds_its_states(side):
    claim, evidence = range_claim(side)
    verdict = said("equivalence", claim, evidence)
    assert "knots 0, 3/2, slopes 0, 2, 0 and value -1 at the first knot" in verdict
    nearer = edit(claim, ("urnn b 2", more if side == "left" else less))
    assert "bias of a gate" in said("equivalence", nearer, evidence)
    other = edit(claim, ("urnn h_init 2", "0"))
    assert "does not start" in said("equivalence", other, evidence)
    for path, new in (("bound H", "14/5"), ("bound H", "-3"), ("bound scaling 0", "2")):
        assert said("equivalence", claim, edit(evidence, (path, new))).startswith("Rejected")
    for k in (0, 2):  # not flat on one side
        sloping = edit(claim, (f"activation slopes {k}", "1/9"))
        assert said("equivalence", sloping, evidence).startswith("Rejected")
    deep = edit(claim, ("activation value", "-4"))
    assert said("equivalence", deep, evidence).startswith("Rejected")
    assert "scaled only" in said("equivalence", claim, edit(evidence, ("scaling 0", "2")))
    tall = edit(claim, ("rnn h_init 0", "3"), ("urnn h_init 0", "3"))
    assert "||h_init|| exceeds H" in said("equivalence", tall, evidence)


def test_the_norm_rule_pays_for_phi_of_zero():
    """phi(z) = z + 1/2, at least -1/2: sqrt(2)/2 more in each step."""
    claim, evidence = pair_claim()
    phi = {"knots": ["-1"], "slopes": ["0", "1"], "value": "-1/2"}
    H = Q(15, 4) + Q(5, 2) * Q(708, 1000)  # 0.4 H = 1.5 + 0.708, sqrt(2) / 2 = 0.7071...
    claim = edit(
        claim,
        ("activation", phi),
        *((f"urnn b {u}", str(-1 - H)) for u in (2, 3)),
        *((f"urnn {part} {u}", "-1/2") for u in (2, 3) for part in ("h_init", "offset")),
    )
    assert said("equivalence", claim, edit(evidence, ("bound H", str(H)))).startswith("an RNN")
    short = edit(evidence, ("bound H", str(H - Q(5, 2) * Q(1, 1000))))
    assert "does not keep" in said("equivalence", claim, short)


def copies_claim():
    """One unit with w = 1, twice over: the swap is orthogonal; any activation."""
    rnn = {"W": [[1]], "F": [[2]], "b": [Q(1, 3)], "C": [[3]], "h_init": [Q(1, 2)]}
    urnn = {
        "R": [[0, 1], [1, 0]], "alpha": [1, 1], "beta": [1, 1], "offset": [0, 0],
        "F": [[2], [2]], "b": [Q(1, 3)] * 2, "C": [[1, 2]], "h_init": [Q(1, 2)] * 2,
    }  # fmt: skip
    claim = {
        "rnn": {k: texts(v) for k, v in rnn.items()},
        "urnn": {k: texts(v) for k, v in urnn.items()},
        "activation": "any",
        "input_bound": "0",
    }
    return claim, {"copies": [0, 0], "scaling": ["1"], "side": "none", "bound": None}


def test_copies_need_no_bound_and_no_known_activation():
    claim, evidence = copies_claim()
    verdict = said("equivalence", claim, evidence)
    assert "both with the activation phi, any function, have the same outputs" in verdict
    assert verdict.endswith("||x^k|| <= 0")
    assert "scaled only" in said("equivalence", claim, edit(evidence, ("scaling 0", "2")))
    for path, new in (
        ("urnn C 0 0", "2"),
        ("urnn b 1", "0"),
        ("urnn F 1 0", "1"),
        ("urnn h_init 1", "0"),
        ("urnn R", texts([[0, 1], [-1, 0]])),
        ("urnn offset 1", "1"),
    ):
        assert said("equivalence", edit(claim, (path, new)), evidence).startswith("Rejected")


@pytest.mark.parametrize(
    ("alpha", "beta", "R"),
    [
        (["4", "1"], ["1", "1"], [["0", "1/2"], ["1", "0"]]),
        (["1", "1"], ["4", "1"], [["0", "1"], ["1/2", "0"]]),
        (["4", "1"], ["1", "1/4"], [["0", "1"], ["1", "0"]]),  # U is orthogonal, R adds up
        (["1", "4"], ["1/4", "1"], [["0", "1"], ["1", "0"]]),
    ],
)
def test_copies_are_not_scaled(alpha, beta, R):
    claim, evidence = copies_claim()
    turned = edit(claim, ("urnn R", R), ("urnn alpha", alpha), ("urnn beta", beta))
    assert "of U does not continue row 0 of W" in said("equivalence", turned, evidence)


@pytest.mark.parametrize("scales", ["alpha", "beta"])
def test_rows_that_add_up_to_w_are_those_of_u(scales):
    """R adds up to w = 1/2, but U = 2 R is the swap, with 1."""
    claim, evidence = copies_claim()
    half = edit(claim, ("rnn W", [["1/2"]]), ("urnn R", [["0", "1/2"], ["1/2", "0"]]),
                (f"urnn {scales}", ["4", "4"]))  # fmt: skip
    assert "row 0 of U does not continue row 0 of W" in said("equivalence", half, evidence)


# -- lower bounds ----------------------------------------------------------------------------------


def bound_claim(states=4):
    """y^k = relu(x^k), n = 2, W = 0: four states are needed, by three active steps."""
    rnn = {"W": [[0, 0], [0, 0]], "F": [[1, 0], [0, 1]], "b": [0, 0], "C": [[1, 0], [0, 1]],
           "h_init": [0, 0]}  # fmt: skip
    claim = {
        "rnn": {k: texts(v) for k, v in rnn.items()},
        "activation": RELU,
        "input_bound": "1",
        "states": states,
    }
    return claim, {"inputs": [["1/2", "1/2"]] * 3, "scaling": ["1", "1"]}


def test_a_lower_bound():
    assert said("lower_bound", *bound_claim()) == (
        "every URNN with the outputs of an RNN with 2 states (2 inputs, 2 outputs) for all inputs "
        "with ||x^k|| <= 1, and with the same activation, relu, has at least 4 states"
    )
    assert said("lower_bound", *bound_claim(1)).endswith("at least 1 state")
    assert said("lower_bound", *bound_claim(5)).startswith("Rejected: the rank of W")


@pytest.mark.parametrize(("states", "steps"), [(1, 1), (2, 1), (3, 2), (4, 3)])
def test_each_state_more_takes_one_active_step_more(states, steps):
    claim, evidence = bound_claim(states)
    for length in (1, 2, 3):
        enough = said("lower_bound", claim, edit(evidence, ("inputs", [["1/2", "1/2"]] * length)))
        assert enough.startswith("every URNN" if length >= steps else "Rejected")
    silent = edit(evidence, ("inputs", [["1/2", "1/2"]] * 3 + [["-1/2", "1/2"]]))
    assert said("lower_bound", claim, silent).startswith("Rejected")
    again = edit(evidence, ("inputs", [["-1/2", "1/2"]] + [["1/2", "1/2"]] * steps))
    assert said("lower_bound", claim, again).startswith("every URNN")


@pytest.mark.parametrize(
    ("path", "new", "verdict"),
    [
        ("states", 0, "Malformed: states must be a whole number >= 1"),
        ("states", -5, "Malformed: states must be a whole number >= 1"),
        ("states", True, "Malformed"),
        ("states", "4", "Malformed"),
        ("input_bound", "-1", "Malformed: input_bound must not be negative"),
        ("input_bound", "0", "Rejected: an input is not shorter than M"),
        ("input_bound", "7/10", "Rejected: an input is not shorter than M"),
        ("activation", "any", "Malformed"),
        ("rnn F", [["1", "1"], ["1", "1"]], "Rejected: F or C has a rank below n"),
        ("rnn C", [["1", "1"], ["1", "1"]], "Rejected: F or C has a rank below n"),
        ("rnn C", [["1", "0"]], "Rejected: F or C has a rank below n"),
        ("rnn W 0 0", "1/2", "Rejected: the rank of W"),
        ("rnn F", [["1", "0", "0"], ["0", "1", "0"]], "Malformed"),
        ("ok", 1, "Malformed"),
    ],
)
def test_lower_bounds_that_are_refused(path, new, verdict):
    claim, evidence = bound_claim()
    assert said("lower_bound", edit(claim, (path, new)), evidence).startswith(verdict)


@pytest.mark.parametrize(
    ("path", "new", "verdict"),
    [
        ("inputs 2", ["0", "1/2"], "Rejected: the rank of W"),  # at a knot
        ("inputs 2", ["-1/9", "1/2"], "Rejected: the rank of W"),
        ("inputs 2", ["3/5", "4/5"], "Rejected: an input is not shorter"),
        ("inputs 2", ["1/2"], "Malformed"),
        ("inputs", [["1/2"]] * 3, "Malformed"),
        ("inputs", [], "Malformed"),
        ("scaling", ["1"], "Malformed"),
        ("scaling", ["1", "0"], "Malformed"),
        ("scaling", ["1", "1" * 1001], "Malformed"),
        ("ok", 1, "Malformed"),
    ],
)
def test_evidence_for_a_lower_bound_that_is_refused(path, new, verdict):
    claim, evidence = bound_claim()
    assert said("lower_bound", claim, edit(evidence, (path, new))).startswith(verdict)


def test_more_inputs_and_outputs_than_states():
    claim, evidence = bound_claim()
    claim = edit(claim, ("rnn F", texts([[1, 0, 5], [0, 1, 5]])),
                 ("rnn C", texts([[1, 0], [0, 1], [1, 1]])))  # fmt: skip
    wide = edit(evidence, ("inputs", [["1/2", "1/2", "0"]] * 3))
    assert "3 inputs, 3 outputs" in said("lower_bound", claim, wide)


def memory_claim(w=((Q(1, 2), Q(0)), (Q(0), Q(1, 2))), slopes=("0", "1")):
    claim, evidence = bound_claim(3)
    claim = edit(claim, ("rnn W", texts([list(row) for row in w])),
                 ("activation slopes", list(slopes)))  # fmt: skip
    return claim, edit(evidence, ("inputs", [["1/2", "1/2"]] * 2))


def test_a_contraction_needs_one_state_more():
    claim, evidence = memory_claim()
    assert said("lower_bound", claim, evidence).endswith("at least 3 states")
    once = edit(evidence, ("inputs", [["1/2", "1/2"]]))
    assert said("lower_bound", claim, once).startswith("Rejected")
    five = edit(evidence, ("inputs", [["1/2", "1/2"]] * 5))
    assert said("lower_bound", edit(claim, ("states", 4)), five).startswith("Rejected")
    steep, _ = memory_claim(slopes=("0", "1/2"))
    assert said("lower_bound", steep, evidence).startswith("Rejected")
    turn, _ = memory_claim(((Q(0), Q(1)), (Q(-1), Q(0))))
    assert said("lower_bound", turn, evidence).startswith("Rejected")
    one_axis, _ = memory_claim(((Q(1), Q(0)), (Q(0), Q(1, 2))))  # norm 1: not below 1
    assert said("lower_bound", one_axis, evidence).startswith("Rejected")
    wide, _ = memory_claim(((Q(1, 2), Q(9)), (Q(0), Q(1, 2))))
    assert said("lower_bound", wide, evidence).startswith("Rejected")
    shrunk = edit(evidence, ("scaling", ["1", "18"]))  # E W E^-1 has 9/18 in the corner
    assert said("lower_bound", wide, shrunk).endswith("at least 3 states")
    grown = edit(evidence, ("scaling", ["18", "1"]))
    assert said("lower_bound", wide, grown).startswith("Rejected")


def test_the_steps_are_simulated_with_every_term():
    """Each unit is active only if each term of W h + F x + b has its sign and its factor."""
    rnn = {"W": [[0, 1], [-1, 0]], "F": [[2, 0], [0, -2]], "b": [Q(-1, 4), Q(1, 2)],
           "C": [[1, 0], [0, 1]], "h_init": [Q(3, 8), Q(1, 4)]}  # fmt: skip
    claim = {
        "rnn": {k: texts(v) for k, v in rnn.items()},
        "activation": RELU, "input_bound": "1", "states": 2,
    }  # fmt: skip

    def last_is_active(*inputs):
        evidence = {"inputs": [list(x) for x in inputs], "scaling": ["1", "1"]}
        return said("lower_bound", claim, evidence).startswith("every URNN")

    # z_0 = 1/4 + 2 x - 1/4 = 2 x > 0;  z_1 = -3/8 - 2 y + 1/2 = 1/8 - 2 y > 0
    assert last_is_active(("1/1000", "1/17"))
    for x in (("0", "1/17"), ("-1/1000", "1/17"), ("1/1000", "1/16"), ("1/1000", "1/15")):
        assert not last_is_active(x), x
    # after (1/4, 0) h = (1/2, 1/8): z_0 = 1/8 + 2 x - 1/4 > 0, z_1 = -1/2 - 2 y + 1/2 > 0
    start = ("1/4", "0")
    assert last_is_active(start, ("1/15", "-1/1000"))
    for x in (("1/16", "-1/1000"), ("1/17", "-1/1000"), ("1/15", "0"), ("1/15", "1/1000")):
        assert not last_is_active(start, x), x


def test_a_piece_is_what_lies_between_two_knots():
    """Slopes 1, 0, 1/2 with knots at 0 and 1/4: active below 0 and above 1/4 only."""
    claim, evidence = bound_claim(2)
    phi = {"knots": ["0", "1/4"], "slopes": ["1", "0", "1/2"], "value": "3"}
    claim = edit(claim, ("activation", phi))
    for x, active in (("-1/100", True), ("0", False), ("1/8", False), ("1/4", False),
                      ("1/3", True)):  # fmt: skip
        one = edit(evidence, ("inputs", [[x, "1/2"]]))
        assert said("lower_bound", claim, one).startswith("every URNN") is active, x
    assert "slopes 1, 0, 1/2 and value 3 at the first knot, has at least 2 states" in said(
        "lower_bound", claim, evidence
    )


def test_piecewise_linear_functions_are_evaluated():
    phi = networks.PiecewiseLinear(
        {"knots": ["-1", "0", "2"], "slopes": ["-3", "1/2", "0", "5"], "value": "4"}
    )
    values = {-2: 7, -1: 4, Q(-1, 2): Q(17, 4), 0: Q(9, 2), 1: Q(9, 2), 2: Q(9, 2), 3: Q(19, 2)}
    assert {z: phi(Q(z)) for z in values} == values
    data = [(["0"], ["0", "1"], "0"), (["0"], ["1", "-1"], "0"), (["0"], ["1", "-2"], "0"),
            (["1"], ["0", "1"], "0"), (["0"], ["0", "1"], "1"),
            (["0", "1"], ["0", "1", "0"], "0"), (["-1"], ["2", "0"], "0")]  # fmt: skip
    kinds = [
        (phi.homogeneous, phi.relu, phi.non_expansive)
        for phi in (
            networks.PiecewiseLinear({"knots": k, "slopes": s, "value": v}) for k, s, v in data
        )
    ]
    assert kinds == [
        (True, True, True), (True, False, True), (True, False, False), (False, False, True),
        (False, False, True), (False, False, True), (False, False, False),
    ]  # fmt: skip


def test_one_unit():
    """n = 1, W = 0: two states, and no third."""
    rnn = {"W": [[0]], "F": [[1]], "b": [0], "C": [[1]], "h_init": [0]}
    claim = {
        "rnn": {k: texts(v) for k, v in rnn.items()},
        "activation": RELU, "input_bound": "1", "states": 2,
    }  # fmt: skip
    evidence = {"inputs": [["1/2"]] * 4, "scaling": ["1"]}
    assert said("lower_bound", claim, evidence).endswith("at least 2 states")
    assert said("lower_bound", edit(claim, ("states", 3)), evidence).startswith("Rejected")


def test_what_a_simulation_costs_is_told_from_sizes():
    """Every step adds the digits of the weights to those of the states."""
    T, n, m, digits = 8, 2, 3, 1000
    tiny, one = Q(1, 2 ** (30 * digits)), Q(1)
    phi = networks.PiecewiseLinear(RELU)
    F, C, zero = [[one] * m] * n, [[one] * n], [Q(0)] * n

    def cost(weight, start):
        net = networks.Network([[weight] * n] * n, F, zero, C, [start] * n)
        inputs = [[Q(1, 2)] * m] * T
        return spent(lambda b: lower_bound._active_steps(net, phi, inputs, b))

    products = 4 * T * n * (n + m)
    assert 0.95 < cost(tiny, one) / (products * (T * digits) ** 2) < 1.2
    assert 0.95 < cost(one, tiny) / (products * digits**2) < 1.2
    assert 0.95 < cost(tiny, tiny) / (products * ((T + 1) * digits) ** 2) < 1.2
    assert 0 < cost(one, one) < products * 1000


def test_a_simulation_is_refused_before_it_grows():
    """64 steps with weights of 9,000 digits would double the digits of h 64 times over."""
    claim, evidence = bound_claim()
    long = f"1/{'9' * 9000}"
    grows = edit(claim, ("rnn W", [[long, "0"], ["0", long]]))
    many = edit(evidence, ("inputs", [["1/2", "1/2"]] * 64))
    assert "too long" in said("lower_bound", grows, many)
    for path, new in (("rnn F 0 0", long), ("rnn b 0", long), ("activation slopes 1", long[:1000]),
                      ("activation knots 0", long[:1000])):  # fmt: skip
        assert said("lower_bound", edit(claim, (path, new)), many).startswith("Malformed: check")


# -- consequences ----------------------------------------------------------------------------------


def letter(name, domain="n", codomain="n", self_adjoint=False):
    return {
        "name": name, "domain": domain, "codomain": codomain, "self_adjoint": self_adjoint
    }  # fmt: skip


def polynomial(*terms, domain="1", codomain="1"):
    """From pairs such as ``(1, "a* h")``."""
    return {
        "domain": domain,
        "codomain": codomain,
        "terms": [[str(c), letters.split()] for c, letters in terms],
    }


def relation(sign, *terms, domain="1", codomain="1"):
    return {"polynomial": polynomial(*terms, domain=domain, codomain=codomain), "sign": sign}


def follows(letters, hypotheses, conclusion, multiples=(), summands=(), label="a-step"):
    """What the kernel says of multiples ``(c, left, i, starred, right)`` and summands."""
    claim = {
        "label": label, "letters": letters, "hypotheses": hypotheses, "conclusion": conclusion
    }  # fmt: skip
    multiples = [
        [str(c), a.split(), i, star, b.split() if isinstance(b, str) else b]
        for c, a, i, star, b in multiples
    ]
    summands = [[str(c), chosen, x] for c, chosen, x in summands]
    return said("consequence", claim, {"multiples": multiples, "summands": summands})


NUMBERS = [letter(x, "1", "1", True) for x in "xy"]
CONSTANT = polynomial((1, ""))


def number_claim():
    """x y = 1 and x = 0 contradict each other."""
    claim = {
        "label": "a-step",
        "letters": NUMBERS,
        "hypotheses": [relation("=", (1, "x y"), (-1, "")), relation("=", (1, "x"))],
        "conclusion": relation(">=", (-1, "")),
    }
    multiples = [["1", [], 0, False, []], ["-1", ["y"], 1, False, []]]
    return claim, {"multiples": multiples, "summands": [["1", [-1], CONSTANT]]}


SQUARE = {"domain": "n", "codomain": "n"}
INVERSES = [letter("A"), letter("B"), letter("C")]
LEFT_RIGHT = [
    relation("=", (1, "A B"), (-1, ""), **SQUARE),
    relation("=", (1, "C A"), (-1, ""), **SQUARE),
]


def test_a_statement_is_printed_in_full():
    statement = follows(
        INVERSES, LEFT_RIGHT, relation("=", (1, "B"), (-1, "C"), **SQUARE),
        [(-1, "", 1, False, "B"), (1, "C", 0, False, "")],
    )  # fmt: skip
    assert statement == (
        "a-step (a label, not checked): B - C = 0 follows, for all sizes of the spaces, from "
        "A B - 1 = 0; C A - 1 = 0; where A : n -> n, B : n -> n, C : n -> n"
    )
    half = follows([], [], relation(">=", (Q(1, 2), "")), [], [(2, [-1], CONSTANT),
                   (1, [], CONSTANT)])  # fmt: skip
    assert half == (
        "a-step (a label, not checked): 1/2 >= 0 follows, for all sizes of the spaces, from "
        "nothing; where there is no letter"
    )
    zero = follows([letter("S", self_adjoint=True), letter("v'", "1", "n")], [],
                   relation("=", domain="n", codomain="1"))  # fmt: skip
    assert ": 0 = 0 follows" in zero
    assert zero.endswith("where S = S* : n -> n, v' : 1 -> n")
    many = [(k + 2, "x" + " x" * k) for k in range(30)]
    numbers = follows(NUMBERS, [relation("=", *many)], relation("=", *many),
                      [(1, "", 0, False, "")])  # fmt: skip
    assert all(numbers.count(f" {c} {w} ") == 2 for c, w in many)


def test_equations_follow_on_both_sides_and_adjoint():
    good = [(-1, "", 1, False, "B"), (1, "C", 0, False, "")]
    conclusion = relation("=", (1, "B"), (-1, "C"), **SQUARE)
    proved = follows(INVERSES, LEFT_RIGHT, conclusion, [(-1, *good[0][1:]), (1, *good[1][1:])])
    assert proved.startswith("a-step")
    for bad in (
        good[:1],
        [(1, *good[0][1:]), good[1]],
        [good[0], (1, "", 0, False, "C")],
        [good[0], (1, "C", 0, True, "")],
        [good[0], (1, "C", 1, False, "")],
        [*good, (1, "", 0, False, "")],
    ):
        assert follows(INVERSES, LEFT_RIGHT, conclusion, bad).startswith("Rejected"), bad
    adjoint = relation("=", (1, "B* A*"), (-1, ""), **SQUARE)
    assert follows(INVERSES, LEFT_RIGHT, adjoint, [(1, "", 0, True, "")]).startswith("a-step")
    assert follows(INVERSES, LEFT_RIGHT, adjoint, [(1, "", 0, False, "")]).startswith("Rejected")
    swapped = relation("=", (1, "B A"), (-1, ""), **SQUARE)
    assert follows(INVERSES, LEFT_RIGHT, swapped, [(1, "", 0, False, "")]).startswith("Rejected")


RECTANGLES = [letter("A", "n", "r"), letter("B", "r", "n"), letter("v", "1", "n")]


@pytest.mark.parametrize(
    ("multiple", "verdict"),
    [
        ((1, "", 0, False, ""), "Malformed: multiples must compose"),  # r -> r, not n -> r
        ((1, "", 0, False, "A"), "a-step"),
        ((1, "A", 0, False, ""), "Malformed"),
        ((1, "A B", 0, False, "A"), "Rejected"),
        ((1, "", 0, False, "A v"), "Malformed"),
        ((1, "B", 0, False, "A"), "Malformed"),
        ((1, "A A", 0, False, ""), "Malformed: multiples has letters that do not compose"),
        ((1, "Q", 0, False, "A"), "Malformed: multiples has an unknown letter"),
        ((1, "", 0, False, [["A"]]), "Malformed: multiples has an unknown letter"),
        ((1, "", 1, False, "A"), "Malformed: multiples must name a hypothesis"),
        ((1, "", -1, False, "A"), "Malformed: multiples must name a hypothesis"),
        ((1, "", False, False, "A"), "Malformed: multiples must name a hypothesis"),
        ((1, "", 0, 0, "A"), "Malformed: multiples must name a hypothesis"),
        ((0, "", 0, False, "A"), "Malformed: multiples has a coefficient 0"),
    ],
)
def test_multiples_compose(multiple, verdict):
    given = [relation("=", (1, "A B"), (-1, ""), domain="r", codomain="r")]
    conclusion = relation("=", (1, "A B A"), (-1, "A"), domain="n", codomain="r")
    assert follows(RECTANGLES, given, conclusion, [multiple]).startswith(verdict)


def test_an_adjoint_exchanges_domain_and_codomain():
    given = [relation("=", (1, "A"), (-1, "B*"), domain="n", codomain="r")]
    conclusion = relation("=", (1, "A*"), (-1, "B"), domain="r", codomain="n")
    assert follows(RECTANGLES, given, conclusion, [(1, "", 0, True, "")]).startswith("a-step")
    assert follows(RECTANGLES, given, conclusion, [(1, "", 0, False, "")]).startswith("Malformed")
    sides = relation("=", (1, "B* A*"), (-1, "B* B"), domain="r", codomain="r")
    assert follows(RECTANGLES, given, sides, [(1, "B*", 0, True, "")]).startswith("a-step")
    assert follows(RECTANGLES, given, sides, [(1, "A", 0, True, "")]).startswith("Rejected")


@pytest.mark.parametrize(
    ("letters", "reason"),
    [
        ([letter("A"), letter("A")], "twice"),
        ([letter("A", "n", "r", True)], "not square"),
        ([letter("A*")], "form"),
        ([letter("")], "form"),
        ([letter("1")], "form"),
        ([letter("A B")], "form"),
        ([letter("A+B")], "form"),
        ([letter("A" * 17)], "form"),
        ([letter("A''''")], "form"),
        ([letter("A\n")], "form"),
        ([letter("\u00c4")], "form"),
        ([letter(1)], "form"),
        ([letter("A", "")], "form"),
        ([letter("A", "n", "2")], "form"),
        ([letter("A", "n", 1)], "form"),
        ([letter("A", ["n"])], "form"),
        ([letter("A", "n", "n" * 17)], "form"),
        ([letter("A", "n+2", "n")], "form"),
        ([letter("A", "n", "n", 1)], "neither true nor false"),
        ([{**letter("A"), "adjoint": "B"}], "keys"),
        ([letter(f"a{k}") for k in range(1001)], "entries"),
    ],
)
def test_letters_are_strict(letters, reason):
    verdict = follows(letters, [], relation("=", **SQUARE))
    assert verdict.startswith("Malformed")
    assert reason in verdict


def test_letters_that_may_be_used():
    letters = [letter("A" * 16), letter("Z'''", "N+1", "n"), letter("G0_1", "1", "1", True)]
    letters += [letter(f"a{k}") for k in range(997)]
    assert follows(letters, [], relation("=", **SQUARE)).startswith("a-step")


@pytest.mark.parametrize("label", ["", "-a", "a b", "a\nb", "a" * 65, "\u00e4", 1, None, "a: b"])
def test_labels_are_short_identifiers(label):
    assert follows([], [], relation("="), label=label).startswith("Malformed: label")


def test_labels_that_may_be_used():
    for label in ("3.1/S1-dilation", "a" * 64, "0", "a_+"):
        assert follows([], [], relation("="), label=label).startswith(f"{label} (a label, not")


@pytest.mark.parametrize(
    ("conclusion", "reason"),
    [
        (relation("=", (1, "A B"), domain="n", codomain="r"), "another type"),
        (relation("=", (1, ""), domain="n", codomain="r"), "another type"),
        (relation("=", (1, "A"), (2, "A"), domain="n", codomain="r"), "twice"),
        (relation("=", (1, "A A"), domain="n", codomain="r"), "do not compose"),
        (relation("=", (1, "Q"), domain="n", codomain="r"), "unknown letter"),
        (relation("=", (0, "A"), domain="n", codomain="r"), "coefficient 0"),
        (relation("=", domain="", codomain="r"), "form"),
        (relation("=", domain="n", codomain=["r"]), "form"),
        (relation(">", (1, "")), "an equation or an inequality with >="),
        (relation(">=", (1, "A"), domain="n", codomain="r"), "compare numbers"),
        (relation(">=", (1, ""), **SQUARE), "compare numbers"),
        (relation("<=", (1, "")), "compare numbers"),
        (relation(["="], (1, "")), "compare numbers"),
        (polynomial((1, "")), "keys"),
    ],
)
def test_conclusions_that_are_malformed(conclusion, reason):
    verdict = follows(RECTANGLES, [], conclusion)
    assert verdict.startswith("Malformed")
    assert reason in verdict


def test_hypotheses_compare_only_numbers():
    for sign, terms, space in ((">", (1, "A"), ("n", "r")), (">=", (1, "v"), ("1", "n"))):
        given = [relation(sign, terms, domain=space[0], codomain=space[1])]
        verdict = follows(RECTANGLES, given, relation("="))
        assert "compare numbers" in verdict
    for terms in ((1, "v* v"), (1, "")):
        assert follows(RECTANGLES, [relation(">", terms)], relation("=")).startswith("a-step")


def is_identity(letters, left, right, domain="1", codomain="1"):
    """Whether the kernel holds two words for equal."""
    conclusion = relation("=", (1, left), (-1, right), domain=domain, codomain=codomain)
    return follows(letters, [], conclusion).startswith("a-step")


def test_numbers_commute_and_nothing_else_does():
    mixed = [letter("v", "1", "n"), letter("u", "1", "n"), letter("w", "1", "r"), letter("A"),
             letter("B"), letter("a", "1", "1"), letter("b", "1", "1", True)]  # fmt: skip
    for left, right in (
        ("a b", "b a"), ("a", "a*"), ("v* u", "u* v"), ("v* u w* w", "w* w u* v"),
        ("v* A u", "u* A* v"), ("a v* v", "v* v a*"),
    ):  # fmt: skip
        assert is_identity(mixed, left, right), (left, right)
    for left, right in (("v* u", "v* v"), ("v* A u", "u* A v"), ("v* A B v", "v* B A v"),
                        ("a b", "a a")):  # fmt: skip
        assert not is_identity(mixed, left, right), (left, right)
    assert is_identity(mixed, "v a u* u", "v u* u a", "1", "n")
    assert is_identity(mixed, "v a b* v*", "v b a* v*", "n", "n") is False  # there is no b*
    assert is_identity(mixed, "v a b v*", "v b a* v*", "n", "n")
    assert is_identity(mixed, "a v* u v*", "u* v a* v*", "n", "1")
    assert is_identity(mixed, "v u* A v v*", "v v* A* u v*", "n", "n")
    for left, right, domain, codomain in (
        ("v u*", "u v*", "n", "n"), ("A v", "A* v", "1", "n"), ("v v* u", "u v* v", "1", "n"),
        ("v* A", "v* A*", "n", "1"), ("A B", "B A", "n", "n"), ("A", "A*", "n", "n"),
        ("v v* u u*", "u u* v v*", "n", "n"), ("v* u v*", "u* v u*", "n", "1"),
    ):  # fmt: skip
        assert not is_identity(mixed, left, right, domain, codomain), (left, right)


# |a|^2 |h|^2 >= (a.h)^2 from || |a|^2 h - (a.h) a ||^2 = |a|^2 (|a|^2 |h|^2 - (a.h)^2)
VECTORS = [letter("a", "1", "n"), letter("h", "1", "n")]
GAP = polynomial((1, "h a* a"), (-1, "a a* h"), codomain="n")
CAUCHY = relation(">=", (1, "a* a h* h"), (-1, "a* h a* h"))


def test_squares_of_vectors_are_not_negative():
    longer = [relation(">", (1, "a* a"))]
    good = [(1, [], GAP), (1, [0, -1], CONSTANT)]
    assert follows(VECTORS, longer, CAUCHY, [], good).startswith("a-step")
    weak = [relation(">=", (1, "a* a"))]
    assert "no summand is strictly positive" in follows(VECTORS, weak, CAUCHY, [], good)
    for bad in (good[:1], good[1:], [(2, *good[0][1:]), good[1]], [good[0], good[0]]):
        assert follows(VECTORS, longer, CAUCHY, [], bad).startswith("Rejected")
    below = relation(">=", (-1, "a* a h* h"), (1, "a* h a* h"))
    assert follows(VECTORS, longer, below, [], good).startswith("Rejected")


@pytest.mark.parametrize(
    ("summand", "verdict"),
    [
        ((-1, [-1], CONSTANT), "Rejected: a summand has a negative coefficient"),
        ((0, [-1], CONSTANT), "Malformed"),
        ((1, [-1], polynomial((1, "a*"), domain="n")), "Rejected: a summand has a negative"),
        ((1, [-2], CONSTANT), "Malformed: summands must name hypotheses"),
        ((1, [4], CONSTANT), "Malformed: summands must name hypotheses"),
        ((1, [True], CONSTANT), "Malformed: summands must name hypotheses"),
        ((1, ["0"], CONSTANT), "Malformed: summands must name hypotheses"),
        ((1, [3], CONSTANT), "Malformed: a summand multiplies by what is no number"),
        ((1, [0] * 11, CONSTANT), "Malformed: summands must be an array"),
        ((1, 0, CONSTANT), "Malformed: summands must be an array"),
        ((1, [0], relation("=", (1, ""))), "Malformed"),
        ((1, [0] * 10, CONSTANT), "Rejected: the products do not add up"),
        ((1, [2], CONSTANT), "Rejected: the products do not add up"),
    ],
)
def test_summands_are_what_is_not_negative(summand, verdict):
    given = [relation(">", (1, "a* a")), relation(">=", (1, "a* h")), relation("=", (1, "h* h")),
             relation("=", (1, "a"), codomain="n")]  # fmt: skip
    conclusion = relation(">=", (-1, ""))
    summands = [(1, [], CONSTANT), summand]
    assert follows(VECTORS, given, conclusion, [], summands).startswith(verdict)


def test_strictness_comes_from_constants_and_strict_hypotheses_only():
    """Each of these sums is 0; only some of them are a contradiction."""
    x = NUMBERS[:1]
    strict, weak, none = (relation(s, (1, "x")) for s in (">", ">=", "="))
    negative = relation(">=", (-1, "x"))
    root = polynomial((1, "x"))
    for given, summands, proved in (
        ([strict, negative], [(1, [0], CONSTANT), (1, [1], CONSTANT)], True),
        ([strict, negative], [(3, [0], polynomial((2, ""))), (12, [1], CONSTANT)], True),
        ([strict, negative], [(12, [1], CONSTANT), (3, [0], polynomial((2, "")))], True),
        ([weak, negative], [(1, [0], CONSTANT), (1, [1], CONSTANT)], False),
        ([none, negative], [(1, [0], CONSTANT), (1, [1], CONSTANT)], False),
        ([strict, negative], [(1, [0], root), (1, [1], root)], False),
        ([strict, negative], [(1, [0, 0, 0], CONSTANT), (1, [0, 0, 1], CONSTANT)], True),
        ([strict, negative, weak], [(1, [0, 2], CONSTANT), (1, [2, 1], CONSTANT)], False),
        ([weak, negative], [(1, [], polynomial()), (1, [0], CONSTANT), (1, [1], CONSTANT)], False),
    ):
        conclusion = relation(">=", (-1, ""))
        verdict = follows(x, given, conclusion, [], summands)
        assert verdict.startswith("a-step" if proved else "Rejected: no summand is strictly"), given
    # (1 - x)^2 + 2 x - 1 - x^2 = 0: a square that has a constant in it is no constant
    given = [relation(">=", (2, "x")), relation(">=", (-1, ""), (-1, "x x"))]
    mixed = [(1, [], polynomial((1, ""), (-1, "x"))), (1, [0], CONSTANT), (1, [1], CONSTANT)]
    assert "strictly" in follows(x, given, relation(">=", (-1, "")), [], mixed)
    space = polynomial((1, ""), domain="n", codomain="n")
    assert follows(x, [], relation(">=", (-1, "")), [], [(1, [], space)]).startswith("Rejected")
    vector = [letter("v", "1", "n")]
    short = [(1, [], polynomial((1, "v"), codomain="n")), (1, [0], CONSTANT)]
    given = [relation(">=", (-1, "v* v"))]  # v = 0 is no contradiction
    assert "strictly" in follows(vector, given, relation(">=", (-1, "")), [], short)


def test_what_is_refuted_may_be_supposed():
    """The index -1 is the negated conclusion, and only that of an inequality."""
    x = NUMBERS[:1]
    given = [relation(">=", (1, "x"), (-1, ""))]
    conclusion = relation(">=", (1, "x"))  # x - 1 >= 0 implies x >= 0
    good = [(1, [0], CONSTANT), (1, [-1], CONSTANT), (1, [], CONSTANT)]
    assert follows(x, given, conclusion, [], good).startswith("a-step")
    twice = relation(">=", (2, "x"))
    assert follows(x, given, twice, [], good).startswith("Rejected")
    equation = relation("=", (1, "x"))
    assert follows(x, given, equation, [], good).startswith("Malformed")
    assert follows(x, given, equation, [(1, "", -1, False, "")]).startswith("Malformed")
    assert follows(x, given, conclusion, [(1, "", 0, False, "")], good).startswith(
        "Malformed: multiples must name an equation"
    )
    strict = [relation(">", (1, "x"))]
    assert follows(x, strict, equation, [(1, "", 0, False, "")]).startswith("Malformed")


def test_equations_and_inequalities_together():
    claim, evidence = number_claim()
    assert said("consequence", claim, evidence).startswith("a-step (a label, not checked): -1 >= 0")
    for path, new in (
        ("multiples 0 0", "2"),
        ("multiples 1 0", "1"),
        ("multiples 1 1", ["x"]),
        ("summands 0 0", "2"),
        ("multiples", []),
    ):
        assert said("consequence", claim, edit(evidence, (path, new))).startswith("Rejected")


@pytest.mark.parametrize("part", ["multiples", "summands"])
def test_entries_have_their_length(part):
    claim, evidence = number_claim()
    for change in (lambda x: [*x, "1"], lambda x: x[:-1], lambda x: []):
        verdict = said("consequence", claim, edit(evidence, (f"{part} 0", change)))
        assert verdict.startswith("Malformed"), verdict
    for change in (lambda x: [*x, "1"], lambda x: x[:-1]):
        longer = edit(claim, ("conclusion polynomial terms 0", change))
        assert said("consequence", longer, evidence).startswith("Malformed")


BINARY = [" ".join("xy"[int(b)] for b in f"{k:011b}") for k in range(1001)]


def test_consequences_have_limits():
    x = NUMBERS[:1]
    root = relation("=", (1, "x"))
    long = " ".join(["x"] * 40)
    power = follows(x, [root], relation("=", (1, long)), [(1, long[2:], 0, False, "")])
    assert power.startswith("a-step")
    assert follows(x, [root], relation("=", (1, f"x {long}"))).startswith("Malformed")
    digits = "1" * 40
    big = relation("=", (digits, "x"))
    assert follows(x, [root], big, [(digits, "", 0, False, "")]).startswith("a-step")
    assert follows(x, [root], relation("=", (digits + "1", "x"))).startswith("Malformed")
    coprime = [f"1/{10**30 + k}" for k in (57, 259, 261, 267, 273, 279, 283, 313, 331, 339, 1, 3)]
    sums = [(c, "", 0, False, "") for c in coprime]
    assert "no small common denominator" in follows(x, [root], root, sums)
    assert follows(x, [root], root, sums[:9]).startswith("Rejected")
    assert follows(x, [root] * 1000, root, [(1, "", 999, False, "")]).startswith("a-step")
    assert follows(x, [root] * 1001, root, [(1, "", 0, False, "")]).startswith("Malformed")
    terms = [(1, w) for w in BINARY]
    assert follows(NUMBERS, [], relation("=", *terms[:1000])).startswith("Rejected")
    assert follows(NUMBERS, [], relation("=", *terms)).startswith("Malformed")
    nothing, many = [relation("=")], [(1, "", 0, False, "")] * 2000
    assert follows(x, nothing, relation("="), many).startswith("a-step")
    none, goal = [(1, [], CONSTANT)], relation(">=", (-1, ""))
    assert follows(x, [], goal, [], none * 1000).startswith("Rejected: the prod")
    assert follows(x, [], goal, [], none * 1001).startswith("Malformed")


def test_the_common_denominator_has_a_thousand_bits():
    letters = consequence.Letters([])
    for bits, fits in ((999, True), (1000, False)):
        letters.scale = 2**bits
        try:
            assert letters.coefficient("1", "x") == 1
            assert fits
        except Malformed:
            assert not fits


def test_equations_have_no_summands():
    x = NUMBERS[:1]
    root = relation("=", (1, "x"))
    multiples = [(1, "", 0, False, "")]
    assert follows(x, [root], root, multiples).startswith("a-step")
    summand = [(1, [], CONSTANT)]
    assert follows(x, [root], root, multiples, summand).startswith("Malformed: summands")


def test_a_summand_may_have_any_positive_coefficient():
    """1/2 (-x) + 1/2 x = 0: x >= 0 follows from x >= 0."""
    x, given = NUMBERS[:1], relation(">=", (1, "x"))
    for c, verdict in ((Q(1, 2), "a-step"), (Q(-1, 2), "Rejected")):
        summands = [(c, [-1], CONSTANT), (c, [0], CONSTANT)]
        assert follows(x, [given], given, [], summands).startswith(verdict)


def test_what_a_sum_costs_is_told_from_the_numbers_of_words():
    letters = consequence.Letters(NUMBERS)
    p, q = (consequence.Polynomial("1", "1", {("x",) * k: Q(1) for k in range(n)}) for n in (3, 5))
    zero = consequence.Polynomial("1", "1", {})
    given = [consequence.Relation(each, "=") for each in (p, q, zero)]
    for k, words in enumerate((3, 5, 0)):
        entry = ["1", [], k, False, []]
        cost = spent(partial(consequence._multiple, letters, given, p, entry))
        assert cost == 400_000 * (1 + words)
    for factors, x, products in (
        ([], polynomial(), 2),
        ([], CONSTANT, 2),
        ([0], CONSTANT, 3 * 3),
        ([0, 1], CONSTANT, 4 * 3 * 5),
        ([1, 2], polynomial((1, "x"), (1, "y")), 4 * 2 * 2 * 5),
    ):
        entry = ["1", factors, x]
        cost = spent(partial(consequence._summand, letters, [*given, given[0]], entry))
        assert cost == 400_000 * products


def test_sums_are_refused_before_they_are_formed(monkeypatch):
    """A word costs 400,000 steps, so that 100,000 words are within the budget."""
    assert 4 * 10**5 * 10**5 == reading.WORK
    monkeypatch.setattr(reading, "WORK", reading.WORK // 10)
    wide = [relation("=", *((1, w) for w in BINARY[:1000]))]
    many = [(1, "", 0, False, "")] * 11
    assert "too long" in follows(NUMBERS, wide, relation("=", (1, "x")), many)
    assert follows(NUMBERS, wide, relation("=", (1, "x")), many[:3]).startswith("Rejected")
    ten = relation(">=", *((1, "x" + " x" * k) for k in range(10)))
    goal = relation(">=", (-1, ""))
    for factors in (4, 10):  # 10^4 and 10^10 products
        summand = (1, [0] * factors, CONSTANT)
        assert "too long" in follows(NUMBERS, [ten], goal, [], [summand])
    few = (1, [0] * 3, CONSTANT)
    assert follows(NUMBERS, [ten], goal, [], [few]).startswith("Rejected")
    sparse = relation(">=")  # 0 >= 0: what is multiplied by nothing costs as much on the way
    summand = (1, [0] * 4 + [1], CONSTANT)
    assert "too long" in follows(NUMBERS, [ten, sparse], goal, [], [summand])
    square = polynomial(*((1, w) for w in BINARY[:110]))  # 12,100 products
    assert "too long" in follows(NUMBERS, [], goal, [], [(1, [], square)])


# -- hypotheses of theorems on numbers of states ---------------------------------------------------


def kink_claim(states=4, **changes):
    """Two rates, all preactivations 0 at x = 0: theorem 2n-iff-diagonal says 4."""
    rnn = {"W": [[Q(1, 5), 0], [0, Q(1, 2)]], "F": [[1, 0], [0, 1]], "b": [0, 0],
           "C": [[1, 0], [0, 1]], "h_init": [0, 0]} | changes  # fmt: skip
    claim = {
        "rnn": {k: texts(v) for k, v in rnn.items()}, "activation": RELU, "input_bound": "1",
        "theorem": "2n-iff-diagonal", "states": states,
    }  # fmt: skip
    evidence = {
        "input": ["0", "0"], "fixed_point": ["0", "0"], "scaling": ["1", "1"],
        "parts": [{"units": [0], "eigenvalue": None}, {"units": [1], "eigenvalue": None}],
    }  # fmt: skip
    return claim, evidence


def active_claim(states=4, x=("1/2", "1/2"), h=("1", "1"), eigenvalue="1/2", **changes):
    """Half the identity, all units active at h = (1, 1): theorem n+mu says 4."""
    claim, evidence = kink_claim(states, **{"W": [[Q(1, 2), 0], [0, Q(1, 2)]], **changes})
    n = len(claim["rnn"]["W"])
    evidence |= {"input": list(x), "fixed_point": list(h), "scaling": ["1"] * n}
    evidence["parts"] = [{"units": list(range(n)), "eigenvalue": eigenvalue}]
    return {**claim, "theorem": "n+mu"}, evidence


def holds(claim, evidence):
    return said("hypotheses", claim, evidence).startswith("the hypotheses of the theorem")


def test_hypotheses():
    assert said("hypotheses", *kink_claim()) == (
        "the hypotheses of the theorem '2n-iff-diagonal' hold for an RNN with 2 states (2 inputs, "
        "2 outputs), relu and all inputs with ||x^k|| <= 1; by that theorem, which is assumed, "
        "every relu URNN with the same outputs has at least 4 states"
    )
    assert said("hypotheses", *active_claim()).startswith("the hypotheses of the theorem 'n+mu'")
    for make in (kink_claim, active_claim):
        assert said("hypotheses", *make(1)).endswith("at least 1 state")
        assert said("hypotheses", *make(5)).startswith("Rejected: the fixed point, the ranks or")


@pytest.mark.parametrize("make", [kink_claim, active_claim])
@pytest.mark.parametrize(
    ("path", "new", "verdict"),
    [
        ("states", 0, "Malformed: the input, the fixed point or the number of states"),
        ("states", True, "Malformed"),
        ("states", "4", "Malformed"),
        ("theorem", "n+nu", "Malformed: theorem must have the form"),
        ("theorem", "n+mu or 2n-iff-diagonal", "Malformed"),
        ("input_bound", "0", "Rejected: the activation is not relu, or the input is not shorter"),
        ("input_bound", "-1", "Malformed"),
        ("activation", "any", "Rejected: the activation is not relu"),
        ("activation slopes", ["0", "1/2"], "Rejected: the activation is not relu"),
        ("rnn F", [["1", "0", "0"], ["0", "1", "0"]], "Malformed"),
        ("rnn F", [["1", "1"], ["1", "1"]], "Rejected"),
        ("rnn C", [["1", "1"], ["1", "1"]], "Rejected"),
        ("rnn C", [["1", "0"]], "Rejected"),
        ("rnn W 0 0", "1", "Rejected"),
        ("rnn b 0", "1/9", "Rejected: h is no fixed point"),
        ("ok", 1, "Malformed"),
    ],
)
def test_hypotheses_that_do_not_hold(make, path, new, verdict):
    claim, evidence = make()
    assert said("hypotheses", edit(claim, (path, new)), evidence).startswith(verdict)


@pytest.mark.parametrize("make", [kink_claim, active_claim])
@pytest.mark.parametrize(
    ("path", "new", "verdict"),
    [
        ("input", ["0"], "Malformed"),
        ("input", ["1/3", "1/2"], "Rejected: h is no fixed point"),
        ("input", ["3/5", "4/5"], "Rejected: the activation is not relu, or the input"),
        ("fixed_point", ["1"], "Malformed"),
        ("fixed_point", ["1", "1/2"], "Rejected: h is no fixed point"),
        ("scaling", ["1"], "Malformed"),
        ("scaling", ["1", "0"], "Malformed"),
        ("scaling", ["1", "1" * 1001], "Malformed"),
        ("parts", [], "Malformed"),
        ("parts 0 units", [], "Malformed"),
        ("parts 0 units", [0, 0], "Malformed: the parts must hold numbers of units, each once"),
        ("parts 0 units", [2], "Malformed: the parts must hold numbers of units, each once"),
        ("parts 0 units", [-1], "Malformed: the parts must hold numbers of units, each once"),
        ("parts 0 units", [True], "Malformed: the parts must hold numbers of units, each once"),
        ("parts 0 units", ["0"], "Malformed"),
        ("parts 0 eigenvalue", 1, "Malformed"),
        ("parts 0 eigenvalue", "1" * 1001, "Malformed"),
        ("parts 0 ok", 1, "Malformed"),
        ("ok", 1, "Malformed"),
    ],
)
def test_evidence_for_hypotheses_that_is_refused(make, path, new, verdict):
    claim, evidence = make()
    assert said("hypotheses", claim, edit(evidence, (path, new))).startswith(verdict)


def test_parts_hold_every_unit_once():
    claim, evidence = kink_claim(1)
    first, second = evidence["parts"]
    for parts in ([first], [second], [first, first], [first, second, second]):
        lie = edit(evidence, ("parts", parts))
        assert said("hypotheses", claim, lie).startswith("Malformed")
    three, again = kink_claim(
        7, W=[[Q(1, 2), 0, 0], [0, 0, 0], [0, 0, 0]], b=[0] * 3, h_init=[0] * 3,
        F=[[1, 0, 0], [0, 1, 0], [0, 0, 1]], C=[[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    )  # fmt: skip
    again |= {"input": ["0"] * 3, "fixed_point": ["0"] * 3, "scaling": ["1"] * 3}
    again["parts"] = [{"units": units, "eigenvalue": "1/2"} for units in ([0, 0], [1], [2])]
    assert said("hypotheses", three, again).startswith("Malformed: the parts must hold numbers")
    for parts in ([second, first], [{"units": [1, 0], "eigenvalue": None}]):
        assert holds(claim, edit(evidence, ("parts", parts)))


def test_parts_are_not_connected():
    """Joined, the two units count 1: 3 states. Apart they would count 2."""
    for W in ([[Q(1, 5), Q(1, 9)], [0, Q(1, 2)]], [[Q(1, 5), 0], [Q(1, 9), Q(1, 2)]]):
        claim, evidence = kink_claim(3, W=W)
        assert said("hypotheses", claim, evidence) == "Rejected: W connects two parts"
        joined = edit(evidence, ("parts", [{"units": [0, 1], "eigenvalue": None}]))
        assert holds(claim, joined)
        assert not holds(edit(claim, ("states", 4)), joined)
        own = edit(joined, ("parts 0 eigenvalue", "1/5"))
        assert not holds(edit(claim, ("states", 4)), own)


def test_eigenspaces():
    """w I_2 has one of dimension 2, a Jordan block one of dimension 1, and 1/3 is no eigenvalue."""
    claim, evidence = active_claim()
    for eigenvalue, most in (("1/2", 4), ("1/3", 3), (None, 3)):
        told = edit(evidence, ("parts 0 eigenvalue", eigenvalue))
        assert holds(edit(claim, ("states", most)), told)
        assert not holds(edit(claim, ("states", most + 1)), told)
    # h_2 = 1, h_1 = h_1 / 2 + 1/4 + 1/4 = 1
    jordan, evidence = active_claim(3, ("1/4", "1/2"), W=[[Q(1, 2), Q(1, 4)], [0, Q(1, 2)]])
    assert holds(jordan, evidence)
    assert not holds(edit(jordan, ("states", 4)), evidence)
    mixed, evidence = active_claim(
        5, ("1/4", "1/2", "1/3"), ("1/2", "1", "1/2"),
        W=[[Q(1, 2), 0, 0], [0, Q(1, 2), 0], [0, 0, Q(1, 3)]], b=[0, 0, 0], h_init=[0] * 3,
        F=[[1, 0, 0], [0, 1, 0], [0, 0, 1]], C=[[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    )  # fmt: skip
    assert holds(mixed, evidence)
    assert not holds(mixed, edit(evidence, ("parts 0 eigenvalue", "1/3")))


def test_a_part_may_be_an_eigenspace():
    """Of the parts {0, 2} and {1} the first counts 2."""
    W = [[Q(1, 2), 0, 0], [0, Q(1, 3), 0], [0, 0, Q(1, 2)]]
    eye = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    claim, evidence = kink_claim(6, W=W, F=eye, C=eye, b=[0] * 3, h_init=[0] * 3)
    evidence |= {"input": ["0"] * 3, "fixed_point": ["0"] * 3, "scaling": ["1"] * 3}
    evidence["parts"] = [{"units": [0, 2], "eigenvalue": "1/2"}, {"units": [1], "eigenvalue": "0"}]
    assert holds(claim, evidence)
    assert not holds(claim, edit(evidence, ("parts 0 eigenvalue", "1/3")))


def test_all_units_are_active_at_the_fixed_point():
    for x, h in ((("1/2", "0"), ("1", "0")), (("1/2", "-1/4"), ("1", "-1/2"))):
        assert not holds(*active_claim(1, x, h))
        assert not holds(*active_claim(1, x[::-1], h[::-1]))
    assert holds(*active_claim(4, ("1/2", "1/4"), ("1", "1/2")))


def test_at_the_kinks_the_fixed_point_is_0():
    claim, evidence = active_claim()
    kinks = edit(claim, ("theorem", "2n-iff-diagonal"))
    assert not holds(kinks, evidence)
    for x, h in ((["1/2", "0"], ["1", "0"]), (["0", "1/2"], ["0", "1"])):
        assert not holds(kinks, evidence | {"input": x, "fixed_point": h})
    assert holds(kinks, evidence | {"input": ["0", "0"], "fixed_point": ["0", "0"]})
    claim, evidence = kink_claim(b=[Q(1, 4), Q(-1, 3)])
    assert holds(claim, edit(evidence, ("input", ["-1/4", "1/3"])))
    assert not holds(claim, edit(evidence, ("input", ["1/4", "-1/3"])))


def test_the_fixed_point_is_one_of_every_term():
    """h = (1, 2): W h = (1, 1/4), F x = (-1/8, 2), b = (1/8, -1/4)."""
    parts = {
        "W": [[0, Q(1, 2)], [Q(1, 4), 0]], "F": [[2, 0], [0, 3]], "b": [Q(1, 8), Q(-1, 4)]
    }  # fmt: skip
    x, h = ("-1/16", "2/3"), ("1", "2")
    assert holds(*active_claim(3, x, h, None, **parts))
    for change in ({"W": [[0, Q(1, 3)], [Q(1, 4), 0]]}, {"F": [[2, 0], [0, 2]]}, {"b": [0, 0]}):
        found = said("hypotheses", *active_claim(3, x, h, None, **parts | change))
        assert found == "Rejected: h is no fixed point"


def test_the_contraction_may_need_a_scaling():
    claim, evidence = kink_claim(3, W=[[Q(1, 2), 9], [0, Q(1, 2)]])
    evidence = edit(evidence, ("parts", [{"units": [0, 1], "eigenvalue": "1/2"}]))
    plain = said("hypotheses", claim, evidence)
    assert plain == "Rejected: W, rescaled, is no contraction"
    assert holds(claim, edit(evidence, ("scaling", ["1", "18"])))
    assert not holds(claim, edit(evidence, ("scaling", ["18", "1"])))


def test_n_plus_mu_is_about_one_part():
    """Two rates that are active count 1 together; apart they would count 2."""
    claim, evidence = active_claim(3, ("2/5", "1/2"), ("1/2", "1"), W=[[Q(1, 5), 0], [0, Q(1, 2)]])
    apart = [{"units": [0], "eigenvalue": None}, {"units": [1], "eigenvalue": None}]
    assert holds(claim, edit(evidence, ("parts 0 eigenvalue", None)))
    assert not holds(claim, edit(evidence, ("parts", apart)))
    assert not holds(edit(claim, ("states", 4)), edit(evidence, ("parts", apart)))


EYE3 = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_reachable_and_observable():
    """A chain of three: the input drives the first, the last is read."""
    chain = {"W": [[0, 0, 0], [Q(1, 2), 0, 0], [0, Q(1, 2), 0]], "F": [[1], [0], [0]],
             "C": [[0, 0, 1]], "b": [0, 0, 0], "h_init": [0, 0, 0]}  # fmt: skip
    at = (("1/2",), ("1/2", "1/4", "1/8"), "0")
    assert holds(*active_claim(4, *at, **chain))
    assert not holds(*active_claim(5, *at, **chain))
    unseen = said("hypotheses", *active_claim(1, *at, **chain | {"C": [[1, 1, 0]]}))
    assert unseen.startswith("Rejected: the fixed point, the ranks")
    # Driven by a bias instead, the last two are active, and not reached.
    cut = {"W": [[0, 0, 0], [0, 0, 0], [0, Q(1, 2), 0]], "b": [0, Q(1, 4), 0], "C": EYE3}
    assert not holds(*active_claim(1, *at, **chain | cut))
    # One input that drives all three reaches two dimensions of three: W has rank 1.
    flat = {"W": [[Q(1, 9)] * 3] * 3, "F": [[1], [1], [2]], "C": EYE3,
            "b": [0] * 3, "h_init": [0] * 3}  # fmt: skip
    # h = x F + s (1, 1, 1), s = (4 x + 3 s) / 9 = 2 x / 3
    h = ("1/2", "1/2", "4/5")
    assert not holds(*active_claim(1, ("3/10",), h, "0", **flat))
    seen = flat | {"F": EYE3, "C": [[1, 2, 3]]}
    assert not holds(*active_claim(1, ("3/10", "3/10", "3/5"), h, "0", **seen))
    full = flat | {"F": EYE3}
    assert holds(*active_claim(5, ("3/10", "3/10", "3/5"), h, "0", **full))


def test_hypotheses_for_one_unit():
    one = {"W": [[Q(1, 2)]], "F": [[1]], "b": [0], "C": [[1]], "h_init": [0]}
    claim, evidence = active_claim(2, ("1/2",), ("1",), "1/2", **one)
    assert said("hypotheses", claim, evidence).endswith("at least 2 states")
    assert "1 states (1 inputs, 1 outputs)" in said("hypotheses", claim, evidence)
    assert not holds(edit(claim, ("states", 3)), evidence)


def test_what_hypotheses_cost_is_told_from_sizes():
    one = Q(1)
    W, F = [[Q(2**100)] * 3] * 3, [[Q(2**50)] * 2] * 3
    # 51 + 3 (101 + 3) = 363 bits at most are 13 digits.
    assert spent(lambda b: hypotheses._krylov(W, F, b)) == 3**3 * 2 * 13**2
    net = networks.Network([[Q(2**120)] * 3] * 3, F, [one] * 3, [[one] * 3], [one] * 3)
    # 121 bits and 61 bits are 5 and 3 digits.
    x, h = [one, one], [Q(2**60)] * 3
    assert spent(lambda b: hypotheses._is_fixed(net, x, h, b)) == 3 * 6 * 5 * 3
