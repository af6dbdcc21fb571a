"""The home page: its numbers are those of the package, and everyone can use it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import WIDTHS, Tab
from paths import ROOT

from urnn_proofs import RNN, Verdict, equivalent_urnn
from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.state_bound import BoundRule, StateBound
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.guesses.scaled_networks import few_state_network
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.errors import NotContractiveError
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.few_states import verified
from urnn_proofs.questions.steps_rescaled import distance
from urnn_proofs.theorems.not_robust import nearby

HOME = """
INHERIT: {root}/mkdocs.yml
docs_dir: {root}/docs
site_dir: {site}
strict: false
hooks: []
plugins: [offline, search]
nav: [Home: index.md]
exclude_docs: |
  *.md
  *.py
  !/index.md
"""

# Entries in hundredths, as on the page.
CONTRACTIVE = {
    "n = 1": [[60]],
    "n = 1, zero": [[0]],
    "n = 1, negative": [[-80]],
    "n = 1, near 1": [[99]],
    "zero": [[0, 0], [0, 0]],
    "generic": [[30, 60], [-30, 40]],
    "diagonal": [[60, 0], [0, -40]],
    "nilpotent": [[0, 80], [0, 0]],
    "rank 1": [[40, 40], [20, 20]],
    "turns": [[50, 40], [-40, 50]],
    "norm near 1": [[99, 14], [0, 3]],
    "symmetric": [[10, -70], [-70, 20]],
}
NORM_ONE = {
    "w = -1": [[-100]],
    "nilpotent": [[0, 100], [0, 0]],
    "rank 1": [[60, 0], [80, 0]],
    "second pivot": [[100, 0], [0, 50]],
    "rotation": [[60, -80], [80, 60]],
    "reflection": [[0, 100], [100, 0]],
}
TOO_LARGE = {
    "w": [[101]],
    "a column": [[60, 0], [81, 0]],
    "diagonal": [[30, 0], [0, -130]],
    "columns shorter than 1": [[90, 60], [0, 50]],
    "barely": [[100, 1], [0, 0]],
}


def with_each(usual: float, *others: float) -> list[tuple[list[list[int]], float]]:
    """Every contraction with the usual setting; a few of each kind with the others."""
    few = ("n = 1, near 1", "generic", "nilpotent", "norm near 1")
    return [(W, usual) for W in CONTRACTIVE.values()] + [
        (CONTRACTIVE[name], other) for other in others for name in few
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """The home page alone, in the theme of the site; other pages are not there to link to."""
    for package in ("mkdocs", "material"):
        pytest.importorskip(package, reason="extra docs")
    folder = tmp_path_factory.mktemp("home")
    (folder / "mkdocs.yml").write_text(HOME.format(root=ROOT, site=folder / "site"))
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "-f", str(folder / "mkdocs.yml")],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "site" / "index.html"


@pytest.fixture(scope="module")
def tab(home, browser):
    with Tab(browser) as found:
        found.open(home)
        yield found


def shown(tab: Tab, **settings: Any) -> dict[str, Any]:
    """Set the page, and return what it shows."""
    found: dict[str, Any] = tab.page.evaluate("s => window.urnnPage.set(s)", settings)
    return found


def exact(hundredths: list[list[int]]) -> list[list[Fraction]]:
    return [[Fraction(x, 100) for x in row] for row in hundredths]


def given(W: list[list[Any]], **others: Any) -> RNN:
    """The network of the page around W."""
    if len(W) == 1:
        return RNN(W, F=[[1]], b=[0], C=[[1]], **others)
    F = [[Fraction(4, 5)], [Fraction(-3, 5)]]
    return RNN(W, F=F, b=[0, 0], C=[[1, -1]], **others)


def inputs(seed: int, most: float, count: int = 48) -> list[float]:
    """Hundredths within the bound, a good part of them on it."""
    rng = np.random.default_rng(seed)
    drawn = np.floor(rng.uniform(-most, most, count) * 100) / 100
    return [float(x) for x in np.where(rng.random(count) < 0.4, np.sign(drawn) * most, drawn)]


def column(x: list[float]) -> np.ndarray:
    return np.array(x)[:, None]


def simulated(net: dict[str, Any], x: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Preactivations and outputs of a network of the page, from its weights alone."""
    phi = np.tanh if net["phi"] == "tanh" else lambda z: np.maximum(z, 0)
    U, F, b, C = (np.array(net[part], dtype=float) for part in ("W", "F", "b", "C"))
    h, z, y = np.array(net["start"], dtype=float), [], []
    for value in x:
        z.append(U @ (h - np.array(net["offset"])) + F * value + b)
        h = phi(z[-1])
        y.append(C @ h)
    return np.array(z), np.array(y)


# -- the matrix ----------------------------------------------------------------------------


@pytest.mark.parametrize("W", [*CONTRACTIVE.values(), *NORM_ONE.values()], ids=str)
def test_u_is_orthogonal_and_that_of_the_package(tab, W):
    about = shown(tab, W=W, kind="relu")["about"]
    U = np.array(about["U"])
    assert np.abs(U.T @ U - np.eye(len(U))).max() < 1e-12
    assert U[: len(W), : len(W)].tolist() == (np.array(W) / 100).tolist()  # W, bit for bit
    expected = dilate(RationalMatrix.parse(exact(W), "W")).U.to_numpy()
    assert U.shape == expected.shape
    assert np.abs(U - expected).max() < 1e-12
    assert about["added"] == len(U) - len(W)
    assert about["norm"] == pytest.approx(np.linalg.norm(np.array(W) / 100, 2), abs=1e-14)


def test_u_is_right_wherever_a_slider_may_stand(tab):
    """Drawn matrices: the page says "contraction" exactly where W is one."""
    rng = np.random.default_rng(1)
    drawn = [rng.integers(-130, 131, (n, n)).tolist() for n in (1, 2) for _ in range(40)]
    drawn += [rng.integers(-75, 76, (2, 2)).tolist() for _ in range(40)]
    contractions = 0
    for W in drawn:
        about = shown(tab, W=W, kind="relu")["about"]
        M = np.array(W, dtype=object)
        gap = 10_000 * np.eye(len(W), dtype=object) - M.T @ M
        minors = [gap[i, i] for i in range(len(W))]
        if len(W) == 2:
            minors.append(gap[0, 0] * gap[1, 1] - gap[0, 1] * gap[1, 0])
        assert about["contraction"] == (min(minors) >= 0), W
        if about["contraction"]:
            U = np.array(about["U"])
            assert np.abs(U.T @ U - np.eye(len(U))).max() < 1e-12, W
            contractions += 1
    assert 40 < contractions < 90


@pytest.mark.parametrize("W", TOO_LARGE.values(), ids=str)
def test_what_is_too_large_has_a_witness_and_no_second_network(tab, W):
    found = shown(tab, W=W, kind="relu")
    assert found["about"]["U"] is None
    assert found["urnn"] is None
    assert found["yu"] is None
    v = [Fraction(x) for x in found["about"]["top"]]
    image = [sum((w * x for w, x in zip(row, v, strict=True)), Fraction(0)) for row in exact(W)]
    assert sum(x * x for x in image) > sum(x * x for x in v)
    with pytest.raises(NotContractiveError):
        dilate(RationalMatrix.parse(exact(W), "W"))
    said = tab.page.locator("#u-norm").inner_text()
    assert "No dilation" in said
    assert "no corner" in tab.page.locator("#u-title-2").inner_text()
    assert not tab.page.locator("#u-outputs-figure").is_visible()


def with_bound(rnn: RNN, M: Any, H: float) -> Equivalence:
    """The URNN of the package with the state bound H, and the norm that would make H one.

    ``H = M / (1 - rho)``, since ``||F|| = 1`` and ``b = 0``; the report decides ``||W|| <= rho``.
    """
    both = equivalent_urnn(rnn, M, state_bound=Fraction(H))
    one, zero = Fraction(1), Fraction(0)
    M = both.input_bound
    rule = StateBound(Fraction(H), BoundRule.NORM, M, 1 - M / Fraction(H), one, zero)
    return replace(both, evidence=(replace(both.evidence[0], bound=rule),))


# -- ReLU ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("W", "M"), with_each(2, 0.25), ids=str)
def test_outputs_are_equal_and_the_package_proves_the_page_s_network(tab, W, M):
    x = inputs(3, M)
    found = shown(tab, W=W, kind="relu", M=M, x=x)
    rnn = given(exact(W))
    both = with_bound(rnn, M, found["H"])
    assert both.report.verdict is Verdict.PROVED  # H is shown to bound the states, not assumed
    assert with_bound(rnn, M, found["H"] * (1 - 1e-6)).report.verdict is not Verdict.PROVED
    weights = both.urnn.to_numpy()
    assert found["urnn"]["b"] == weights.b.tolist()
    assert np.abs(np.array(found["urnn"]["W"]) - weights.W).max() < 1e-12
    assert np.allclose(found["y"], rnn.run(column(x))[:, 0], rtol=1e-12, atol=1e-12)
    assert np.allclose(found["yu"], both.urnn.run(column(x))[:, 0], rtol=1e-12, atol=1e-12)
    assert found["y"] == found["yu"]  # closed gates add zeros, which change no bit
    z, y = simulated(found["urnn"], x)
    assert np.allclose(z[:, len(W) :], found["gates"], rtol=1e-12, atol=1e-12)
    assert np.allclose(y, found["yu"], rtol=1e-12, atol=1e-12)
    assert np.max(found["gates"]) <= 0
    assert found["opens"] == found["passes"] == -1
    assert "gates stay closed" in tab.page.locator("#u-run").inner_text()


@pytest.mark.parametrize("W", [[[60]], [[30, 60], [-30, 40]], [[60, 0], [0, 40]]], ids=str)
def test_past_m_the_gates_open_as_in_the_package(tab, W):
    M, x = 0.25, [0.0] * 5 + [4.0] * 20 + [0.0] * 23
    found = shown(tab, W=W, kind="relu", M=M, x=x)
    both = equivalent_urnn(given(exact(W)), M, state_bound=Fraction(found["H"]))
    assert np.allclose(found["yu"], both.urnn.run(column(x))[:, 0], rtol=1e-9, atol=1e-9)
    weights = both.urnn.to_numpy()
    h, opens = np.zeros(len(weights.W)), []
    for k, value in enumerate(x):
        z = weights.W @ h + weights.F[:, 0] * value + weights.b
        h = np.maximum(z, 0)
        if z[len(W) :].max() > 0:
            opens.append(k)
    assert found["passes"] == 5
    assert found["opens"] == opens[0] >= 5
    assert found["apart"] > 0.1
    # Up to that moment the outputs are equal.
    assert found["y"][: opens[0]] == found["yu"][: opens[0]]
    assert f"a gate opens at k = {opens[0]}" in tab.page.locator("#u-run").inner_text()
    assert tab.page.locator("#u-gates .u-moment").count() == 1


@pytest.mark.parametrize("W", NORM_ONE.values(), ids=str)
@pytest.mark.parametrize("kind", ["relu", "tanh"])
def test_norm_one_is_a_urnn_itself_or_has_no_bound(tab, W, kind):
    found = shown(tab, W=W, kind=kind, M=2, x=inputs(4, 2))
    if found["about"]["added"] == 0:
        assert found["urnn"]["W"] == found["rnn"]["W"]
        assert found["urnn"]["phi"] == kind
        assert found["y"] == found["yu"]
    else:
        assert found["why"] == "norm 1"
        assert found["urnn"] is None
        assert "gives no bound" in tab.page.locator("#u-run").inner_text()


# -- tanh ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("W", "epsilon"), with_each(1e-3, 1, 1e-8), ids=str)
def test_tanh_stays_within_epsilon_and_the_package_proves_it(tab, W, epsilon):
    x = inputs(5, 4)
    found = shown(tab, W=W, kind="tanh", epsilon=epsilon, x=x)
    rnn = given(exact(W), activation="tanh")
    assert np.allclose(found["y"], rnn.run(column(x))[:, 0], rtol=1e-12, atol=1e-12)
    assert found["apart"] <= epsilon
    assert np.max(found["gates"]) <= -found["B"]

    own = equivalent_urnn(rnn, 4, epsilon=Fraction(epsilon))
    n = len(W)

    def proved(lower: list[float]) -> bool:
        b = [[Fraction(v)] for v in [0.0] * n + lower]
        urnn = own.urnn.replace(b=RationalMatrix.from_fractions(b))
        changed = replace(own, built=StoredNetwork.of(urnn))
        assert np.abs(np.array(found["urnn"]["W"]) - urnn.to_numpy().W).max() < 1e-12
        if lower == found["urnn"]["b"][n:]:
            run = urnn.run(column(x))[:, 0]
            assert np.allclose(found["yu"], run, rtol=1e-12, atol=1e-12)
        return changed.report.verdict is Verdict.PROVED

    lower = found["urnn"]["b"][n:]
    assert found["urnn"]["b"][:n] == [0] * n
    assert proved(lower)
    assert not proved([v + 5 for v in lower])


def test_a_smaller_epsilon_means_lower_biases(tab):
    biases, apart = [], []
    for epsilon in (1e-1, 1e-3, 1e-5, 1e-7, 1e-9):
        found = shown(tab, W=[[30, 60], [-30, 40]], kind="tanh", epsilon=epsilon)
        biases.append(found["urnn"]["b"][-1])
        apart.append(found["apart"])
    assert biases == sorted(biases, reverse=True)
    assert apart == sorted(apart, reverse=True)
    # A factor of 100 costs log(10) in the bias.
    assert np.allclose(np.diff(biases)[1:], -np.log(10), atol=0.02)


# -- n + 1 states --------------------------------------------------------------------------


DIAGONAL = [(60, 40), (0, 0), (50, 50), (-60, 90), (20, -30)]
SPREAD = [(w, t) for w in DIAGONAL for t in (1, 8)]
SPREAD += [(w, t) for w in ((60, 40), (-60, 90)) for t in (2, 64, 1024)]


@pytest.mark.parametrize(("w", "t"), SPREAD, ids=str)
def test_three_states_are_those_of_the_package_at_the_same_t(tab, w, t):
    M, x = 2, inputs(6, 2)
    W = [[w[0], 0], [0, w[1]]]
    found = shown(tab, W=W, kind="fewer", M=M, t=t, x=x)
    rnn = given(exact(W))
    fractions = [Fraction(v, 100) for v in w]
    near = rnn.replace(W=nearby(fractions, Fraction(t)))
    try:
        norm = certify_contractive(near.W)
    except NotContractiveError:
        assert found["why"] == "t"
        assert found["urnn"] is None
        return
    weights = [(1 - v * v) * t ** (2 * i) for i, v in enumerate(fractions)]
    proposal = few_state_network(near, weights, find_state_bound(near, Fraction(M), norm))
    both = verified(near, Fraction(M), proposal)
    assert both is not None
    assert both.urnn.states == len(found["urnn"]["W"]) == 3
    U = np.array(found["urnn"]["W"])
    assert np.abs(U.T @ U - np.eye(3)).max() < 1e-12
    expected = both.urnn.to_numpy()
    # Two units of the defect's row, and two of the last column, differ by a sign at most.
    assert np.abs(np.abs(U) - np.abs(expected.W)).max() < 1e-9
    assert np.allclose(U[:2, :2], expected.W[:2, :2], atol=1e-12)
    assert np.allclose(found["urnn"]["F"], expected.F[:, 0], rtol=1e-12)
    assert np.allclose(found["yu"], both.urnn.run(column(x))[:, 0], rtol=1e-9, atol=1e-9)
    assert np.allclose(found["yu"], near.run(column(x))[:, 0], rtol=1e-9, atol=1e-9)
    assert np.max(found["gates"]) <= 0
    if found["bound"] is not None:
        assert found["apart"] <= found["bound"]
        bound = find_state_bound(rnn, Fraction(M), certify_contractive(rnn.W))
        assert distance(rnn, near, bound.H)[0] <= found["bound"] * (1 + 1e-5)


def test_a_larger_t_brings_the_outputs_together(tab):
    apart = [
        shown(tab, W=[[60, 0], [0, 40]], kind="fewer", M=2, t=2**k, x=inputs(6, 2))["apart"]
        for k in range(2, 15, 3)
    ]
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] < 1e-3 < apart[0]


def test_where_nothing_is_to_be_saved_the_page_says_so_and_offers_what_helps(tab):
    for W, why, said in (
        ([[60]], "one state", "nothing to save"),
        ([[30, 60], [-30, 40]], "not diagonal", "2n-1"),
    ):
        assert shown(tab, W=W, kind="fewer", M=2, t=8)["why"] == why
        assert said in tab.page.locator("#u-run").inner_text()
        tab.page.get_by_role("button", name="Take n = 2 and a diagonal W").click()
        found = tab.page.evaluate("window.urnnPage.state()")
        assert (found["why"], len(found["urnn"]["W"])) == (None, 3)
        assert not tab.page.locator("#u-diagonal").is_visible()


# -- hands, keys, eyes ---------------------------------------------------------------------

START = {
    "W": [[30, 60], [-30, 40]],
    "kind": "relu",
    "M": 2,
    "epsilon": 0.1,
    "t": 8,
    "x": [0.0] * 48,
}


def settings(tab: Tab) -> dict[str, Any]:
    found: dict[str, Any] = tab.page.evaluate("window.urnnPage.state().settings")
    return found


def test_every_control_has_a_name_and_answers_to_keys(tab):
    shown(tab, **START)
    page = tab.page
    for name, entry in (("W11", (0, 0)), ("W12", (0, 1)), ("W21", (1, 0)), ("W22", (1, 1))):
        before = settings(tab)["W"][entry[0]][entry[1]]
        page.get_by_role("slider", name=name).press("ArrowRight")
        assert settings(tab)["W"][entry[0]][entry[1]] == before + 1
    page.get_by_role("slider", name="M, the bound").press("ArrowLeft")
    assert settings(tab)["M"] == pytest.approx(1.95)
    page.get_by_role("radio", name="ReLU, equal outputs").press("ArrowRight")
    assert settings(tab)["kind"] == "tanh"
    page.get_by_role("slider", name="how near the outputs").press("ArrowRight")
    assert settings(tab)["epsilon"] < 0.1
    page.get_by_role("radio", name="tanh, within").press("ArrowRight")
    assert settings(tab)["kind"] == "fewer"
    page.get_by_role("slider", name=re.compile("tends to W")).press("ArrowRight")
    assert settings(tab)["t"] == 16
    page.get_by_role("radio", name="n = 2").press("ArrowLeft")
    assert len(settings(tab)["W"]) == 1
    page.get_by_label("Examples of W").select_option("w = \u22120.8")
    assert settings(tab)["W"] == [[-80]]
    page.get_by_label("Input", exact=True).select_option("wave")
    assert max(settings(tab)["x"]) > 1.5


def test_the_input_can_be_drawn_with_keys(tab):
    shown(tab, **START)
    drawn = tab.page.get_by_role("slider", name="Input at one time")
    drawn.press("Home")
    for key in ("ArrowRight", "ArrowRight", "PageUp", "ArrowUp", "ArrowDown", "ArrowUp"):
        drawn.press(key)
    assert settings(tab)["x"][:4] == [0, 0, 1.1, 0]
    assert drawn.get_attribute("aria-valuetext") == "k = 2, x = 1.10"
    assert drawn.get_attribute("aria-valuenow") == "1.1"


def test_no_control_is_a_trap_for_the_keyboard(tab):
    """Tab goes through all that is shown, once, and out again."""
    shown(tab, **START)
    tab.page.locator("#u-example").focus()
    passed = []
    for _ in range(30):
        tab.page.keyboard.press("Tab")
        inside = tab.page.evaluate(
            "() => document.activeElement.closest('#urnn-why') && (document.activeElement.id "
            "|| document.activeElement.name || document.activeElement.textContent)"
        )
        if inside is None:
            break
        passed.append(inside)
    assert passed[:4] == ["u-w11", "u-w12", "u-w21", "u-w22"]
    assert passed[4:8] == ["u-kind", "u-M", "u-signal", "u-input"]
    assert len(passed) < 12


def drag(tab: Tab, start: tuple[float, float], end: tuple[float, float]) -> None:
    tab.page.mouse.move(*start)
    tab.page.mouse.down()
    tab.page.mouse.move(*end, steps=6)
    tab.page.mouse.up()


def test_columns_of_w_can_be_dragged(tab):
    shown(tab, **START)
    for j in (0, 1):
        handle = tab.page.locator(f"#u-plane [data-column='{j}']")
        handle.scroll_into_view_if_needed()
        plane, box = tab.page.locator("#u-plane svg").bounding_box(), handle.bounding_box()
        assert plane is not None
        assert box is not None
        unit = plane["width"] / 2.84
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        wanted = ((0.2, 0.5), (-0.6, 0.1))[j]
        end = (
            plane["x"] + plane["width"] / 2 + wanted[0] * unit,
            plane["y"] + plane["height"] / 2 - wanted[1] * unit,
        )
        drag(tab, middle, end)
        W = settings(tab)["W"]
        assert abs(W[0][j] - 100 * wanted[0]) <= 1
        assert abs(W[1][j] - 100 * wanted[1]) <= 1
    assert tab.page.locator("#u-example").input_value() == "your own"


def test_the_input_can_be_drawn_with_the_mouse(tab):
    shown(tab, **START)
    area = tab.page.locator("#u-input")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] * 0.2
    drag(tab, (box["x"] + box["width"] * 0.4, y), (box["x"] + box["width"] * 0.6, y))
    x = settings(tab)["x"]
    drawn = [k for k, value in enumerate(x) if value != 0]
    assert drawn == list(range(drawn[0], drawn[-1] + 1))  # no time is left out on the way
    assert 8 <= len(drawn) <= 14
    assert len({x[k] for k in drawn}) == 1
    assert x[drawn[0]] > 2
    assert settings(tab)["M"] == 2
    assert tab.page.locator("#u-input .u-open-dot").count() == len(drawn)


KINDS = (
    {},
    {"W": [[60]]},
    {"M": 0.3, "x": [2.0] * 48},
    {"kind": "tanh", "epsilon": 1e-9},
    {"kind": "fewer", "W": [[60, 0], [0, 40]], "t": 2**14},
    {"kind": "fewer"},
    {"W": [[90, 60], [0, 50]]},
    {"W": [[0, 100], [0, 0]]},
    {"W": [[-130, 130], [130, -130]]},
)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_and_nobody_is_asked(home, browser, width):
    # Dark on one of them: colours move nothing, and what they ask for would be seen.
    with Tab(browser, width=width, dark=width == WIDTHS[0]) as tab:
        tab.open(home)
        for kind in KINDS:
            shown(tab, **(START | kind))
            tab.page.wait_for_timeout(60)
            assert tab.page.evaluate(OUTSIDE) == [], kind
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= width, kind
        assert tab.problems == []


# Boxes that are too small for what is in them, and words of a picture that stand outside it.
OUTSIDE = """() => {
  const found = [];
  const page = document.querySelector("#urnn-why").getBoundingClientRect();
  for (const e of document.querySelectorAll("#urnn-why *:not(svg, svg *)")) {
    const box = e.getBoundingClientRect();
    if (box.width === 0) continue;
    if (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1) found.push(e.outerHTML);
    if (box.left < page.left - 1 || box.right > page.right + 1) found.push(e.outerHTML);
  }
  for (const word of document.querySelectorAll("#urnn-why svg.urnn-picture text")) {
    const box = word.getBoundingClientRect();
    const frame = word.closest("svg.urnn-picture").getBoundingClientRect();
    if (box.width === 0) continue;
    if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - 2
      || box.bottom > frame.bottom + 2) found.push(word.textContent);
  }
  return found;
}"""


@pytest.mark.parametrize("dark", [False, True])
def test_words_can_be_read_on_their_ground(home, browser, dark):
    """WCAG AA: 4.5 to 1 for words; 3 to 1 for the lines that carry meaning."""
    with Tab(browser, dark=dark) as tab:
        tab.open(home)
        names = [
            *("ink", "soft", "ground", "w", "w2", "w3", "w4"),
            *("given", "added", "other", "open", "urnn", "rnn"),
        ]
        colours = tab.page.evaluate(
            "names => names.map(n => getComputedStyle(document.getElementById('urnn-why'))"
            ".getPropertyValue('--u-' + n).trim())",
            names,
        )
        page = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
    value = {name: luminance(colour) for name, colour in zip(names, colours, strict=True)}
    behind = [int(x) for x in re.findall(r"\d+", page)[:3]]
    page_value = luminance("#" + "".join(f"{x:02x}" for x in behind))
    for ground in ("ground", "w", "w2", "w3", "w4"):
        assert contrast(value["ink"], value[ground]) >= 4.5, ground
        assert contrast(value["soft"], value[ground]) >= 4.5, ground
    for word in ("ink", "soft"):
        assert contrast(value[word], page_value) >= 4.5, word
    for line in ("given", "added", "other", "open", "urnn"):
        assert contrast(value[line], page_value) >= 3, line
    assert contrast(value["urnn"], value["rnn"]) >= 3  # dashes on the thick curve


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: float, b: float) -> float:
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def test_nothing_moves_by_itself():
    sheet = (ROOT / "docs" / "interactive" / "interactive.css").read_text()
    assert not re.search(r"\b(transition|animation)\b", sheet)
    for script in (ROOT / "docs" / "interactive").glob("*.js"):
        assert not re.search(r"\b(setInterval|setTimeout|fetch|import|eval)\b", script.read_text())


def test_without_javascript_a_picture_and_the_reason_stand_there(home, browser):
    with Tab(browser, scripts=False) as tab:
        tab.open(home)
        picture = tab.page.locator("#urnn-why img")
        assert picture.is_visible()
        box = picture.bounding_box()
        assert box is not None
        assert box["height"] > 300  # it was found and has a size
        said = tab.page.locator("#urnn-why").inner_text()
        assert "orthonormal" in said
        assert "With JavaScript" in said
        assert tab.page.evaluate(OUTSIDE) == []
        assert tab.problems == []


def test_the_still_picture_is_that_of_the_page(browser):
    sys.path.insert(0, str(ROOT / "docs" / "images"))
    try:
        from draw_why import drawn
    finally:
        sys.path.pop(0)
    stored = (ROOT / "docs" / "images" / "why.svg").read_text()
    assert drawn(browser) == stored
    assert not re.search(r"url\(|@font-face|@import|<script|https?://(?!www\.w3\.org)", stored)
