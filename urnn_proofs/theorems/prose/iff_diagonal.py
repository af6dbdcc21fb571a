r"""The theorem on diagonal W in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
Let a URNN with $@N$ states and weights $@U, @F_u, @b_u, @C_u$ have the same outputs, and let
$\bar{@x}$ be the input with $@F \bar{@x} + @b = 0$. The first steps are those of the proof for
$@n + \mu(@W)$ states (theorem \textsf{n+mu}), whose notation we keep: $\psi$ is the identity on
the units in $\mathcal{A}$ (on), $0$ on those in $\mathcal{Z}$ (off) and $\operatorname{relu}$
on those in $\mathcal{O}$ (at rest), and $P$ with the letter of a set of units projects onto it.
"""

_AT_THE_KINKS = r"""
Under the constant input $\bar{@x}$ the RNN has the fixed point $@h^{\ast} = 0$, at which all
its preactivations are $0$, and $\|@W\| < 1$ leads there. The steps on drift, on a closest point
and on clipping hold word for word; only the perturbations of the RNN are now $\eta^k =
\operatorname{relu}(@W \eta^{k-1} + @F \delta^k)$, exactly, and after the last $\delta^k$ they
tend to $0$ as $\|@W\| < 1$. So there is a partition of the units of the URNN with
\begin{equation}\label{@:homogeneous}
  v^k = \psi(@U v^{k-1} + @F_u \delta^k), \quad v^0 = 0, \qquad @C_u v^k = @C \eta^k
  \qquad @/ \text{for all } \delta^1, \delta^2, \dots
\end{equation}
Let $Q$ be a left inverse of $@C$ and $G$ a right inverse of $@F$. Replacing $@C_u$ by $Q @C_u$,
$@F_u$ by $@F_u G$ and $\delta^k$ by $G \delta^k$ we may suppose $@F = @C = I$.
"""

_KINKS = r"""
For a unit $i$ of the RNN let $J_i \subseteq \mathcal{O}$ be the set of units $j$ whose row of
$@F_u$ is $\alpha_j e_i^{\top}$ with $\alpha_j \ne 0$. Let $(v, \eta)$ be reached
in~\eqref{@:homogeneous}. As a function of the next $\delta$, $\operatorname{relu}(@W \eta +
\delta)$ has a kink along the whole hyperplane $\delta_i = -(@W \eta)_i$. The same function is
$@C_u \psi(@U v + @F_u \delta)$, which is differentiable off the hyperplanes $(@U v + @F_u
\delta)_j = 0$ of units $j \in \mathcal{O}$ with a nonzero row of $@F_u$. A hyperplane that is
covered by finitely many hyperplanes is one of them. So for some $j \in J_i$ the equations
$\alpha_j \delta_i + (@U v)_j = 0$ and $\delta_i + (@W \eta)_i = 0$ are equivalent:
\begin{equation}\label{@:kink}
  (@U v)_j = \alpha_j (@W \eta)_i \qquad\text{for some } j \in J_i .
\end{equation}
In particular no $J_i$ is empty. Let $J_i^{+}$ and $J_i^{-}$ be the parts of $J_i$ with
$\alpha_j > 0$ and $\alpha_j < 0$.
"""

_SIGNS = r"""
Let $\tau_i = {+}$ if $J_i^{-}$ is empty, and $\tau_i = {-}$ otherwise. Choose a vector $a$
whose entries have the signs $\tau_i$, and $\lambda$ so large that, with the fixed points $w =
\psi(\lambda^{-1} @U w + @F_u a)$ and $\eta = \operatorname{relu}(\lambda^{-1} @W \eta + a)$,
the terms with $\lambda^{-1}$ do not change any sign of $a$ or of $\alpha_j a_i$. As in the step
on units at rest, the inputs $\lambda^k a$ followed by bounded ones lead to a system of the same
kind in which the units of $\mathcal{O}$ with positive preactivation are on and those with
negative preactivation off; a unit $j \in J_i$ is on if $\alpha_j$ has the sign $\tau_i$, and
off if not. The RNN is at $\lambda^k \eta + \zeta^k$, and its units with $\tau_i = {+}$ stay
active, the others silent: $\zeta^k = D (@W \zeta^{k-1} + \delta^k)$, where $D$ projects onto
the units with $\tau_i = {+}$. As $\|@W\| < 1$, what is left of the start tends to $0$. From
here on the RNN is linear. Repeat this with other $\lambda$ and $a$ as long as some unit at rest
has a preactivation that is not $0$; each time there are fewer of them. In the end all units of
$\mathcal{O}$ have preactivation $0$ for all $\lambda > 1$ and all $a$, and the step on a linear
system gives a space $X \subseteq \mathbb{R}^{\mathcal{A}}$, spanned by the images of
$(P_{\mathcal{A}} @U)^j P_{\mathcal{A}} @F_u$, with $P_{\mathcal{O}} @F_u = 0$, $P_{\mathcal{O}}
@U X = 0$ and $@C_u (P_{\mathcal{A}} @U)^j P_{\mathcal{A}} @F_u = (D @W)^j D$.
"""

_IDENTICALLY = r"""
These phases occur in runs of~\eqref{@:homogeneous}: first inputs $\lambda_1^k a_1$ during
$\ell_1$ steps, then $\lambda_1^k a_1 + \lambda_2^{k'} a_2$ with $k'$ counted from there during
$\ell_2$ steps, and so on, and in the last phase further bounded $\delta$'s. The bounds on what
is left of each phase do not depend on its length; so choose the length of the last phase first,
and each earlier one large compared with those that follow. In the last phase let $v$ be the
state without the further $\delta$'s, and $v + w$ the one with them. By induction $w \in X$ and
$w^k = P_{\mathcal{A}} (@U w^{k-1} + @F_u \delta^k)$, because the preactivations of units at
rest do not change; and the RNN is at $\eta + @C_u w$. After $\dim X$ steps the $\delta$'s from
a ball reach all $w$ in a neighbourhood of $0$ in $X$. By~\eqref{@:kink} each such $w$
satisfies, for each $i$, one of finitely many affine conditions
\[
  (@U (v + w))_j = \alpha_j \bigl(@W (\eta + @C_u w)\bigr)_i, \qquad j \in J_i .
\]
Finitely many affine subspaces cover a neighbourhood only if one of them is everything. So for
each $i$ there is a $j_i \in J_i$ with
\begin{equation}\label{@:identity}
  (@U w)_{j_i} = \alpha_{j_i} (@W @C_u w)_i \qquad\text{for all } w \in X .
\end{equation}
Take $j_i$ among the units that are on where possible; let $Y$ be the set of the $i$ for which
it is not, so that $j_i$ is off. For $i \in Y$ we have $\tau_i = {-}$, since for $\tau_i = {+}$
all units of $J_i = J_i^{+}$ are on.
"""

_GRAM_MATRIX = r"""
Let $\Pi$ be the orthogonal projection onto $X$ and $E$ the diagonal matrix with the entries
$\alpha_{j_i}$. For $i \notin Y$ put $l_i = \Pi e_{j_i} / \alpha_{j_i}$. If $\tau_i = {+}$, this
is the linear form $w \mapsto (@C_u w)_i$ on $X$: a vector of $X$ is a sum of vectors $w' =
P_{\mathcal{A}} (@U w + @F_u \delta)$, and $w'_{j_i} = (@U w)_{j_i} + \alpha_{j_i} \delta_i =
\alpha_{j_i} ((@W @C_u w)_i + \delta_i) = \alpha_{j_i} (@C_u w')_i$. If $\tau_i = {-}$, then
$(@C_u w)_i = 0$ on $X$. Define $L \colon X \to X \oplus \mathbb{R}^{Y}$ by
\[
  L w = \bigl(P_{\mathcal{A}} @U w,\ ((@U w)_{j_i})_{i \in Y}\bigr), \qquad @/
  m_i = l_i \quad (i \notin Y), \qquad @/ m_i = \hat{e}_i / \alpha_{j_i} \quad (i \in Y) ,
\]
with the unit vectors $\hat{e}_i$ of $\mathbb{R}^{Y}$. By~\eqref{@:identity} $L^{\top} m_i$ is
the linear form $w \mapsto (@W @C_u w)_i$ in both cases, that is
\[
  L^{\top} m_i = \sum_{\tau_k = +} @W_{ik}\, l_k .
\]
The units $j_i$ are different for different $i$. So the Gram matrix of the $m_i$ is $E^{-1} (I -
\Xi) E^{-1}$, where $\Xi$ has the entries $(e_{j_i} - \Pi e_{j_i}) \cdot (e_{j_k} - \Pi
e_{j_k})$ for $i, k \notin Y$ and is $0$ elsewhere: it is positive semidefinite of rank at most
$s = |\mathcal{A}| - \dim X$. With $K = E @W D E^{-1}$ the matrix of the numbers $m_i \cdot (I -
L L^{\top}) m_k$, multiplied by $E$ from both sides, is therefore
\begin{equation}\label{@:gram}
  (I - \Xi) - K (I - \Xi) K^{\top} .
\end{equation}
"""

_SILENT_UNITS = r"""
For $w \in X$ we have $\|w\|^2 - \|P_{\mathcal{A}} @U w\|^2 = \|P_{\mathcal{Z}} @U w\|^2$, since
$P_{\mathcal{O}} @U w = 0$. So $w^{\top} (I - L^{\top} L) w$ is the sum of the squares of
$|\mathcal{Z}| - |Y|$ linear forms, $I - L^{\top} L$ has rank at most $|\mathcal{Z}| - |Y|$, and
$I - L L^{\top}$, with $|Y|$ rows more, has rank at most $|\mathcal{Z}|$. Hence so
has~\eqref{@:gram}. Let $\pi$ be the number of singular values of $|E| @W |E|^{-1}$ below $1$,
where $|E|$ has the entries $|\alpha_{j_i}|$. Signs do not change singular values, and the
projection $D$ does not increase them; so $I - K K^{\top}$ is positive on a space of dimension
at least $\pi$. On a subspace of dimension at least $\pi - s$ the form of $\Xi$ vanishes,
and~\eqref{@:gram} is $I - K K^{\top} + K \Xi K^{\top}$, which is positive there. So
$|\mathcal{Z}| \ge \pi - s$. Finally every $J_i$ contains a unit that is on ($J_i^{+} = J_i$ if
$\tau_i = {+}$, and $J_i^{-}$ is not empty if $\tau_i = {-}$), with the row $\alpha_j
e_i^{\top}$ of $P_{\mathcal{A}} @F_u$. So $\dim X \ge @n$, $|\mathcal{A}| = \dim X + s \ge @n +
s$, and
\[
  @N \ge |\mathcal{A}| + |\mathcal{Z}| \ge (@n + s) + (\pi - s) = @n + \pi .
\]
"""

_DIAGONAL = r"""
If $@W$ is diagonal, then $E @W E^{-1} = @W$ for every diagonal $E$, and all $@n$ singular
values are below $1$: $@N \ge 2@n$, and @[emami2019;Theorem~3.1] gives $2@n$ states. If $@W$ is
not diagonal, $2@n - 1$ states do, by the theorem on $2@n - 1$ states.
"""

_TWO_STATES = r"""
Let $@n = 2$ and $@W$ not diagonal. The product of the singular values of $E @W E^{-1}$ is
$|\det @W| < 1$, so one of them is below $1$, and $@N \ge 3$; three states do. If both units can
be active on two consecutive steps, this number was checked by Coq, without the argument above.
"""

PROSE = Prose(
    title=r"$2@n$ states if and only if $@W$ is diagonal",
    lead=_LEAD,
    parts=(
        Part("D1 at the kinks", "At the kinks", _AT_THE_KINKS),
        Part("D2 kinks", "Every kink has its unit", _KINKS),
        Part("D3 signs", "A sign for each unit", _SIGNS),
        Part("D4 identically", "One condition holds identically", _IDENTICALLY),
        Part("D5 Gram matrix", "A Gram matrix", _GRAM_MATRIX),
        Part("D6 silent units", "Counting silent units", _SILENT_UNITS),
        Part("D7 diagonal", "Diagonal matrices", _DIAGONAL),
        Part("D8 two states", "Two states", _TWO_STATES),
    ),
)
