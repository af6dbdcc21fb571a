r"""The theorem on eigenspaces in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
This is the theorem on $@n + \mu(@W)$ states (theorem \textsf{n+mu}) for $\|@W\| < 1$, or for $\|E
@W E^{-1}\| < 1$ and real $\lambda$. Coq proves it from the definitions; an argument in words is the
proof of that theorem. That $(@W, @F, @C)$ is minimal means that it is reachable and observable: no
nonzero row $v$ has $v @W^j @F = 0$ for all $j \ge 0$, and no nonzero column $w$ has $@C @W^j w = 0$
for all $j \ge 0$.
"""

_EIGENVALUES = r"""
Let $E$ be a positive diagonal matrix with $\|E @W E^{-1}\| < 1$. Then $\varrho(@W) < 1$, and under
the constant input every state tends to the fixed point. So every URNN with the same outputs has at
least $@n + \mu(@W)$ states, where $\mu(@W)$ is the largest dimension of an eigenspace over the
complex numbers, and $\mu(@W) \ge \dim_{\mathbb{C}} \ker(@W - \lambda I)$. For real $\lambda$ the
real and the complex dimension of the kernel are equal.
"""

_FULL_RANK = r"""
Let $@F G = I$ and $L @C = I$. Then every state is reached in one step, and shown by one output; so
$(@W, @F, @C)$ is reachable and observable.
"""

_SCALAR_MEMORY = r"""
Let $@W = \omega I$, where $|\omega| < 1$. If $@F @x + @b$ has positive entries, the constant input
$@x$ has the fixed point $(@F @x + @b) / (1 - \omega)$, at which all units are active. With
$\lambda = \omega$ the kernel is the whole space, so at least $2@n$ states are needed, and
@[emami2019;Theorem~3.1] gives a URNN with that many. If $@F = @C = I$, $@b = 0$ and $@M > 0$, the
vector $@x$ with all entries $@M / (@n + 1)$ is shorter than $@M$.
"""

PROSE = Prose(
    title=r"$@n + \dim \ker(@W - \lambda I)$ states are needed",
    lead=_LEAD,
    parts=(
        Part("E1 eigenvalues", "Eigenvalues", _EIGENVALUES),
        Part("E2 full rank", "Full rank", _FULL_RANK),
        Part("E3 scalar memory", "Scalar memory", _SCALAR_MEMORY),
    ),
)
