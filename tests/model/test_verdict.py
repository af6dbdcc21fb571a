from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from urnn_proofs import Check, Report, Role, Trust, Verdict

steps = st.sampled_from([v for v in Verdict if v is not Verdict.CONSISTENT])


def check(verdict, trust=Trust.EXACT, role=Role.STEP):
    return Check("c", "claim", "scope", verdict, trust, "engine", role=role)


def test_nothing_can_be_truth_tested():
    for value in (Verdict.PROVED, Trust.EXACT, check(Verdict.PROVED), Report("t", "s")):
        with pytest.raises(TypeError, match="truth value"):
            bool(value)


def test_sampling_never_proves():
    with pytest.raises(ValueError, match="never yields PROVED"):
        check(Verdict.PROVED, Trust.SAMPLE)
    with pytest.raises(ValueError, match="never yields PROVED"):
        check(Verdict.PROVED, Trust.SAMPLE, Role.CROSS_CHECK)
    with pytest.raises(ValueError, match="CONSISTENT"):
        check(Verdict.CONSISTENT, Trust.SAMPLE)


ORDER = ["REFUTED", "UNKNOWN", "UNSUPPORTED", "ASSUMED", "PROVED"]


@given(st.lists(steps, min_size=1, max_size=4), st.lists(steps, max_size=3))
def test_the_weakest_step_decides_at_any_depth(here, below):
    inner = Report("inner", "s", tuple(check(v) for v in below))
    parts = (Report("middle", "s", parts=(inner,)),) if below else ()
    report = Report("outer", "s", tuple(check(v) for v in here), parts)
    expected = min((v.value for v in (*here, *below)), key=ORDER.index)
    assert report.verdict.value == expected
    if expected != "PROVED":
        assert {c.verdict for c in report.weakest()} == {Verdict(expected)}


def test_cross_checks_can_only_contradict():
    good = check(Verdict.PROVED)
    for verdict, trust in (
        (Verdict.CONSISTENT, Trust.SAMPLE),
        (Verdict.UNKNOWN, Trust.SMT),
        (Verdict.PROVED, Trust.SMT),
    ):
        report = Report("t", "s", (good, check(verdict, trust, Role.CROSS_CHECK)))
        assert report.verdict is Verdict.PROVED
        assert report.trust is Trust.EXACT
    bad = check(Verdict.REFUTED, Trust.SAMPLE, Role.CROSS_CHECK)
    assert Report("t", "s", (good, bad)).verdict is Verdict.REFUTED


def test_cross_checks_alone_prove_nothing():
    only = check(Verdict.PROVED, Trust.SMT, Role.CROSS_CHECK)
    assert Report("t", "s", (only,)).verdict is Verdict.UNKNOWN
    assert Report("t", "s").verdict is Verdict.UNKNOWN
    assert Report("t", "s").trust is Trust.SAMPLE


def test_an_empty_part_is_not_proved():
    report = Report("t", "s", (check(Verdict.PROVED),), (Report("empty", "s"),))
    assert report.verdict is Verdict.UNKNOWN


def test_trust_is_the_weakest_of_the_steps():
    report = Report(
        "t", "s", (check(Verdict.PROVED),), (Report("p", "s", (check(Verdict.PROVED, Trust.SMT),)),)
    )
    assert report.trust is Trust.SMT


def test_json_and_text_carry_every_check():
    part = Report("part", "s", (check(Verdict.UNKNOWN),))
    report = Report("whole", "s", (check(Verdict.PROVED),), (part,), notes=("a note",))
    data = json.loads(report.to_json())
    assert data["verdict"] == "UNKNOWN"
    assert data["parts"][0]["checks"][0]["verdict"] == "UNKNOWN"
    assert data["notes"] == ["a note"]
    text = str(report)
    assert text.splitlines()[0] == "UNKNOWN  whole; scope: s"
    assert "a note" in text
    assert "PROVED   c     claim" in text
    assert "UNKNOWN  part  s; c: claim" in text
