r"""The theorem on all inputs in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
Let $r = \operatorname{rank}(I - @W^{\top} @W)$. As in the proof of @[emami2019;Theorem~3.1] the
URNN will have a transition matrix with the upper left block $@W$, and units that never become
active; but they are kept silent by a sign and not by a large bias.
"""

_DILATION = r"""
Let $@W_3$ be a matrix with $@W_3^{\top} @W_3 = I - @W^{\top} @W$. Then $Q = \begin{bmatrix} @W
\\ @W_3 \end{bmatrix}$ has orthonormal columns. Complete them by orthonormal columns $V =
\begin{bmatrix} @W_2 \\ @W_4 \end{bmatrix}$, so that $Q Q^{\top} + V V^{\top} = I$; then
\[
  @U = \begin{bmatrix} @W & @W_2 \\ @W_3 & @W_4 \end{bmatrix}
\]
satisfies $@U @U^{\top} = I$ and, being square, is orthogonal.
"""

_SIGN = r"""
Suppose that all entries of $@W_3$ are $\le 0$. States of the RNN after the first input are
values of $\operatorname{relu}$, so their entries are $\ge 0$, and every entry of $@W_3 @h^k$ is
a sum of products that are $\le 0$. Hence $@W_3 @h^k \le 0$ for $k \ge 0$.
"""

_FIRST_STEP = r"""
Only $@h_{\mathrm{init}}$ may have negative entries. Let $\gamma = \|@h_{\mathrm{init}}\|$ and
\[
  @F_u = \begin{bmatrix} @F \\ 0 \end{bmatrix}, \qquad
  @b_u = \begin{bmatrix} @b \\ -\gamma \mathbf{1} \end{bmatrix}, \qquad @/
  @C_u = \begin{bmatrix} @C & 0 \end{bmatrix}, \qquad
  @h_{u,\mathrm{init}} = \begin{bmatrix} @h_{\mathrm{init}} \\ 0 \end{bmatrix} .
\]
A row $a^{\top}$ of $@W_3$ is part of a row of $@U$, so $\|a\| \le 1$, and $a^{\top}
@h_{\mathrm{init}} - \gamma \le 0$ by the inequality of Cauchy and Schwarz. For $k \ge 0$ we
have $a^{\top} @h^k - \gamma \le a^{\top} @h^k \le 0$ by the previous step.
"""

_INDUCTION = r"""
If $@h_u^{k-1}$ is $@h^{k-1}$ above and $0$ below, then the upper preactivations are $@W
@h^{k-1} + @F @x^k + @b$, those of the RNN, and the lower ones are $@W_3 @h^{k-1} - \gamma
\mathbf{1} \le 0$. So $@h_u^k$ is $@h^k$ above and $0$ below, for all $k$ by induction, and
$@C_u @h_u^k = @C @h^k$, whatever the inputs are. This proves the claim for $@W_3 \le 0$, with
$@n + r$ states if $@W_3$ has $r$ rows.
"""

_DIAGONAL = r"""
If $@W$ is diagonal with entries $\omega_i$, then $\|@W\| \le 1$ means $|\omega_i| \le 1$, and
the diagonal matrix $@W_3$ with the entries $-\sqrt{1 - \omega_i^2} \le 0$ satisfies $@W^{\top}
@W + @W_3^{\top} @W_3 = I$. So $2@n$ states do.
"""

_LOST = r"""
Now let $@W_3$ be any matrix with $r$ rows and $@W_3^{\top} @W_3 = I - @W^{\top} @W$, of
whatever signs. Consider the RNN with $@n + r$ states and
\[
  @W' = \begin{bmatrix} @W & 0 \\ @W_3 & 0 \end{bmatrix}, \quad
  @F' = \begin{bmatrix} @F \\ 0 \end{bmatrix}, \quad
  @b' = \begin{bmatrix} @b \\ 0 \end{bmatrix}, \quad @/
  @C' = \begin{bmatrix} @C & 0 \end{bmatrix}, \quad
  @h'_{\mathrm{init}} = \begin{bmatrix} @h_{\mathrm{init}} \\ 0 \end{bmatrix} .
\]
Its first $@n$ units do what the RNN does, since they do not read the others; the other units
hold $\operatorname{relu}(@W_3 @h^{k-1})$, and no output reads them. So it has the same outputs.
Its transition matrix satisfies
\[
  \begin{gathered}
  I - @W'^{\top} @W'
  = \begin{bmatrix} I - @W^{\top} @W - @W_3^{\top} @W_3 & 0 \\ 0 & I \end{bmatrix}
  = \begin{bmatrix} 0 & 0 \\ 0 & I \end{bmatrix} \\
  {} = V^{\top} V, \qquad V = \begin{bmatrix} 0 & -I \end{bmatrix} \le 0 .
  \end{gathered}
\]
"""

_ALL_INPUTS = r"""
So the part that is proved applies to this network, with $V$ in place of $@W_3$: a URNN with
$(@n + r) + r = @n + 2 r$ states has its outputs for all inputs. A matrix $@W_3$ with $r =
\operatorname{rank}(I - @W^{\top} @W)$ rows exists because $I - @W^{\top} @W$ is positive
semidefinite, $\|@W\|$ being at most $1$. Since $r \le @n$, these are at most $3@n$ states.
"""

_TWO_STATES = r"""
Let $\|@W\| < 1$ and $@n \le 2$. If $@W$ is diagonal, $2@n$ states do. If not, some positive
diagonal $E$ makes $\|E @W E^{-1}\| = 1$, with a defect $I - (E @W E^{-1})^{\top} E @W E^{-1}$
of rank at most $@n - 1$ (the theorem on $2@n - 1$ states), and the scaled network has the same
outputs. By the previous step $@n + 2 (@n - 1) = 3@n - 2 \le 2@n$ states do for all inputs.
"""

PROSE = Prose(
    title="all inputs, without a bound",
    lead=_LEAD,
    parts=(
        Part("G1 dilation", "Dilation", _DILATION),
        Part("G2 sign", "Signs", _SIGN),
        Part("G3 first step", "The first step", _FIRST_STEP),
        Part("G4 induction", "Induction", _INDUCTION),
        Part("G5 diagonal", r"Diagonal $@W$", _DIAGONAL),
        Part("G6 what is lost", r"What $@W$ loses", _LOST),
        Part("G7 all inputs", r"Every $@W$ of norm at most $1$", _ALL_INPUTS),
        Part("G8 two states", "One or two states", _TWO_STATES),
    ),
)
