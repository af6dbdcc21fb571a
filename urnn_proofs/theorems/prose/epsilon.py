r"""What saturates, in prose; placeholders such as ``@W`` are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
Let $@phi$ have slopes of at most $L$ and the limit $\kappa$ at $-\infty$; for $\tanh$ this is
$-1$ and $L = 1$, for the logistic function $0$ and $L = \tfrac14$. Let $r = \operatorname{rank}(I
- @W^{\top} @W)$ and let $@U = \begin{bmatrix} @W & @W_2 \\ @W_3 & @W_4 \end{bmatrix}$ be the
orthogonal matrix of @[emami2019;Theorem~3.1], with $@N = @n + r \le 2@n$ rows. The URNN has
\[
  @F_u = \begin{bmatrix} @F \\ 0 \end{bmatrix}, \qquad
  @b_u = \begin{bmatrix} @b - \kappa @W_2 \mathbf{1} \\ -(\theta + R) \mathbf{1} \end{bmatrix},
  \qquad @/ @C_u = \begin{bmatrix} @C & 0 \end{bmatrix}, \qquad
  @h_{u,\mathrm{init}} = \begin{bmatrix} @h_{\mathrm{init}} \\ \kappa \mathbf{1} \end{bmatrix},
\]
where $R$ bounds the norm of all its states, and $\theta$ will be chosen.
"""

_TAIL = r"""
The logistic function has the value $s$ with $s (1 + p) = 1$, $p = e^{-z}$. As soon as $p \ge
1/\delta$ we have $s \le \delta$; and $e^{-z} \ge 1 - z$ exceeds every bound as $z \to -\infty$.
Since $1 + \tanh z$ is twice the value of the logistic function at $2z$, both functions come within
any $\delta > 0$ of $\kappa$ on a half-line $z \le -\theta$.
"""

_GATES = r"""
Suppose the added units are within $\delta$ of $\kappa$ at time $k - 1$, and the norm of the whole
state is at most $R$. Rows of $@U$ have norm~$1$; by the inequality of Cauchy and Schwarz the lower
preactivations are at most $R - (\theta + R) = -\theta$, and the added units are within $\delta$
of $\kappa$ at time~$k$ as well. (Such an $R$ exists: states of $\tanh$ and of the logistic
function have entries of at most~$1$ in size.)
"""

_DIFFERENCE = r"""
Write $@h^k + e^k$ for the upper states and $\kappa \mathbf{1} + m^k$ for those of the added units.
The upper preactivations of the URNN differ from those of the RNN by
\[
  @&@W (@h^{k-1} + e^{k-1}) + @W_2 (\kappa \mathbf{1} + m^{k-1}) - \kappa @W_2 \mathbf{1} - @W
  @h^{k-1} @/ @&\quad = @W e^{k-1} + @W_2 m^{k-1} .
\]
"""

_ERROR = r"""
Slopes are at most $L$, and $\|m^k\| \le \sqrt{r}\, \delta$. So with $q = L \|@W\| < 1$ and $d = L
\|@W_2\| \sqrt{r}\, \delta$ we have $\|e^k\| \le q \|e^{k-1}\| + d$, where $e^{-1} = 0$; by
induction $\|e^k\| \le d / (1 - q)$ for all $k$.
"""

_EPSILON = r"""
Choose $\delta > 0$ with $\|@C\| d \le \varepsilon (1 - q)$, and $\theta$ for this $\delta$. Then
the outputs differ by at most $\|@C\| \|e^k\| \le \varepsilon$ for all $k$. Only the lower biases
depend on $\varepsilon$; the matrix $@U$ does not. That there is a network without any URNN for
$\varepsilon = 0$ is @[emami2019;Theorem~3.3].
"""

_LINEAR = r"""
Let $@phi(z) = z$, and suppose that outputs of a URNN are within $\varepsilon$ of $@y^k = @x^k$.
They are sums of responses $@C_u @U^j @F_u @x^{k-j}$ and a term without inputs. By compactness
infinitely many powers $@U^j$ are as close to $I$ as desired; so if one response is not~$0$, then
infinitely many are nearly the same, and inputs of norm $@M$ at such times add up to outputs of any
size. But outputs are at most $@M + \varepsilon$ in size. Hence they do not depend on the inputs,
and one output is within $\varepsilon$ of $@M v$ and of $-@M v$, where $\|v\| = 1$: so $\varepsilon
\ge @M$. The network with $@C_u = 0$ attains it.
"""

PROSE = Prose(
    title="$2@n$ states for every $\\varepsilon$, for what saturates",
    lead=_LEAD,
    parts=(
        Part("E1 tail", "Limits", _TAIL),
        Part("E2 gates", "The added units stay there", _GATES),
        Part("E3 difference", "The difference at one step", _DIFFERENCE),
        Part("E4 error", "Errors are forgotten", _ERROR),
        Part("E5 epsilon", "Choice of the bias", _EPSILON),
        Part("E6 linear", "The linear activation", _LINEAR),
    ),
)
