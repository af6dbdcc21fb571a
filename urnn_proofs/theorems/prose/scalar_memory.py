r"""The lower bound for scalar memory in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
The outputs are to agree for all inputs with $\|@x^k\| \le @M$, where $@M > 0$ is such that some
inputs shorter than $@M$ keep every unit of the RNN active for five steps. Suppose that a URNN
with fewer than $@n + 2$ states has these outputs. Adding units that neither receive nor send
anything we may assume $@N = @n + 1$ states. For short, write $@U, @F, @C$ for the weights of
the URNN in this proof. Preactivations are continuous and piecewise affine in the inputs, so off
a nowhere dense set the sets $\mathcal{A}_k$ of active units of the URNN are locally constant;
fix inputs $@x^0, \dots, @x^4$ near which they do not change and all units of the RNN stay
active. Let $P_k$ be the projection onto the coordinates in $\mathcal{A}_k$, and
$X_k$ the space of perturbations of the state at time $k$ that perturbations of the inputs
produce. A perturbation $v \in X_{k-1}$ and $\mathrm{d}@x^k$ lead to $P_k (@U v + @F\,
\mathrm{d}@x^k)$; the RNN multiplies its perturbation, which is $@C v$, by $w$ and
adds $\mathrm{d}@x^k$. So equal outputs mean
\begin{equation}\label{@:outputs}
  @C P_k @F = I, \qquad @C P_k @U v = w\, @C v \quad \text{for } v \in X_{k-1} .
\end{equation}
In particular $|\mathcal{A}_k| \ge @n$ and $\dim X_k \ge @n$: each $P_k$ is $I$ or $I - e
e^{\top}$ with a unit vector $e$ of the standard basis. Moreover $P_k @F$ and $@C^{\top}$ are
injective.
"""

_WHOLE = r"""
For $1 \le k \le 4$, $X_{k-1}$ is not all of $\mathbb{R}^{@N}$. Otherwise $@C P_k @U = w\, @C$,
and $@C P_k @C^{\top} = (@C P_k @U) (@C P_k @U)^{\top} = w^2 @C @C^{\top}$. Let $z \ne 0$ be
orthogonal to $@C e$ if $P_k = I - e e^{\top}$, and any nonzero vector if $P_k = I$; as $@n \ge
2$ there is one. Then $\|@C^{\top} z\|^2 = w^2 \|@C^{\top} z\|^2$, so $@C^{\top} z = 0$ and $z =
0$, a contradiction. Hence $\dim X_k = @n$ for $k = 0, \dots, 3$.
"""

_ALL_ACTIVE = r"""
For $1 \le k \le 3$ some unit is not active. Otherwise $P_k = I$ and $@C @F = I$. The space
$X_k$ contains the image of $@F$, which has dimension $@n = \dim X_k$, so it is this image, and
$@C$ is injective on it. Both $@U P_{k-1} @F$ and $w @F$ have their columns in $X_k$, and $@C$
maps both to $w I$, by~\eqref{@:outputs}; so $@U P_{k-1} @F = w @F$, and $@F^{\top} P_{k-1} @F =
w^2 @F^{\top} @F$. As before some $z \ne 0$ gives $\|@F z\|^2 = w^2 \|@F z\|^2$ (take $z$
orthogonal to $@F^{\top} e$ if $P_{k-1} = I - e e^{\top}$), so $@F z = 0$, although $@F$ is
injective. Therefore each of $P_1, P_2, P_3$ misses exactly one unit.
"""

_INVERSE = r"""
For $P = P_k$, $1 \le k \le 3$, the space $X_k$ lies in the range of $P$ and has the same
dimension $@n$, as has the image of $P @F$. So $P = P @F G$ for some $G$, and
\[
  P @F @C P = P @F (@C P @F) G = P @F G = P .
\]
Also $X_k = \operatorname{im} P$, so that~\eqref{@:outputs} becomes $@C P_{k+1} @U P_k = w\, @C
P_k$.
"""

_SAME = r"""
For $k = 2, 3$ the sets $\mathcal{A}_{k-1}$ and $\mathcal{A}_k$ differ. Otherwise let $P =
P_{k-1} = P_k$ miss $e$. Then $P @U P = P @F\, @C P @U P = w P @F @C P = w P$. The range of $P$
has dimension $@n \ge 2$, so it contains some $v \ne 0$ with $e^{\top} @U v = 0$. For it $@U v =
P @U P v = w v$, so $\|v\| = |w| \|v\|$, a contradiction.
"""

_ROWS = r"""
Let $k = 2$ or $3$, let $P = P_{k-1}$ miss $e$ and $P' = P_k$ miss $e'$, and let $i$ be a unit
that is active at both times, with unit vector $e_i$. Then $P' @U P = P' @F\, @C P' @U P = w P'
@F @C P$, and $e_i^{\top} P' = e_i^{\top} P = e_i^{\top}$ gives $e_i^{\top} @U P = w\,
e_i^{\top} P @F @C P = w\, e_i^{\top}$. Hence
\begin{equation}\label{@:row}
  @U^{\top} e_i = w\, e_i + u_i\, e, \qquad u_i = e_i^{\top} @U e, \qquad u_i^2 = 1 - w^2,
\end{equation}
the last because the rows of $@U$ have norm $1$.
"""

_THREE = r"""
If $@n \ge 3$, then two units $i \ne j$ are active at both times. The rows of $@U$ are
orthogonal, so by~\eqref{@:row} $0 = (@U^{\top} e_i) \cdot (@U^{\top} e_j) = u_i u_j$, although
$u_i^2 = u_j^2 = 1 - w^2 > 0$. So $@n = 2$.
"""

_PARALLEL = r"""
With $P, P', e, e'$ as above, $@C P @F = I = @C P' @F$ says that $@C e e^{\top} @F = @C e'
e'^{\top} @F$. As $e^{\top} P' = e^{\top}$, the identity $P' @F @C P' = P'$ gives $e^{\top} @F
@C e = 1$. Multiplied by $@C e$ from the right the former becomes $@C e = (e'^{\top} @F @C e)\,
@C e'$: the vector $@C e$ is a multiple of $@C e'$.
"""

_TWO = r"""
Let $@n = 2$, and let $P_1$ miss $e$, $P_2$ miss $e'$, and $e_i$ be the third unit. By the
fourth step $P_3$ misses $e_i$ or $e$. If it misses $e_i$, then $@C e'$ is a multiple of $@C
e_i$ by the previous step, used at the times $2$ and~$3$. But $P @F @C P = P$ for $P = P_1$ says
$e'^{\top} @F @C e' = 1$ and $e'^{\top} @F @C e_i = 0$, a contradiction. If it misses $e$, then
unit $i$ is active at the times $1, 2, 3$, and~\eqref{@:row} at the times
$2$ and~$3$ says that $@U^{\top} e_i$ is a combination of $e_i$ and $e'$; so
$u_i = e_i^{\top} @U e = 0$, although $u_i^2 = 1 - w^2 > 0$. Hence $@N \ge @n + 2$. For $@n = 2$
these are $2@n$ states, and @[emami2019;Theorem~3.1] gives a URNN with that many.
"""

PROSE = Prose(
    title=r"scalar memory needs $@n + 2$ states",
    lead=_LEAD,
    parts=(
        Part("M1 whole space", "The reachable space", _WHOLE),
        Part("M2 all active", "Not all units are active", _ALL_ACTIVE),
        Part("M3 inverse", "An inverse", _INVERSE),
        Part("M4 same units", "The active units change", _SAME),
        Part("M5 rows", r"Rows of $@U$", _ROWS),
        Part("M6 three or more units", "Three or more units", _THREE),
        Part("M7 parallel columns", r"Columns of $@C$", _PARALLEL),
        Part("M8 two units", "Two units", _TWO),
    ),
)
