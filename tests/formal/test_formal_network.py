"""One network in Coq: the written file is about the very numbers, and one digit decides."""

from __future__ import annotations

import random
import re
import shutil
from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
from flint import fmpz
from tables import BELOW, MATRICES, names
from typer.testing import CliRunner

from urnn_proofs import RNN, piecewise_linear, save
from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.cli import app
from urnn_proofs.formal import coq
from urnn_proofs.formal.sources import sources
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.model.errors import InputError, NotContractiveError, UnsupportedError
from urnn_proofs.questions.coq_certificate import contraction, orthogonal_columns
from urnn_proofs.questions.coq_file import coq_file, theorem_name
from urnn_proofs.questions.coq_text import Form, fingerprint, written

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="Coq is not installed")
BEGIN = "Local Open Scope bigZ_scope.\n"


def around(W, m=2, p=2, seed=0, activation="relu"):
    """A network with this transition and small rational other weights."""
    draw = random.Random(seed)
    n = len(W)

    def table(rows, columns):
        return [[Q(draw.randint(-9, 9), 4) for _ in range(columns)] for _ in range(rows)]

    h = [Q(draw.randint(0, 9), 8) for _ in range(n)]
    b = [row[0] for row in table(n, 1)]
    return RNN(W, table(n, m), b, table(p, n), h, activation)


def drawn(n, seed=0, dtype="float32", activation="relu"):
    """A random network whose weights are floats."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    W *= 0.8 / np.linalg.norm(W, 2)
    F, b, C = rng.standard_normal((n, 3)), rng.standard_normal(n), rng.standard_normal((2, n))
    h = abs(rng.standard_normal(n))
    return RNN(*(x.astype(dtype) for x in (W, F, b, C, h)), activation)


def shift(n, a):
    return [[a if j == i + 1 else 0 for j in range(n)] for i in range(n)]


def every_shape():
    """Every shape: all contractions of the tables, norm 1, scalings, activations, floats."""
    files = {}

    def add(name, net, M=1, **options):
        files[name] = (net, coq_file(net, M, name, **options))

    for i, name in enumerate(names(BELOW)):
        add(f"table_{i}", around(MATRICES[name][0], seed=i), Q(3, 2))
    add("nilpotent_one", around(MATRICES["nilpotent one"][0]), 2)
    add("nilpotent_one_exists", around(MATRICES["nilpotent one"][0]), form=Form.EXISTENCE)
    add("nilpotent_ten", around(MATRICES["nilpotent ten"][0]), scaling=True)
    add("shift_3_of_2", around(shift(3, 2)), scaling=True)
    add("shift_3_of_2_exists", around(shift(3, 2)), scaling=True, form=Form.EXISTENCE)
    add("shift_5_of_1", around(shift(5, 1)), 0)
    for activation in ("relu6", "hard_tanh", "hard_sigmoid"):
        add(activation, around(MATRICES["rank one"][0], activation=activation))
    add("wide", around(MATRICES["half"][0], m=5, p=4))
    add("no_bias", RNN(W=[[Q(1, 3), 0], [0, 0]], F=[[0], [0]], b=[0, 0], C=[[0, 0]]), 0)
    add("floats", drawn(5), Q(1, 10))
    add("doubles", drawn(6, dtype="float64"), 100)
    add("half_exists", around(MATRICES["half"][0]), form=Form.EXISTENCE)
    add("shift_32", around(shift(32, Q(1, 2)), m=1, p=1))
    return files


@pytest.fixture(scope="module")
def files():
    return every_shape()


def numbers_of(text, name):
    """Read a definition back, independently of how it was written."""
    body = re.search(rf"Definition {name} : cert BigZ\.t := @Cert BigZ\.t (.*?)\.\n", text, re.S)[1]
    sizes = [int(x) for x in re.findall(r"(\d+)%nat", body)]
    rest = re.sub(r"\d+%nat", "", body).replace("[::", "[").replace(";", ",")
    rest = re.sub(r"\((-\d+)\)", r"\1", rest)
    fields, depth, current = [], 0, ""
    for token in re.findall(r"[\[\],]|-?\d+", rest):
        depth += {"[": 1, "]": -1}.get(token, 0)
        current += token
        if depth == 0 and token != ",":
            fields.append(current)
            current = ""
    nested = [re.findall(r"\[([^\[\]]*)\]", f) for f in fields]
    lists = [[[int(fmpz(x)) for x in r.split(",") if x] for r in rows] for rows in nested]
    return sizes, [rows if f.startswith("[") else int(fmpz(f)) for f, rows in zip(fields, lists)]


def rational(rows, over):
    return [[Q(x, over) for x in row] for row in rows]


# -- without Coq -----------------------------------------------------------------------------


def test_the_file_is_about_the_very_numbers_of_the_network(files):
    assert len(files) >= 20
    for name, (net, made) in files.items():
        own = f"{name}_original" if f"Definition {name}_original" in made.text else name
        sizes, fields = numbers_of(made.text, own)
        assert sizes[:3] == [net.states, net.inputs, net.outputs]
        W = [list(row) for row in zip(*rational(fields[0], fields[1]))]
        assert W == net.W.to_fractions(), name
        assert rational(fields[2], fields[3]) == net.F.to_fractions()
        assert [[x] for x in rational(fields[4], fields[5])[0]] == net.b.to_fractions()
        assert rational(fields[6], fields[7]) == net.C.to_fractions()
        assert [[x] for x in rational(fields[8], fields[9])[0]] == net.h_init.to_fractions()


def test_the_last_line_is_the_theorem(files):
    for name, (_, made) in files.items():
        assert made.theorem == f"{name}_equivalent"
        last = made.text.rstrip().split("\n\n")[-1]
        assert last.startswith(f"Theorem {made.theorem} (K : rcfType)")
        assert last.endswith("Qed.")


def test_the_form_is_said_and_is_what_was_asked_for(files):
    assert files["floats"][1].form is Form.EXPLICIT
    assert "the URNN with 10 states that is written out" in files["floats"][1].said
    assert files["half_exists"][1].form is Form.EXISTENCE
    assert "for every M some URNN with at most 2 states" in files["half_exists"][1].said
    assert files["relu6"][1].form is Form.EXISTENCE
    assert coq_file(drawn(40), 1).form is Form.EXISTENCE


def test_a_network_of_norm_one_gets_no_more_units_than_it_needs(files):
    """r < n: U is that of W itself."""
    net, made = files["nilpotent_one"]
    sizes, _ = numbers_of(made.text, "nilpotent_one")
    assert (net.states, sizes[3]) == (2, 1)
    assert "URNN with 3 states" in made.said


def test_what_the_checker_does_not_cover_is_refused():
    half = [[Q(1, 2)]]
    with pytest.raises(UnsupportedError, match="the activation is 'tanh'; the Coq checker covers"):
        coq_file(RNN(half, [[1]], [0], [[1]], activation="tanh"), 1)
    steep = piecewise_linear("steep", knots=[0, 1], slopes=[0, 2, 0], value=0)
    with pytest.raises(UnsupportedError, match="the activation is 'steep'"):
        coq_file(RNN(half, [[1]], [0], [[1]], activation=steep), 1)
    with pytest.raises(UnsupportedError, match="explicit form covers ReLU"):
        coq_file(around(half, activation="relu6"), 1, form=Form.EXPLICIT)
    with pytest.raises(UnsupportedError, match="takes hours in Coq"):
        coq_file(drawn(33), 1, form=Form.EXPLICIT)
    with pytest.raises(UnsupportedError, match="expected at most 256 for Coq"):
        coq_file(around(shift(257, Q(1, 2)), m=1, p=1), 1)
    with pytest.raises(NotContractiveError, match="covers .* and for ReLU a diagonal scaling"):
        coq_file(around(MATRICES["nilpotent ten"][0]), 1)
    for name in ("two", "rotation", "identity"):
        with pytest.raises(NotContractiveError):
            coq_file(around(MATRICES[name][0]), 1, scaling=True)
    with pytest.raises(InputError, match="expected a number >= 0"):
        coq_file(around(half), -1)


@pytest.mark.parametrize("name", ["*) Axiom a : False. (*", "a\nb", "x" * 61, ""])
def test_the_name_of_an_activation_cannot_end_the_comment(name):
    clamp = piecewise_linear("clamp", knots=[0, 1], slopes=[0, 1, 0], value=0)
    object.__setattr__(clamp, "name", name)
    with pytest.raises(InputError, match="expected a (plain )?short name"):
        coq_file(RNN([[Q(1, 2)]], [[1]], [0], [[1]], activation=clamp), 1)


def test_names_are_names_for_coq():
    assert [theorem_name(x) for x in ("a b", "", "Net", "net", "é", "x" * 99)] == [
        "a_b",
        "network",
        "Net",
        "network_net",
        "network__".rstrip("_"),
        "x" * 60,
    ]


def test_the_fingerprint_changes_with_every_number():
    entries = [3, -4, 10**50, 0]
    found = {fingerprint(entries)}
    for i in range(4):
        for change in (1, -1, 10**20):
            found.add(fingerprint([x + change * (i == j) for j, x in enumerate(entries)]))
    assert len(found) == 13


def test_the_command(tmp_path):
    net, path, out = around([[Q(1, 2)]]), tmp_path / "n.json", tmp_path / "my-net.v"
    save(net, path)
    base = ["verify", "--network", str(path), "--input-bound", "1"]
    done = CliRunner().invoke(app, [*base, "--coq", str(out)])
    assert done.exit_code == 0
    assert "my-net.v: explicit form, my_net_equivalent: this network and the URNN" in done.stderr
    assert out.read_text() == coq_file(net, 1, "my_net").text
    done = CliRunner().invoke(app, [*base, "--coq", str(out), "--coq-form", "existence"])
    assert "existence form" in done.stderr
    for wrong in (
        ["verify", "4", "--coq", str(out)],
        [*base, "--coq", str(tmp_path / "x.txt")],
        [*base, "--coq-form", "explicit"],
        [*base, "--coq", str(out), "--coq-form", "short"],
        [*base, "--coq", str(out), "--state-bound", "9"],
    ):
        assert CliRunner().invoke(app, wrong).exit_code == 2


# -- with Coq ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library():
    """The compiled checker, in the folder of the development."""
    folder = sources()
    coq.compile_sources(folder, target="CheckerOverIntegers.vo")
    return folder


def coqc(library, folder, name, text):
    """Compile one file; return what Coq says, or None if it refuses."""
    (folder / f"{name}.v").write_text(text)
    command = ["coqc", "-q", "-w", "none", "-R", str(library), "URNN", f"{name}.v"]
    try:
        return coq.run(command, folder)
    except coq.FailedError as failure:
        return failure


@needs_coq
def test_coq_accepts_every_written_file(files, library, tmp_path):
    """One file as it is; the bodies of all, one behind the other, since importing is slow."""
    made = coq_file(drawn(128), 1, "large")
    assert made.form is Form.EXISTENCE
    texts = [m.text for m in (*(m for _, m in files.values()), made)]
    (imports,) = {imported(text) for text in texts}
    assert imports
    assert isinstance(coqc(library, tmp_path, "one", files["nilpotent_one"][1].text), str)
    text = texts[0].split(BEGIN)[0] + BEGIN + "".join(text.split(BEGIN)[1] for text in texts)
    # What all of them assume together: asked of each, Coq would read the libraries once for each.
    together = ", ".join(m.theorem for m in (*(m for _, m in files.values()), made))
    text += f"Definition together := ({together}).\nPrint Assumptions together.\n"
    said = coqc(library, tmp_path, "all", text)
    assert isinstance(said, str), said.output[-400:]
    assert said.count("Axioms:") == 1
    assert set(re.findall(r"^(\w+)\.", said, re.M)) <= {"Uint63", "PrimInt63"}


def imported(text):
    """What a file has Coq load before its body."""
    return tuple(re.findall(r"^(?:From|Require|Import|Set|Local) .*", text.split(BEGIN)[0], re.M))


def mutants(count):
    """Files in which one digit of a number is another one."""
    draw = random.Random(7)
    nets = [
        (around(MATRICES["rank one"][0], seed=1), {}),
        (around(MATRICES["nilpotent one"][0]), {}),
        (around(shift(3, 2)), {"scaling": True}),
        (around(MATRICES["half"][0], activation="relu6"), {}),
        (drawn(3), {}),
        (drawn(3, seed=1), {"form": Form.EXISTENCE}),
    ]
    for i in range(count):
        net, options = nets[i % len(nets)]
        text = coq_file(net, 1, f"mutant_{i}", **options).text
        head, body = text.split(BEGIN)
        definitions, rest = body.split("(** All numbers")
        spots = [m.start() for m in re.finditer(r"(?<![A-Za-z_\d])\d+", definitions)]
        start = draw.choice([s for s in spots if not definitions[s:].startswith("0%")])
        end = start + len(re.match(r"\d+", definitions[start:])[0])
        at = draw.randrange(start, end)
        other = draw.choice([d for d in "0123456789" if d != definitions[at]])
        yield head, definitions[:at] + other + definitions[at + 1 :], "(** All numbers" + rest


@needs_coq
def test_one_other_digit_and_coq_refuses_the_file(library, tmp_path):
    """One file as it is; of 50 the two computations, whose Qed needs them to be true."""
    made = list(mutants(50))
    refused = coqc(library, tmp_path, "mutant", made[0][0] + BEGIN + "".join(made[0][1:]))
    assert isinstance(refused, coq.FailedError)
    assert "Error" in refused.output
    text = made[0][0] + BEGIN
    for _, definitions, rest in made:
        lemmas = re.findall(r"Lemma \w+ : (.*?) = true\.", rest)
        assert len(lemmas) == 2
        text += definitions + f"Eval vm_compute in (andb ({lemmas[0]}) ({lemmas[1]})).\n"
    said = coqc(library, tmp_path, "mutants", text)
    assert isinstance(said, str), said.output[-400:]
    assert re.findall(r"= (\w+)\n\s+: bool", said) == ["false"] * 50


@needs_coq
def test_the_checker_itself_refuses_another_matrix(library, tmp_path):
    """Without the fingerprint: with one other entry of W, or of U, it is no dilation."""
    text, count = "", 0
    for net in (around(MATRICES["rank one"][0]), drawn(3)):
        rho = certify_contractive(net.W).rho
        U = orthogonal_columns(dilate(net.W).U, net.states, net.W.denominator)
        good = contraction(net, Q(1), rho).with_orthogonal(U)
        for table, size in (("W", net.states), ("Q", 2 * net.states)):
            for i, j in np.ndindex(size, size):
                rows = [list(row) for row in (good.W if table == "W" else U.Q)]
                rows[i][j] += 1
                other = replace(good, W=rows) if table == "W" else None
                other = other or replace(good, orthogonal=replace(U, Q=rows))
                made = written(f"other_{count}", other, Form.EXPLICIT, None, None, None, "relu")
                definition = made.text.split(BEGIN)[1].split("(** All numbers")[0]
                text += f"{definition}Eval vm_compute in (checkB other_{count}).\n"
                count += 1
    head = made.text.split(BEGIN)[0]
    said = coqc(library, tmp_path, "others", head + BEGIN + text)
    assert isinstance(said, str), said.output[-400:]
    assert re.findall(r"= (\w+)\n\s+: bool", said) == ["false"] * count
    assert count == 4 + 16 + 9 + 36
