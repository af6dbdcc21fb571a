"""Pictures show what they are given; sliders stand on a still picture; statements are Coq's."""

from __future__ import annotations

import io
import re
import sys

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="extra notebooks")

from PIL import Image

from urnn_proofs import RNN, InputError, MissingExtraError, equivalent_urnn, search_counterexample
from urnn_proofs.formal.record import recorded
from urnn_proofs.show import draw
from urnn_proofs.show.cofactors import taken_away
from urnn_proofs.show.coq import in_coq
from urnn_proofs.show.overview import overview
from urnn_proofs.show.picture import Picture
from urnn_proofs.theorems.board import Board
from urnn_proofs.theorems.registry import theorem_names

RUN = np.linspace(-1, 1, 20)[:, None]


def pair(n):
    net = RNN(W=np.eye(n) / 2, F=[[1]] * n, b=[0] * n, C=[[1] * n])
    return equivalent_urnn(net, 1)


def pictures(n):
    both = pair(n)
    rnn, urnn, U = both.rnn, both.urnn, both.urnn.W
    yield draw.ellipse(rnn.W)
    yield draw.norm_kept(U, n)
    yield draw.completion(U, n)
    yield draw.blocks(U, n)
    yield draw.matrix(U, title="U")
    yield draw.singular_values(W=rnn.W, U=U)
    yield draw.gate(both, RUN)
    yield draw.state_norms(rnn, both.bound.H, {"a run": RUN})
    yield draw.outputs(rnn, urnn, RUN)
    yield draw.added_units(urnn, n, RUN)
    yield draw.distances({"RNN": rnn}, RUN, [2] * n, [0] * n)
    yield draw.counts({"a": (n, 2 * n)})


@pytest.mark.parametrize("n", [1, 8])
def test_every_picture_is_drawn_at_every_size_with_words_beside_it(n):
    for picture in pictures(n):
        image = Image.open(io.BytesIO(picture.png))
        assert image.width == 676
        assert len(picture.alt) > 20
        assert np.ptp(np.asarray(image.convert("L"))) > 100  # not an empty page


def test_the_words_tell_whether_gates_stay_shut():
    both = pair(2)
    shut = draw.added_units(both.urnn, 2, RUN).alt
    opened = draw.added_units(both.urnn, 2, 100 * np.abs(RUN)).alt
    assert float(re.search(r"and (-?[\d.]+);", shut)[1]) <= 0
    assert float(re.search(r"and (-?[\d.]+);", opened)[1]) > 0


def test_the_words_tell_how_far_outputs_are_apart():
    both = pair(1)
    assert draw.outputs(both.rnn, both.urnn, RUN).alt.endswith("at most 0.")
    assert not draw.outputs(both.rnn, both.urnn, 50 * RUN).alt.endswith("at most 0.")


def test_singular_values_are_those_of_the_matrix():
    assert "between 0.25 and 3.00" in draw.singular_values(W=np.diag([3, 0.25])).alt


def test_a_search_is_drawn_in_its_order():
    half = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]], activation="tanh")
    found = search_counterexample(half, states=1)
    assert [a.name in draw.trace(found).alt for a in found.trace] == [True] * len(found.trace)


def test_a_figure_from_elsewhere_keeps_its_width_and_a_small_one_fits_a_phone():
    figure = pytest.importorskip("matplotlib.figure").Figure
    for inches, points in ((9.2, 920), (4.6, 520)):
        drawn = figure(figsize=(inches, 3))
        drawn.subplots().plot([0, 1], [0, 1])
        assert draw.figure(drawn, "a line").width == points


@pytest.mark.parametrize("n", [0, 5])
def test_a_block_that_does_not_fit_is_refused(n):
    with pytest.raises(InputError, match=f"n is {n}; expected the size of W, between 1 and 4"):
        draw.blocks(pair(2).urnn.W, n)


def still(w=2):
    return draw.lines([0, 1], {"a": [0, w]}, title=f"w = {w}")


def test_a_slider_is_stored_as_a_still_picture():
    shown, about = draw.slider(still, w=[1, 2, 3])._repr_mimebundle_()
    assert shown["image/png"] == still()._repr_png_()[0]
    assert "w = 2" in shown["text/plain"]
    assert "w = 2" in about["image/png"]["alt"]


def test_a_slider_needs_no_widgets(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert set(draw.slider(still, w=[1, 2])._repr_mimebundle_()[0]) == {"text/plain", "image/png"}


def test_a_slider_draws_again_where_there_are_widgets(monkeypatch):
    widgets = pytest.importorskip("ipywidgets", reason="extra notebooks")
    boxes = []
    box = widgets.VBox
    monkeypatch.setattr(widgets, "VBox", lambda parts: boxes.append(parts) or box(parts))
    shown, _ = draw.slider(still, w=[1, 2, 3])._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown
    control, image = boxes[0]
    control.value = 3
    assert image.value == still(3).png


@pytest.mark.parametrize("values", [[1, 3], []])
def test_a_slider_that_cannot_start_is_refused(values):
    with pytest.raises(InputError, match="the slider w starts at 2; expected"):
        draw.slider(still, w=values)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match="notebooks"):
        still()


def test_pictures_show_themselves_in_words():
    assert repr(Picture(b"", "a line")) == "[picture: a line]"


def test_statements_are_those_of_the_record_and_of_the_sources():
    headline, lemma = in_coq("theorem_3_1", "complete_cols").lemmas
    assert headline[2] == recorded("theorem_3_1").statement
    assert lemma[:2] == ("complete_cols", "formal/Dilation.v")
    assert lemma[2].startswith("Lemma complete_cols n r")
    assert lemma[2].endswith("Q *m Q^T + V *m V^T = 1%:M.")
    assert "is recorded to have checked these files" in in_coq("dilation").standing


def test_changed_sources_are_said_to_differ(monkeypatch):
    monkeypatch.setattr("urnn_proofs.formal.record.digest_of", lambda folder: "another")
    assert "are not those that Coq checked" in in_coq("dilation").standing


def test_a_record_of_another_version_is_said_to_be_one(monkeypatch):
    monkeypatch.setattr("urnn_proofs.__version__", "9.9.9")
    assert "and this is 9.9.9" in in_coq("theorem_3_1").standing


def test_an_unknown_statement_is_refused():
    with pytest.raises(InputError, match="no_such_lemma"):
        in_coq("no_such_lemma")


def test_statements_are_escaped():
    shown = in_coq("theorem_3_1")._repr_html_()
    assert "-&gt;" in shown
    assert "->" not in shown


def test_relations_are_taken_away_until_nothing_is_left():
    W, W3 = Board().letters("W: n -> n, W3: n -> r")
    found = taken_away(W.T * W == 1, [W3.T * W3 + W.T * W == 1, W3 == 0])
    assert found.claim == r"-I + W^{\top} W"
    assert [left for _, left in found.steps][-1] == "0"
    assert found._repr_html_().count("<tr>") == 2 + len(found.steps)


def test_all_theorems_are_in_the_overview_with_their_verdicts():
    rows = {name: str(report.verdict) for name, _, report in overview().rows}
    assert tuple(rows) == theorem_names()
    assert {name for name, verdict in rows.items() if verdict == "ASSUMED"} == {
        "3.3-strong",
        "n+mu",
        "2n-iff-diagonal",
    }
    assert "\\lambda I" in overview()._repr_html_()
