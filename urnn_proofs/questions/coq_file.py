"""One network in Coq: a file whose last theorem is about the very numbers of the network.

The file holds the network as integers over common denominators, a certificate, and one theorem.
Coq computes the verified checker of ``formal/CertificateChecker.v`` on these integers; what is
written here is believed by nobody.  There are two forms: *explicit* writes the orthogonal matrix
out, *existence* says that a URNN with at most 2n states exists.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.model.activation_kinds import PiecewiseLinear
from urnn_proofs.model.errors import NotContractiveError, UnsupportedError
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.construction import parse_bound
from urnn_proofs.questions.coq_certificate import (
    NOTHING,
    contraction,
    orthogonal_columns,
    work,
)
from urnn_proofs.questions.coq_text import CoqFile, Form, with_bias_said, written
from urnn_proofs.questions.scaling import contractive_scaling

__all__ = ["CoqFile", "Form", "coq_file", "theorem_name"]

#: Largest networks for which a file is written, and for which U is written out without being asked.
MOST_STATES = 256
EXPLICIT_STATES = 32
_EXPLICIT_WORK = 6e9  # about a minute in Coq
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        "as at cofix else end exists exists2 fix for forall fun if IF in let match mod Prop return "
        "Set SProp then Type using where with numbers fingerprint net urnn original trans "
        "orthogonal equivalent relu bound_M rnn cert clampB bK K M N",
    )
)


def theorem_name(stem: str) -> str:
    """Make a name for Coq of a file's name.

    Examples
    --------
    >>> theorem_name("digits-rnn"), theorem_name("2nd"), theorem_name("forall")
    ('digits_rnn', 'network_2nd', 'network_forall')
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", stem)[:60]
    ok = re.match(r"[A-Za-z]", name) and name not in _RESERVED
    return name if ok else f"network_{name}".rstrip("_")


def coq_file(
    rnn: RNN,
    input_bound: Any,
    name: str = "network",
    *,
    form: Form | None = None,
    scaling: bool = False,
    biased: bool = False,
) -> CoqFile:
    """Write the Coq file of a network.

    Parameters
    ----------
    rnn
        A network with rational weights and ``||W|| < 1``, ReLU, or an activation
        ``max(lo, min(hi, a z + s))`` with 0 < a <= 1 such as ``relu6`` (existence only).
    input_bound
        M >= 0, as for :func:`~urnn_proofs.questions.construction.equivalent_urnn`.
    name
        What the network is called in Coq; see :func:`theorem_name`.
    form
        EXPLICIT or EXISTENCE; None takes EXPLICIT where Coq computes it within about a minute.
    scaling
        If W is not contractive, look for a positive diagonal scaling (ReLU only).
    biased
        Whether an output bias is added to ``C h``, in the network and the URNN alike: the theorem
        is about ``C h``, and the file says so.

    Raises
    ------
    UnsupportedError
        If the Coq checker does not cover the network, or it is too large for the form.
    NotContractiveError
        If ``||W|| >= 1`` and no scaling was asked for or found.
    InputError
        If the bound is negative or not a number.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> made = coq_file(RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]]), 1, "half")
    >>> made.form, made.theorem
    (<Form.EXPLICIT: 'explicit'>, 'half_equivalent')
    """
    name = theorem_name(name)
    M = parse_bound(input_bound, "input_bound")
    clamp = _covered(rnn)
    if rnn.states > MOST_STATES:
        raise UnsupportedError(
            f"the network has {rnn.states} states; expected at most {MOST_STATES} for Coq"
        )
    base, E, norm_one = rnn, None, False
    try:
        rho = certify_contractive(rnn.W).rho
    except NotContractiveError as refusal:
        norm_one = clamp is None and _norm_is_one(rnn.W)
        if clamp is not None or not (scaling or norm_one):
            raise NotContractiveError(
                f"{refusal}; the Coq checker covers ||W|| < 1, and for ReLU a diagonal scaling "
                f"(--scale)",
                refusal.witness,
            ) from None
        E = _integers(contractive_scaling(rnn.W))
        base = rescale(rnn, tuple(map(Fraction, E)))
        rho = certify_contractive(base.W).rho
    if form is Form.EXPLICIT and clamp is not None:
        raise UnsupportedError(
            f"the explicit form covers ReLU; for {rnn.activation.name!r} write the existence form"
        )
    small = rnn.states <= EXPLICIT_STATES
    if form is Form.EXPLICIT and not small:
        raise UnsupportedError(
            f"the explicit form of {rnn.states} states takes hours in Coq; expected at most "
            f"{EXPLICIT_STATES}, write the existence form"
        )
    certificate = contraction(base, M, rho)
    chosen = Form.EXISTENCE
    if form is Form.EXPLICIT or (form is None and clamp is None and small):
        source = rnn if norm_one else base  # of norm 1: U is that of W itself
        orthogonal = orthogonal_columns(dilate(source.W).U, rnn.states, source.W.denominator)
        if form is Form.EXPLICIT or work(orthogonal) <= _EXPLICIT_WORK:
            chosen = Form.EXPLICIT
    original = None if E is None else contraction(rnn, M, None)
    if chosen is Form.EXPLICIT:
        certificate = certificate.with_orthogonal(orthogonal)
        if norm_one and original is not None and E is not None:
            original = replace(
                original, r=certificate.r, orthogonal=orthogonal, H=certificate.H / min(E)
            )
            certificate = replace(certificate, orthogonal=NOTHING)
    made = written(name, certificate, chosen, original, E, clamp, rnn.activation.name)
    return with_bias_said(made) if biased else made


def _norm_is_one(W: RationalMatrix) -> bool:
    """Tell whether ``||W|| <= 1``, for a W that is no contraction."""
    try:
        dilate(W)
    except NotContractiveError:
        return False
    return True


def _integers(entries: Sequence[Fraction]) -> tuple[int, ...]:
    """Multiply by the common denominator."""
    d = math.lcm(*(x.denominator for x in entries))
    return tuple(int(x * d) for x in entries)


def _covered(rnn: RNN) -> tuple[Fraction, Fraction, Fraction, Fraction] | None:
    """Return a, s, lo, hi of a clamp, None for ReLU, or refuse."""
    phi = require_rnn(rnn).activation
    if isinstance(phi, PiecewiseLinear):
        if phi.is_relu:
            return None
        if len(phi.knots) == 2 and phi.slopes[0] == phi.slopes[2] == 0 and 0 < phi.slopes[1] <= 1:
            a, lo = phi.slopes[1], phi.value
            return a, lo - a * phi.knots[0], lo, lo + a * (phi.knots[1] - phi.knots[0])
    raise UnsupportedError(
        f"the activation is {phi.name!r}; the Coq checker covers relu, and "
        f"max(lo, min(hi, a z + s)) with 0 < a <= 1, such as relu6 and hard_tanh"
    )
