"""Results with parts exchanged, as an attacker, or a careless caller, would exchange them."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np

from urnn_proofs import Equivalence, StoredNetwork
from urnn_proofs.checks.numeric.float_network import FloatStack
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.questions.layer import LayerEvidence


def changed(e, **parts):
    """An equivalence of one layer with other networks or other evidence."""
    found = {}
    if "rnn" in parts:
        found["network"] = dataclasses.replace(
            e.network, layers=(parts.pop("rnn"),), second_biases=()
        )
    if "urnn" in parts and isinstance(parts["urnn"], ScaledURNN):
        found["built"] = parts.pop("urnn")
    elif "urnn" in parts:
        found["built"] = dataclasses.replace(e.built, layers=(parts.pop("urnn"),), second_biases=())
    if "input_bound" in parts:
        found["input_bound"] = parts.pop("input_bound")
    if "epsilon" in parts:
        found["epsilon"] = parts.pop("epsilon")
    if parts:
        found["evidence"] = (dataclasses.replace(e.evidence[0], **parts),)
    return dataclasses.replace(e, **found)


def in_floats(rnn, weights, input_bound, scaling=None):
    """An equivalence of one layer whose URNN has these floats."""
    M = Fraction(input_bound)
    bias = np.zeros(weights.outputs, weights.W.dtype)
    return Equivalence(
        StoredNetwork.of(rnn),
        FloatStack((weights,), bias),
        M,
        (LayerEvidence(M, scaling),),
        weights.arithmetic.name,
    )
