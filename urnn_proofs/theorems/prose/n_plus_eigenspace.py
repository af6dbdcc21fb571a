r"""The theorem on eigenspaces in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
This is the theorem on $@n + \mu(@W)$ states (theorem \textsf{n+mu}) for $\|@W\| < 1$. Coq
proves it from the definitions; an argument in words is the proof of that theorem.
"""

_HYPOTHESES = r"""
If $@F G = I$ and $L @C = I$, then every state is reached in one step, and shown by one output;
so $@F$ and $@C$ of rank $@n$ make $(@W, @F, @C)$ minimal. From $\|@W\| < 1$ we get $\varrho(@W)
< 1$, and under the constant input every state tends to the fixed point.
"""

_EIGENSPACES = r"""
So every URNN with the same outputs has at least $@n + \mu(@W)$ states, where $\mu(@W)$ is the
largest dimension of an eigenspace over the complex numbers; so at least $@n + \dim \ker(@W -
\lambda I)$. For real $\lambda$ the real and the complex dimension of the kernel are equal.
"""

_SCALAR_MEMORY = r"""
Let $@W = \omega I$, where $|\omega| < 1$. If $@F @x + @b$ has positive entries, the constant
input $@x$ has the fixed point $(@F @x + @b) / (1 - \omega)$, at which all units are active.
With $\lambda = \omega$ the kernel is the whole space, so at least $2@n$ states are needed, and
@[emami2019;Theorem~3.1] gives a URNN with that many.
"""

PROSE = Prose(
    title=r"$@n + \dim \ker(@W - \lambda I)$ states are needed",
    lead=_LEAD,
    parts=(
        Part("E1 hypotheses", "Hypotheses", _HYPOTHESES),
        Part("E2 eigenspaces", "Eigenspaces", _EIGENSPACES),
        Part("E3 scalar memory", "Scalar memory", _SCALAR_MEMORY),
    ),
)
