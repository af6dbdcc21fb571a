"""Valid certificates of every kind, and ways to change them."""

from __future__ import annotations

import copy
import hashlib
import json
from fractions import Fraction as Q

import numpy as np

from urnn_proofs import RNN, Certificate, equivalent_urnn, theorem
from urnn_proofs.certificate import bundle
from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.guesses.state_bound import norm_bound
from urnn_proofs.model.activation import piecewise_linear
from urnn_proofs.questions.families import draw_examples


def float_net(n, seed=0):
    W = np.random.default_rng(seed).standard_normal((n, n))
    W *= 0.9 / np.linalg.norm(W, 2)
    return RNN(W, np.ones((n, 1)), np.full(n, 0.1), np.ones((1, n)))


def small_certificate(rule):
    rnn = RNN(
        W=[[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(1, 2)]],
        F=[[1, Q(1, 2)], [0, -1]],
        b=[Q(1, 8), Q(-1, 8)],
        C=[[1, 2]],
        h_init=[Q(1, 2), 0],
    )
    by_norm = norm_bound(rnn, Q(1), certify_contractive(rnn.W))
    H = None if rule == "ellipsoid" else by_norm.H
    return equivalent_urnn(rnn, 1, state_bound=H).certificate


FLAT = {
    "hard_tanh": {"activation": "hard_tanh"},
    "hard_sigmoid": {"activation": "hard_sigmoid", "h_init": [1, Q(1, 2)]},
    "flat right": {"activation": piecewise_linear("cap", knots=[1], slopes=[1, 0], value=1)},
}


def make_subjects():
    """One certificate of every kind."""
    found = {
        "equivalence": small_certificate("norm"),
        "ellipsoid": small_certificate("ellipsoid"),
        "float": equivalent_urnn(float_net(3), 1).certificate,
    }
    norm_one = draw_examples(2)[-1]
    wide = RNN([[Q(9, 10), 5], [0, Q(9, 10)]], [[1], [2]], [Q(1, 3), 0], [[1, -1]], [1, 2])
    found["scaled"] = equivalent_urnn(wide, 1, scaling=True).certificate
    found["sign"] = equivalent_urnn(
        norm_one.rnn, norm_one.input_bound, state_bound=norm_one.state_bound
    ).certificate
    cofactors = consequences(theorem("3.1"), "=")
    found["cofactors"] = max(cofactors, key=lambda c: len(c.evidence["multiples"]))
    gates = consequences(theorem("3.1"), ">=")
    found["positivity"] = max(gates, key=lambda c: len(c.evidence["summands"]))
    found["numbers"] = consequences(theorem("n+mu"), ">=")[3]
    found["nullstellensatz"] = consequences(theorem("3.3"), ">=")[3]
    found["vectors"] = cauchy_schwarz()
    wide = RNN([[Q(1, 2), Q(1, 3)], [0, Q(1, 4)]], [[1], [1]], [Q(1, 2), 0], [[1, 1]])
    found["rational"] = equivalent_urnn(wide, 1, rational=True).certificate
    shift = RNN([[0, Q(1, 2)], [0, 0]], [[1], [1]], [Q(1, 3), 0], [[1, 1]])
    found["second scaling"] = equivalent_urnn(shift, 1, scaling=[2, 1]).certificate
    for name, options in FLAT.items():
        net = RNN([[Q(1, 2), Q(1, 3)], [0, Q(1, 4)]], [[1], [1]], [Q(1, 2), 0], [[1, 1]], **options)
        found[name] = equivalent_urnn(net, 1).certificate
    found["bundle"] = bundle([found["equivalence"], found["positivity"]])
    return found


def consequences(proof, sign):
    """The certificates of a proof for all n whose conclusion has this sign."""
    found = proof.check().certificate
    pairs = zip(found.claim, found.evidence, strict=True)
    chosen = [Certificate(p["kind"], p["claim"], e) for p, e in pairs]
    return [c for c in chosen if c.claim["conclusion"]["sign"] == sign]


def polynomial(*terms, domain="1", codomain="1"):
    """From pairs such as ``(1, "a* h")``."""
    return {
        "domain": domain,
        "codomain": codomain,
        "terms": [[str(c), letters.split()] for c, letters in terms],
    }


def relation(sign, *terms, domain="1", codomain="1"):
    return {"polynomial": polynomial(*terms, domain=domain, codomain=codomain), "sign": sign}


def cauchy_schwarz():
    """|a|^2 |h|^2 >= (a.h)^2 from the norm of |a|^2 h - (a.h) a, if |a| > 0."""
    vectors = [
        {"name": x, "domain": "1", "codomain": "n", "self_adjoint": False} for x in ("a", "h")
    ]
    claim = {
        "label": "Cauchy-Schwarz",
        "letters": vectors,
        "hypotheses": [relation(">", (1, "a* a"))],
        "conclusion": relation(">=", (1, "a* a h* h"), (-1, "a* h a* h")),
    }
    gap = polynomial((1, "h a* a"), (-1, "a a* h"), codomain="n")
    one = polynomial((1, ""))
    # | |a|^2 h - (a.h) a |^2 = |a|^2 (|a|^2 |h|^2 - (a.h)^2)
    evidence = {"multiples": [], "summands": [["1", [], gap], ["1", [0, -1], one]]}
    return Certificate("consequence", claim, evidence)


def edited(certificate, change):
    data = json.loads(certificate.to_json())
    change(data)
    return sealed(data)


def sealed(data):
    """Recompute the digest, as an attacker would."""
    canonical = json.dumps(data.get("claim"), sort_keys=True, separators=(",", ":"))
    data["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    return json.dumps(data)


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


WORDS = ["sign", "norm", "range", "left", "right", "=", ">", ">=", "W", "W*", "a*", "n", "1"]


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
        except (TypeError, ValueError, ZeroDivisionError):  # null, or a word
            parent[path[-1]] = rng.choice(WORDS)
            return
        factor = rng.choice([-1, 0, 2, 1 - Q(1, 10**12), 1 + Q(1, 10**12)])
        parent[path[-1]] = str(rng.choice([number * factor, number + 1, number - Q(1, 10**9)]))
