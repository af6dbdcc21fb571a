r"""Theorem 3.1 in prose; placeholders such as ``@W`` are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
Let $r = \operatorname{rank}(I - @W^{\top} @W)$, which is $@n$, since $\|@W\| < 1$. The URNN has
$@N = @n + r \le 2@n$ states and the weights
\begin{equation}\label{@:construction}
  \begin{gathered}
    @U = \begin{bmatrix} @W & @W_2 \\ @W_3 & @W_4 \end{bmatrix}, \qquad
    @F_u = \begin{bmatrix} @F \\ 0 \end{bmatrix}, \qquad
    @b_u = \begin{bmatrix} @b \\ -@H \mathbf{1} \end{bmatrix}, \\
    @C_u = \begin{bmatrix} @C & 0 \end{bmatrix}, \qquad
    @h_{u,\mathrm{init}} = \begin{bmatrix} @h_{\mathrm{init}} \\ 0 \end{bmatrix},
  \end{gathered}
\end{equation}
where $\mathbf{1}$ is the vector of $r$ ones, and the blocks of $@U$ and the number $@H \ge 0$
are chosen as follows. The first $@n$ units of the URNN will carry the states of the RNN; the
other $r$ units make $@U$ orthogonal, and their bias keeps them silent.
"""

_FACTORS = r"""
Since $\|@W\| < 1$, the matrices $I - @W^{\top} @W$ and $I - @W @W^{\top}$ are positive
semidefinite. A positive semidefinite matrix $K$ of rank $r$ is a product $L L^{\top}$, where
$L$ has $r$ linearly independent columns. To see this, split off the first row and column. If
the corner $a$ is positive, then
\[
  K @&= \begin{bmatrix} a & v^{\top} \\ v & Q \end{bmatrix}
  = \begin{bmatrix} a \\ v \end{bmatrix} a^{-1} \begin{bmatrix} a & v^{\top} \end{bmatrix}
  + \begin{bmatrix} 0 & 0 \\ 0 & S \end{bmatrix}, \qquad @/ S @&= Q - v a^{-1} v^{\top},
\]
and $z^{\top} S z$ is the value of the quadratic form of $K$ at $(-a^{-1} v^{\top} z, z)$, so
that $S$ is positive semidefinite again, of rank $r - 1$. If $a = 0$, then $v = 0$, because $K$
is semidefinite. Induction on the size proves the claim. As $I - @W^{\top} @W$ and $I - @W
@W^{\top}$ have the same rank~$r$, there are a matrix $@W_3$ of full row rank and a matrix
$@W_2$ of full column rank, $r \times @n$ and $@n \times r$, with
\begin{equation}\label{@:factors}
  @W_3^{\top} @W_3 = I - @W^{\top} @W, \qquad @W_2 @W_2^{\top} = I - @W @W^{\top}.
\end{equation}
"""

_DILATION = r"""
Let $V$ be a left inverse of $@W_2$ and $Z$ a right inverse of $@W_3$, that is $V @W_2 = I$ and
$@W_3 Z = I$, and put $@W_4 = -@W_3 @W^{\top} V^{\top}$. We show that $@U$ is orthogonal.
By~\eqref{@:factors} the upper left blocks of $@U^{\top} @U$ and of $@U @U^{\top}$ are $I$. Also
by~\eqref{@:factors},
\[
  @W^{\top} @W_2 @W_2^{\top} @&= @W^{\top} (I - @W @W^{\top}) = (I - @W^{\top} @W) @W^{\top}
  @/ @&= @W_3^{\top} @W_3 @W^{\top};
\]
multiplied by $V^{\top}$ from the right this is $@W^{\top} @W_2 = -@W_3^{\top} @W_4$, so the
off-diagonal blocks of $@U^{\top} @U$ vanish. For its last block,
\begin{align*}
  @W_4^{\top} @W_4 &= V @W (@W_3^{\top} @W_3 @W^{\top}) V^{\top}
    = V @W @W^{\top} @W_2 @W_2^{\top} V^{\top} @/ @&= V @W @W^{\top} @W_2 \\
  &= V (I - @W_2 @W_2^{\top}) @W_2 = I - @W_2^{\top} @W_2 .
\end{align*}
Hence $@U^{\top} @U = I$, and $@U @U^{\top} = I$, as $@U$ is square. (The blocks of $@U
@U^{\top}$ can be expanded as well: $@W @W_3^{\top} = @W_2 @W_2^{\top} @W Z$ gives
$@W_2 @W_4^{\top} = -@W_2 V @W @W_3^{\top} = -@W @W_3^{\top}$ and $@W_4 @W_4^{\top} = Z^{\top}
@W^{\top} @W_2 @W_2^{\top} @W Z = I - @W_3 @W_3^{\top}$.)
"""

_ROWS = r"""
Let $a^{\top}$ be a row of $@W_3$ and $(a^{\top}, c^{\top})$ the row of $@U$ that it is part of.
As $@U @U^{\top} = I$, we have $\|a\|^2 + \|c\|^2 = 1$, hence $\|a\| \le 1$.
"""

_GATE = r"""
If $\|a\| \le 1$ and $\|@h\| \le @H$, then $a \cdot @h \le @H$. Indeed, expanding the square
gives
\[
  0 \le \bigl\| \|a\|^2 @h - (a \cdot @h)\, a \bigr\|^2
  = \|a\|^2 \bigl( \|a\|^2 \|@h\|^2 - (a \cdot @h)^2 \bigr) .
\]
For $a \ne 0$ this shows $(a \cdot @h)^2 \le \|a\|^2 \|@h\|^2 \le @H^2$, and so $a \cdot @h \le
@H$. For $a = 0$ the claim is $0 \le @H$.
"""

_BOUND = r"""
Put
\begin{equation}\label{@:bound}
  @H = \max\Bigl( \|@h_{\mathrm{init}}\|,\ \frac{\|@F\| @M + \|@b\|}{1 - \|@W\|} \Bigr),
\end{equation}
so that $\|@h_{\mathrm{init}}\| \le @H$ and $\|@W\| @H + \|@F\| @M + \|@b\| \le @H$. The map
$\operatorname{relu}$ is non-expansive and $\operatorname{relu}(0) = 0$; so
$\lVert \operatorname{relu}(z) \rVert \le \|z\|$ for every vector $z$. If $\|@h^{k-1}\| \le @H$
and $\|@x^k\| \le @M$, then by the triangle inequality
\[
  \|@h^k\| \le \|@W @h^{k-1} + @F @x^k + @b\| \le \|@W\| @H + \|@F\| @M + \|@b\| \le @H .
\]
By induction $\|@h^k\| \le @H$ for all $k$. (Any larger $@H$ for which these two inequalities
hold does as well.)
"""

_INDUCTION = r"""
We show by induction that $@h_u^k = \begin{bmatrix} @h^k \\ 0 \end{bmatrix}$ for all $k \ge -1$.
For $k = -1$ this is the choice of $@h_{u,\mathrm{init}}$. If it holds at $k - 1$, then
\[
  @U @h_u^{k-1} + @F_u @x^k + @b_u
  = \begin{bmatrix} @W @h^{k-1} + @F @x^k + @b \\ @W_3 @h^{k-1} - @H \mathbf{1} \end{bmatrix} .
\]
The upper part is the preactivation of the RNN, so the upper part of $@h_u^k$ is $@h^k$. Every
entry of the lower part has the form $a \cdot @h^{k-1} - @H$ with a row $a^{\top}$ of $@W_3$,
and $\|a\| \le 1$, $\|@h^{k-1}\| \le @H$; so it is at most $0$, and $\operatorname{relu}$ sends
it to~$0$. Therefore $@y_u^k = @C_u @h_u^k = @C @h^k = @y^k$ for all $k$.
"""

_INTERTWINING = r"""
For every polynomial $p$ we have $@W p(@W^{\top} @W) = p(@W @W^{\top}) @W$: if
$@W (@W^{\top} @W)^{j} = (@W @W^{\top})^{j} @W$, then $@W (@W^{\top} @W)^{j+1} = @W @W^{\top} @W
(@W^{\top} @W)^{j} = (@W @W^{\top})^{j+1} @W$, and the identity is linear
in $p$. Choose $p$ with $p(t) = \sqrt{1 - t}$ at the finitely many eigenvalues $t$ of
$@W^{\top} @W$ and $@W @W^{\top}$. By the spectral theorem the square roots
$S = (I - @W^{\top} @W)^{1/2}$ and $T = (I - @W @W^{\top})^{1/2}$ are $p(@W^{\top} @W)$ and
$p(@W @W^{\top})$, and so $@W S = T @W$.
"""

_HALMOS = r"""
With these $S = S^{\top}$ and $T = T^{\top}$ the matrix
\[
  @U = \begin{bmatrix} @W & T \\ S & -@W^{\top} \end{bmatrix}
\]
is orthogonal: $@W^{\top} @W + S^2 = I$, $@W @W^{\top} + T^2 = I$, and $@W^{\top} T = S
@W^{\top}$, $T @W = @W S$ are the intertwining relation and its transpose. It may be used
in~\eqref{@:construction} with $r = @n$.
"""

PROSE = Prose(
    title="at most $2@n$ states suffice",
    lead=_LEAD,
    parts=(
        Part("factors", "Square roots of the defects", _FACTORS),
        Part("S1 dilation", "The dilation is orthogonal", _DILATION),
        Part("S2 rows", r"Rows of $@W_3$", _ROWS),
        Part("S3 gate", "The gate", _GATE),
        Part("S4 bound", "A bound of the states", _BOUND),
        Part("S5 induction", "The outputs agree", _INDUCTION),
        Part("intertwining", "", _INTERTWINING, remark=True),
        Part("S1 Halmos form", "", _HALMOS, remark=True),
    ),
    remark="The classical dilation of @[halmos1950] may take the place of the one above.",
)
