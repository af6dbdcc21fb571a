r"""The theorem on complex states in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
Write $\mathrm{i}$ for the imaginary unit. Split ReLU sends $\alpha + \mathrm{i} \beta$ to
$\operatorname{relu}(\alpha) + \mathrm{i} \operatorname{relu}(\beta)$. Let $@W = P S Q^{\top}$
be a singular value decomposition, with $P$ and $Q$ orthogonal and $S$ diagonal with entries
between $0$ and $1$; let $T$ be the diagonal matrix with $T^2 = I - S^2$ and entries $\ge 0$,
and $V = P T Q^{\top}$. The complex network has the transition matrix $@U = @W + \mathrm{i} V$,
the input matrix $@F$, the output matrix $@C$, the initial state $@h_{\mathrm{init}}$ and the
bias $@b - \mathrm{i} @H \mathbf{1}$, where $@H$ bounds the states of the RNN as in the proof of
@[emami2019;Theorem~3.1].
"""

_SINGULAR_VALUES = r"""
Since $P$ and $Q$ are orthogonal and $S$ and $T$ commute,
\[
  @W^{\top} @W + V^{\top} V @&= Q (S^2 + T^2) Q^{\top} = I, \qquad @/
  @W^{\top} V @&= Q S T Q^{\top} = Q T S Q^{\top} = V^{\top} @W ,
\]
and in the same way $@W @W^{\top} + V V^{\top} = I$ and $@W V^{\top} = V @W^{\top}$.
"""

_UNITARY = r"""
Hence
\[
  @U^{*} @U @&= (@W^{\top} - \mathrm{i} V^{\top})(@W + \mathrm{i} V)
  @/ @&= (@W^{\top} @W + V^{\top} V) + \mathrm{i} (@W^{\top} V - V^{\top} @W) = I ,
\]
so $@U$ is unitary. Written with real and imaginary parts it is $R = \begin{bmatrix} @W & -V \\
V & @W \end{bmatrix}$, and the same identities say that $R^{\top} R = R R^{\top} = I$.
"""

_GATE = r"""
Let $\|@h\| \le @H$. From $V^{\top} V = I - @W^{\top} @W$ we get $\|V @h\|^2 = \|@h\|^2 - \|@W
@h\|^2 \le @H^2$. So no entry of $V @h$ exceeds $@H$.
"""

_INDUCTION = r"""
If the state at time $k - 1$ is $@h^{k-1}$, with imaginary part $0$, then the preactivation is
\[
  @&@U @h^{k-1} + @F @x^k + @b - \mathrm{i} @H \mathbf{1}
  @/ @&\quad = (@W @h^{k-1} + @F @x^k + @b) + \mathrm{i} (V @h^{k-1} - @H \mathbf{1}) .
\]
Its real part is the preactivation of the RNN, and its imaginary part is $\le 0$. So the state
at time $k$ is $@h^k$, again with imaginary part $0$, and the output is $@C @h^k$.
"""

_REAL_STATES = r"""
Real and imaginary parts of $@N$ complex states with split ReLU are $2@N$ real states with ReLU.
So the network above is a real URNN with $2@n$ states and the transition matrix $R$, and every
lower bound for real URNNs holds for complex ones with $2@N$ in place of $@N$: where $2@n$ real
states are needed, $@N \ge @n$ complex ones are.
"""

PROSE = Prose(
    title=r"$@n$ complex states",
    lead=_LEAD,
    parts=(
        Part("C1 singular values", "Singular values", _SINGULAR_VALUES),
        Part("C2 unitary", "A unitary matrix", _UNITARY),
        Part("C3 gate", "The gate", _GATE),
        Part("C4 induction", "Induction", _INDUCTION),
        Part("C5 real states", "Real states", _REAL_STATES),
    ),
)
