r"""The theorem on 2n - 1 states in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
Let $i \ne j$ be such that $@W_{ij} \ne 0$, let $e$ be the $i$-th unit vector and $w = @W^{\top}
e$, the $i$-th row of $@W$ written as a column. Put $D = I - @W^{\top} @W$, which is positive
definite, and $G = D^{-1}$. We look for a number $\tau > 0$ such that the diagonal matrix $E$
with $E^2 = P = I + \tau e e^{\top}$, which scales unit $i$ alone, gives $\|E @W E^{-1}\| = 1$.
"""

_SCALING = r"""
Let $E$ be a diagonal matrix with positive entries. Since $\operatorname{relu}(\epsilon s) =
\epsilon \operatorname{relu}(s)$ for $\epsilon > 0$,
\[
  \operatorname{relu}\bigl(E @W E^{-1} (E @h) + E @F @x + E @b\bigr)
  = E \operatorname{relu}(@W @h + @F @x + @b) .
\]
So the RNN with the weights $E @W E^{-1}$, $E @F$, $E @b$, $@C E^{-1}$ and the initial state $E
@h_{\mathrm{init}}$ has the states $E @h^k$, by induction on $k$, and the outputs $@C E^{-1} E
@h^k = @y^k$.
"""

_ONE_UNIT = r"""
With $P = I + \tau e e^{\top}$ we have
\begin{equation}\label{@:form}
\begin{aligned}
  P - @W^{\top} P @W &= (I - @W^{\top} @W) + \tau e e^{\top} @/
  @&\quad{} - \tau (@W^{\top} e)(@W^{\top} e)^{\top} \\
  &= K - \tau w w^{\top}, \qquad K = D + \tau e e^{\top} .
\end{aligned}
\end{equation}
"""

_NORM_ONE = r"""
Let $\tau > 0$, and suppose that $K v = w$ and $\tau w^{\top} v = 1$. Then $(K - \tau w
w^{\top}) v = w - w (\tau w^{\top} v) = 0$, and $v \ne 0$ since $w \ne 0$. For every vector $z$
put $p = z^{\top} K z$, $q = v^{\top} K v$ and $s = w^{\top} z = v^{\top} K z$. The form of the
positive definite matrix $K$ at $q z - s v$ is $q (p q - s^2) \ge 0$, so $s^2 \le p q$; and
$\tau q = \tau v^{\top} w = 1$. Hence
\[
  z^{\top} (K - \tau w w^{\top}) z = p - \tau s^2 = \tau (p q - s^2) \ge 0 .
\]
So $P - @W^{\top} P @W$ is positive semidefinite and has rank at most $@n - 1$.
"""

_INDEPENDENT = r"""
Let $a = w^{\top} G w$, $g = e^{\top} G e$, $c = w^{\top} G e$ and $d = a g - c^2$. As $w_j =
@W_{ij} \ne 0$ with $j \ne i$, the vector $w$ is no multiple of $e$, so that $a e - c w \ne 0$
(recall $a > 0$). The form of $G$ there is $a^2 g - 2 a c^2 + c^2 a = a d > 0$. Therefore $d >
0$.
"""

_SQUARE_ROOT = r"""
Put
\[
  \tau = \frac{g - a + \sqrt{(g - a)^2 + 4 d}}{2 d} .
\]
The root is greater than $|g - a|$, because $d > 0$; so $\tau > 0$. Moreover
\begin{equation}\label{@:quadratic}
  d \tau^2 = (g - a) \tau + 1, \qquad @/ \text{that is}\qquad
  (1 + \tau g)(1 - \tau a) + \tau^2 c^2 = 0 .
\end{equation}
For rational weights $\tau$ lies in a quadratic extension of the rationals.
"""

_KERNEL_VECTOR = r"""
Let $\varrho = \tau c / (1 + \tau g)$ and $v = G w - \varrho G e$. As $D G = I$,
\[
  K v = w - \varrho e + \tau (c - \varrho g) e
  = w + \bigl(\tau c - \varrho (1 + \tau g)\bigr) e = w ,
\]
and by~\eqref{@:quadratic}
\[
  (1 + \tau g)(\tau w^{\top} v - 1) = (1 + \tau g)(\tau a - 1) - \tau^2 c^2 = 0 .
\]
So $\tau w^{\top} v = 1$, and the third step applies.
"""

_BOUND = r"""
Let $@H$ bound the states of the RNN, as in the proof of @[emami2019;Theorem~3.1]; this uses
$\|@W\| < 1$. Then $\|E @h^k\|^2 = \|@h^k\|^2 + \tau (@h^k_i)^2 \le (1 + \tau) @H^2$.
"""

_CONCLUSION = r"""
The scaled network of the first step has a transition matrix of norm at most $1$, and its states
are bounded by $\sqrt{1 + \tau}\, @H$. The construction of @[emami2019;Theorem~3.1] needs no
more than that: with $r = \operatorname{rank}(I - (E @W E^{-1})^{\top} E @W E^{-1}) =
\operatorname{rank}(P - @W^{\top} P @W) \le @n - 1$ it gives a URNN with $@n + r \le 2@n - 1$
states and the same outputs for all inputs with $\|@x^k\| \le @M$.
"""

PROSE = Prose(
    title=r"$2@n - 1$ states unless $@W$ is diagonal",
    lead=_LEAD,
    parts=(
        Part("Q1 scaling", "Scaling", _SCALING),
        Part("Q2 one unit", "One unit", _ONE_UNIT),
        Part("Q3 norm 1", r"Norm $1$", _NORM_ONE),
        Part("Q4 independent", "Independence", _INDEPENDENT),
        Part("Q5 a square root", "A quadratic equation", _SQUARE_ROOT),
        Part("Q6 kernel vector", "A vector in the kernel", _KERNEL_VECTOR),
        Part("Q7 state bound", "A state bound", _BOUND),
        Part("Q8 conclusion", "Conclusion", _CONCLUSION),
    ),
)
