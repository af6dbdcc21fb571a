r"""Theorem 3.3 in prose; placeholders such as ``@W`` are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
The RNN is the one without memory, with one state, one input and one output: $@W = 0$, $@F = @C
= 1$, $@b = 0$, so that $@y^k = @phi(@x^k)$. It is contractive, as the slopes of $@phi$ lie
between $0$ and~$1$. Suppose that a URNN with $@N$ states and weights $@U, @F_u, @b_u, @C_u$ has
the same outputs for all inputs with $|@x^k| \le @M$; of $@U$ we only use that it is invertible.
Consider the inputs $@x^0, \dots, @x^{@N}$ near $0$, and let $D_k$ be the diagonal matrix of the
slopes $@phi'$ at the preactivations of the URNN at time~$k$.
"""

_SLOPES = r"""
The slope of $\tanh$ is $1 - t^2 = (1 - t)(1 + t)$ at a point where its value is $t \in (-1,
1)$, and that of the logistic function is $s (1 - s)$ where its value is $s \in (0, 1)$. Both
are positive everywhere. So every $D_k$ is invertible, and $\partial @y^k / \partial @x^k =
@phi'(@x^k) \ne 0$.
"""

_FACTORISATION = r"""
By the chain rule the outputs of the URNN have the derivatives
\[
  \frac{\partial @y_u^j}{\partial @x^i} = @C_u D_j @U D_{j-1} @U \cdots D_{i+1} @U\, D_i @F_u
  \qquad (i \le j).
\]
Put $T_i = D_i @U D_{i-1} @U \cdots D_1 @U$ with $T_0 = I$. These matrices are invertible, being
products of invertible matrices. With the row vectors $a_j = @C_u T_j$ and the column vectors
$c_i = T_i^{-1} D_i @F_u$ we get
\[
  \frac{\partial @y_u^j}{\partial @x^i} = a_j c_i \qquad (i \le j),
\]
because $T_j = (D_j @U \cdots D_{i+1} @U)\, T_i$.
"""

_TRIANGULAR = r"""
A triangular matrix $G$ with nonzero diagonal is injective. Let $G$ be upper triangular and $G v
= 0$. The last row says that the last entry of $v$, multiplied by a number that is not~$0$,
is~$0$; so it is $0$, and what remains is the same equation for a smaller triangular matrix. By
induction on the size, $v = 0$.
"""

_CONCLUSION = r"""
Let $L$ be the matrix with the rows $a_0, \dots, a_{@N}$ and $R$ the one with the columns
$c_0, \dots, c_{@N}$, and put $G = L R$, a square matrix of size $@N + 1$ with the entries
$G_{ji} = a_j c_i$. The outputs of the two networks agree near the chosen input; hence so do
their derivatives, which are $\partial @y^j / \partial @x^i = 0$ for $i < j$ and
$\partial @y^j / \partial @x^j = @phi'(@x^j) \ne 0$. Thus $G_{ji} = 0$ for $i < j$ and $G_{jj}
\ne 0$: $G$ is upper triangular with nonzero diagonal. But the $@N + 1$ columns of $R$ lie in
$\mathbb{R}^{@N}$ and are linearly dependent: $R v = 0$ for some $v \ne 0$. Then $G v = L R v =
0$, and so $v = 0$, a contradiction.
"""

_CERTIFICATES = r"""
For $@N = 1, \dots, 6$ the contradiction was also written out as a single algebraic identity:
the equations $a_j c_i = 0$ for $i < j$, with nonzero $a_j c_j$, have no solution. For $@N \le
3$ this was done in the entries of the $a_j$ and $c_i$, where the determinant of $(a_j c_i)$
vanishes identically.
"""

PROSE = Prose(
    title="no URNN for smooth activations",
    lead=_LEAD,
    parts=(
        Part("U0 slopes", "Slopes", _SLOPES),
        Part("U1 factorisation", "The derivatives factor through the state space", _FACTORISATION),
        Part("U2 triangular", "Triangular matrices", _TRIANGULAR),
        Part("U3 conclusion", "Contradiction", _CONCLUSION),
        Part("U2 certificates", "", _CERTIFICATES, remark=True),
    ),
)
