r"""The theorem that 2n is not robust, in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
Let $\omega_1, \dots, \omega_{@n}$ be the diagonal entries of $@W$, and $s_i = \sqrt{1 -
\omega_i^2} > 0$. Define a lower triangular matrix $L$ and a row $g$ by
\[
  L_{ii} = \omega_i, \qquad
  L_{ij} = s_i s_j \prod_{j < k < i} (-\omega_k) \quad (i > j), \qquad @/
  g_j = s_j \prod_{k > j} (-\omega_k) ,
\]
and for $t \ge 1$ let $T$ be the diagonal matrix with the entries $s_i t^{i-1}$ and $@W_t =
T^{-1} L T$.
"""

_ONE_UNIT_MORE = r"""
We show $L^{\top} L + g^{\top} g = I$ by induction on the number of units. For one unit it says
$\omega_1^2 + s_1^2 = 1$. If it holds for some units, one more with $\omega$ and $s = \sqrt{1 -
\omega^2}$ gives
\[
  L' = \begin{bmatrix} L & 0 \\ s g & \omega \end{bmatrix}, \qquad
  g' = \begin{bmatrix} -\omega g & s \end{bmatrix},
\]
and the blocks of $L'^{\top} L' + g'^{\top} g'$ are $L^{\top} L + (s^2 + \omega^2) g^{\top} g =
I$, $s \omega g^{\top} - \omega s g^{\top} = 0$ and $\omega^2 + s^2 = 1$.
"""

_SCALING = r"""
Let $P = T^2$. Since $T @W_t = L T$,
\[
  P - @W_t^{\top} P @W_t = T (I - L^{\top} L) T = (g T)^{\top} (g T) .
\]
So $T @W_t T^{-1} = L$ has norm at most $1$, and $I - L^{\top} L$ has rank at most $1$. The
entries of $P$, $@W_t$ and $g T$ are rational in the $\omega_i$ and $t$.
"""

_LIMIT = r"""
The matrix $@W_t$ has the diagonal of $@W$, and below it the entries
\[
  (@W_t)_{ij} = t^{-(i-j)} (1 - \omega_j^2) \prod_{j < k < i} (-\omega_k) \qquad (i > j) .
\]
The factors $1 - \omega_j^2$ and $-\omega_k$ have modulus at most $1$, and $t^{i-j} \ge t$. So
the entries of $@W_t - @W$ are at most $1/t$ in modulus, and $\|@W_t - @W\| \le @n / t$.
"""

_ERROR = r"""
Let $\varrho = \|@W\| < 1$ and $\eta = \|@W_t - @W\|$, with $t$ so large that $\varrho + \eta <
1$. Compare the RNN with the one that has $@W_t$ in place of $@W$, and states $\hat{@h}^k$. Let
$@H$ bound the states $@h^k$, as in the proof of @[emami2019;Theorem~3.1]. Since
$\operatorname{relu}$ is non-expansive,
\[
  \|\hat{@h}^k - @h^k\| @&\le \|@W_t (\hat{@h}^{k-1} - @h^{k-1})\| + \|(@W_t - @W) @h^{k-1}\|
  @/ @&\le (\varrho + \eta) \|\hat{@h}^{k-1} - @h^{k-1}\| + \eta @H ,
\]
and both begin with $@h_{\mathrm{init}}$. By induction the difference is at most $D = \eta @H /
(1 - \varrho - \eta)$ for all $k$: $(\varrho + \eta) D + \eta @H = D$.
"""

_SMALL_ENOUGH = r"""
So the outputs differ by at most $\|@C\| \eta @H / (1 - \varrho - \eta)$, which is at most
$\varepsilon$ when $t$ is large, because $\eta \le @n / t$.
"""

_CONCLUSION = r"""
Now apply @[emami2019;Theorem~3.1] to the RNN with $@W_t$ after scaling its states by $T$; as
$\operatorname{relu}$ commutes with $T$, this does not change its outputs. Its transition matrix
is then $L$, of norm at most $1$; its states are bounded, since $\|@W_t\| \le \varrho + \eta <
1$. The construction of that theorem needs no more, and gives a URNN with $@n +
\operatorname{rank}(I - L^{\top} L) \le @n + 1$ states and the outputs of the RNN with $@W_t$.
They differ from those of the RNN with $@W$ by at most $\varepsilon$. For $@W = 0$, $@F = @C =
I$, $@b = 0$ equal outputs need $2@n$ states by @[emami2019;Theorem~3.2].
"""

PROSE = Prose(
    title=r"$@n + 1$ states for every $\varepsilon$ if $@W$ is diagonal",
    lead=_LEAD,
    parts=(
        Part("R1 one unit more", "One unit more", _ONE_UNIT_MORE),
        Part("R2 scaling", "Scaling", _SCALING),
        Part("R3 limit", "The limit", _LIMIT),
        Part("R4 error", "The error", _ERROR),
        Part("R5 small enough", r"Large $t$", _SMALL_ENOUGH),
        Part("R6 conclusion", "Conclusion", _CONCLUSION),
    ),
)
