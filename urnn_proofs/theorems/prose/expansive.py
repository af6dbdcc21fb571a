r"""The theorem on expansive networks in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
Let a URNN with the activation $@phi$ and the weights $@U, @F_u, @b_u, @C_u$ be given. Two
inputs $@x$ and $@x'$ lead to states $@h_u^k$, ${@h'_u}^k$ and outputs $@y_u^k$, ${@y'_u}^k$;
those of the RNN are $@y^k$ and ${@y'}^k$. Let $s_k = \sum_{j \le k} \|@x^j - {@x'}^j\|$ be the
total difference of the inputs up to time $k$.
"""

_GAIN = r"""
Since $@phi$ is non-expansive in every entry and $@U$ keeps norms,
\[
  \begin{aligned}
  \|@h_u^k - {@h'_u}^k\|
  &\le \|@U (@h_u^{k-1} - {@h'_u}^{k-1}) + @F_u (@x^k - {@x'}^k)\| \\
  &\le \|@h_u^{k-1} - {@h'_u}^{k-1}\| + \|@F_u\| \|@x^k - {@x'}^k\| .
  \end{aligned}
\]
Both start from $@h_{u,\mathrm{init}}$. By induction $\|@h_u^k - {@h'_u}^k\| \le \|@F_u\| s_k$,
and $\|@y_u^k - {@y'_u}^k\| \le \gamma s_k$ with $\gamma = \|@C_u\| \|@F_u\|$, whatever the
number of states is.
"""

_NOT_CLOSE = r"""
Suppose that the outputs of the two networks are within $\varepsilon$ of each other for all
inputs in $X_{@M}$. Choose inputs and a time $k$ for $K = \gamma S + 2 \varepsilon$. Then
\[
  K @&< \|@y^k - {@y'}^k\|
  @/ @&\le \|@y^k - @y_u^k\| + \|@y_u^k - {@y'_u}^k\| + \|{@y'_u}^k - {@y'}^k\|
  @/ @&\le \gamma s_k + 2 \varepsilon \le K ,
\]
a contradiction.
"""

_NOT_EQUAL = r"""
If the outputs are equal, then $\|@y^k - {@y'}^k\| = \|@y_u^k - {@y'_u}^k\| \le \gamma s_k$. So
they never differ by more than $K = \gamma$ times the total difference of the inputs.
"""

_ONE_STATE = r"""
Let $@n = 1$, with ReLU and numbers $@W > 1$, $@F > 0$, $@b \ge 0$, $@C \ne 0$. Compare the
input $0$ with the one that is $@M$ at time $1$ and $0$ otherwise; their total difference is
$@M$ from then on. After time $0$ states are $\ge 0$, so all later preactivations are $\ge 0$,
and $\operatorname{relu}$ does nothing. At time $k + 1$ the states differ by $@W^k @F @M$, the
outputs by $|@C| @W^k @F @M$. By induction $@W^k \ge 1 + k (@W - 1)$, since $(1 + k \delta)(1 +
\delta) \ge 1 + (k + 1) \delta$ for $\delta = @W - 1 \ge 0$. So the outputs differ by more than
any given number at some time, and the first claim applies.
"""

PROSE = Prose(
    title="networks that no URNN comes close to",
    lead=_LEAD,
    parts=(
        Part("X1 gain", "The gain of a URNN", _GAIN),
        Part("X2 not close", "The first claim", _NOT_CLOSE),
        Part("X3 not equal", "The second claim", _NOT_EQUAL),
        Part("X4 one state", "One state", _ONE_STATE),
    ),
)
