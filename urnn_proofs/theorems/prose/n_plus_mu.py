r"""The theorem on n + mu(W) states in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
Let $\bar{@x}$ be the constant input, $\|\bar{@x}\| < @M$, and $@h^{\ast} = @W @h^{\ast} + @F
\bar{@x} + @b$ the fixed point, with positive entries. Let a URNN with $@N$ states and weights
$@U, @F_u, @b_u, @C_u$ have the same outputs. Preactivations of the URNN are denoted by $z$. For
a set of units, $P$ with its letter is the projection onto their coordinates. For $\|@W\| < 1$
Coq proved the lower bound (theorem \textsf{n+eigenspace}), and for real eigenvalues also if $\|E
@W E^{-1}\| < 1$ for some positive diagonal $E$; the rest of the statement has a proof in words.
"""

_DRIFT = r"""
The map $T(g) = \operatorname{relu}(@U g + c)$, with $c = @F_u \bar{@x} + @b_u$, is one step of
the URNN under the constant input. It is non-expansive, and affine on each of finitely many
polyhedra; on each of them $\|T(g) - g\|^2$ is a convex quadratic function, which attains its
least value. So $\|T(g) - g\|$ attains its minimum, at $g_0$ say. Put $g_1 = T(g_0)$, $g_2 =
T(g_1)$ and $v = g_1 - g_0$. Then $\|g_2 - g_1\| \le \|v\|$, as $T$ is non-expansive, and $\|g_2
- g_1\| \ge \|v\|$, as $\|v\|$ is the minimum. For the midpoint $q$ of $g_0$ and $g_1$ the
vectors $\alpha = T(q) - g_1$ and $\beta = T(q) - g_2$ have length at most $\|v\| / 2$, while
$\|\alpha - \beta\| = \|v\|$; by the parallelogram identity
\[
  \|\alpha + \beta\|^2 = 2 \|\alpha\|^2 + 2 \|\beta\|^2 - \|\alpha - \beta\|^2 \le 0 ,
\]
so $T(q)$ is the midpoint of $g_1$ and $g_2$. Hence $T(q) - q = \tfrac12 (g_2 - g_0)$ has length
at least $\|v\|$: the vectors $g_1 - g_0$ and $g_2 - g_1$ have length $\|v\|$ and their sum has
length at least $2 \|v\|$, so by the same identity they are equal. By induction $T^k(g_0) = g_0
+ k v$ for all $k$. States after the first step are $\ge 0$, so $v \ge 0$; dividing $g_0 + (k +
1) v = \operatorname{relu}(@U (g_0 + k v) + c)$ by $k$ we get $v = \operatorname{relu}(@U v)$;
and as $\|@U v\| = \|v\|$, no entry of $@U v$ is negative: $@U v = v$. Moreover $\|T^k(g) - g_0
- k v\| \le \|g - g_0\|$ for every $g$.

Let $\mathcal{S}$ be the set of units with $v_i > 0$, and let $\psi_{\mathcal{S}}$ be the
identity on $\mathcal{S}$ and $\operatorname{relu}$ elsewhere. Consider the system
\begin{equation}\label{@:system}
  g^k = \psi_{\mathcal{S}}(@U g^{k-1} + @F_u @x^k + @b_u - v)
  \quad\text{with the outputs}\quad @C_u g^k .
\end{equation}
As long as the states of the units in $\mathcal{S}$ stay positive, $@h_u^k = g^k + k v$ are
states of the URNN, because $@U v = v$ and $v_i = 0$ for $i \notin \mathcal{S}$. Let $\hat{T}$
be one step of~\eqref{@:system} under $\bar{@x}$. It is non-expansive, and $g_0 + k v$ is a
fixed point for large $k$. Run RNN and URNN with the input that leads to $@h^{\ast}$. Then $g^k
= @h_u^k - k v$ is bounded, and the units in $\mathcal{S}$ tend to $+\infty$; so for any number
of further steps and any inputs in $X_{@M}$ they stay positive if $k$ is large. The outputs of
the RNN are bounded, so $@C_u v = 0$, and the outputs are those of~\eqref{@:system}. Let $K$ be
the set of all $g$ such that~\eqref{@:system}, started at $g$, has the outputs of the RNN
started at $@h^{\ast}$, for all inputs in $X_{@M}$. It is closed, $\hat{T} K \subseteq K$, and
it contains every limit point of the $g^k$; so it is not empty.
"""

_CLOSEST = r"""
If $a, a'$ are fixed points of $\hat{T}$, then $\|a - a'\| = \|\psi_{\mathcal{S}}(z(a)) -
\psi_{\mathcal{S}}(z(a'))\| \le \|z(a) - z(a')\| = \|@U (a - a')\| = \|a - a'\|$. So equality
holds in every entry: for $i \notin \mathcal{S}$ either $z_i(a) = z_i(a')$, or both are $\ge 0$;
for if $\alpha < 0 \le \beta$, then $\operatorname{relu}(\beta) - \operatorname{relu}(\alpha) =
\beta < \beta - \alpha$. Hence each $z_i$ with $i \notin \mathcal{S}$ is either a negative
constant on the set of fixed points or $\ge 0$ on it; so $\hat{T}$ is affine on the convex hull
of that set, which consists of fixed points. Let $m$ be the mean of fixed points, one with $z_i
> 0$ for each $i \notin \mathcal{S}$ for which there is one (any fixed point, if there is none).
Then $z_i(m) = 0$ only if $z_i = 0$ at every fixed point.

Let $\kappa \in K$ be closest to $m$, at distance $d$; $\kappa^k = \hat{T}^k(\kappa)$ and $r^k =
\kappa^k - m$. Since $\kappa^k \in K$ and $\hat{T}$ is non-expansive, $\|r^k\| = d$ for all $k$.
So again equality holds in every entry: for $i \notin \mathcal{S}$ either $z_i(m) \ge 0$ and
$z_i(\kappa^k) \ge 0$, or $z_i(\kappa^k) = z_i(m) < 0$. In all cases $r^k = @U r^{k-1}$, so $r^k
= @U^k r^0$.

Let $z_i(m) = 0$, $i \notin \mathcal{S}$. Then $f(k) = z_i(\kappa^k) = (@U^{k+1} r^0)_i \ge 0$.
The means of $\kappa^0, \dots, \kappa^{k}$ converge to $m + \Pi r^0$, where $\Pi$ projects onto
the kernel of $@U - I$; as $\hat{T}$ is affine on the convex hull of $m$ and the $\kappa^k$,
this is a fixed point, and $z_i$ is $0$ there. So $f$ has the mean $0$. It is bounded, $f \le
\lambda$, and $f^2 \le \lambda f$, so $f^2$ has the mean $0$ as well. But $f$ is a finite sum of
terms $c_\theta \mathrm{e}^{\mathrm{i} \theta k}$ with different $\theta$ modulo $2 \pi$, and
the mean of $|f|^2$ is $\sum_\theta |c_\theta|^2$. Hence $f = 0$: the unit is at $0$ at every
$\kappa^k$.

We call the units of $\mathcal{S}$ and those with $z_i(m) > 0$ \emph{on}, those with $i \notin
\mathcal{S}$, $z_i(m) < 0$ \emph{off}, and the others \emph{at rest}; the sets are
$\mathcal{A}$, $\mathcal{Z}$, $\mathcal{O}$.
"""

_NO_CLIPPING = r"""
Let $\delta^1, \dots, \delta^{\ell}$ be any vectors. Feed $\bar{@x} + \epsilon \delta^k$ at the
times $1, \dots, \ell$, and $\bar{@x}$ afterwards. For small $\epsilon > 0$ these inputs are in
$X_{@M}$, the units of the RNN stay active for ever, since $\varrho(@W) < 1$, and its states are
$@h^{\ast} + \epsilon \eta^k$ with $\eta^k = @W \eta^{k-1} + @F \delta^k$. As everything is
piecewise linear, the states of~\eqref{@:system} from $\kappa$ are $\kappa^k + \epsilon v^k$ for
$k \le \ell$ with
\[
  v^k = (@U v^{k-1} + @F_u \delta^k) + p^k, \qquad v^0 = 0 ,
\]
where $p^k$ is what clipping adds: $p_i^k = -(\cdots)_i$ for units that are off, $p_i^k =
\max(-(\cdots)_i, 0)$ for those at rest and for those that are on but touch $0$, that is $i \in
\mathcal{A} \setminus \mathcal{S}$ and $z_i(\kappa^{k-1}) = 0$; else $p_i^k = 0$. As $\kappa \in
K$, $@C_u v^k = @C \eta^k$.

After time $\ell$ the input is $\bar{@x}$ for ever, the RNN tends to $@h^{\ast}$, and the states
of~\eqref{@:system} stay bounded; their limit points are in $K$, at a distance of at least $d$
from $m$. As $\hat{T}$ does not increase that distance, $\|r^{\ell} + \epsilon v^{\ell}\| \ge d
= \|r^{\ell}\|$ for all small $\epsilon > 0$, so that $r^{\ell} \cdot v^{\ell} \ge 0$. On the
other hand
\[
  r^k \cdot v^k @&= @U r^{k-1} \cdot @U v^{k-1} + r^k \cdot @F_u \delta^k + r^k \cdot p^k
  @/ @&= r^{k-1} \cdot v^{k-1} + r^k \cdot @F_u \delta^k + r^k \cdot p^k .
\]
Units that are off or at rest have $r_i^k = 0$; for a unit that touches $0$, $r_i^k = 0 - z_i(m)
< 0$ and $p_i^k \ge 0$. So
\[
  0 \le r^{\ell} \cdot v^{\ell} = \sum_k r^k \cdot @F_u \delta^k
  - \sum_k \sum_{i \text{ touches}} z_i(m)\, p_i^k .
\]
Add this for $\delta^1, \dots, \delta^{\ell}$ and for $-\delta^1, \dots, -\delta^{\ell}$: the
first sums cancel, and all $p_i^k$ of units that touch $0$ vanish. Therefore, with $\psi$ the
identity on $\mathcal{A}$, $0$ on $\mathcal{Z}$ and $\operatorname{relu}$ on $\mathcal{O}$,
\begin{equation}\label{@:homogeneous}
  v^k = \psi(@U v^{k-1} + @F_u \delta^k), \quad v^0 = 0, \qquad @C_u v^k = @C \eta^k
\end{equation}
for all $\delta^1, \delta^2, \dots$, of any size, since $\psi$ is positively homogeneous.
"""

_AT_REST = r"""
Among all partitions of the units into $\mathcal{A}$, $\mathcal{Z}$, $\mathcal{O}$ for
which~\eqref{@:homogeneous} holds, take one with the fewest units in $\mathcal{O}$. For $\lambda
> 1$ and a vector $a$ let $w = \psi(\lambda^{-1} @U w + @F_u a)$ be the fixed point of a
contraction, and $z = \lambda^{-1} @U w + @F_u a$. We claim that $z_i = 0$ for $i \in
\mathcal{O}$. Run~\eqref{@:homogeneous} with $\delta^k = \lambda^k a$, and after time $\ell$
with $\delta^k = \lambda^k a + \tilde{\delta}^{k}$, where the $\tilde{\delta}^k$ are finitely
many given vectors. As $\lambda^k w$ satisfies the same recursion with $\delta^k = \lambda^k a$,
and $\psi$ is non-expansive, $e^k = v^k - \lambda^k w$ satisfies $\|e^k\| \le \|w\|$ for $k \le
\ell$. The preactivation of a unit $i \in \mathcal{O}$ is $\lambda^k z_i$ plus something
bounded. So for large $\ell$ and $k > \ell$
\[
  e^k = \psi'(@U e^{k-1} + @F_u \tilde{\delta}^k) ,
\]
where $\psi'$ belongs to the partition in which the units of $\mathcal{O}$ with $z_i > 0$ are on
and those with $z_i < 0$ are off. For the RNN, $\eta^k = \lambda^k \eta + \zeta^k$ with $\eta =
\lambda^{-1} @W \eta + @F a$, $\zeta^k = @W \zeta^{k-1} + @F \tilde{\delta}^k$ and $\zeta^{\ell}
= -@W^{\ell} \eta \to 0$ as $\ell \to \infty$. Since $\lambda^k (@C_u w - @C \eta)$ is bounded,
$@C_u w = @C \eta$ and $@C_u e^k = @C \zeta^k$. Let $e$ be a limit point of the $e^{\ell}$. Then
the recursion with $\psi'$ from $e$ and that of $\zeta^k$ from $0$ have equal outputs for all
$\tilde{\delta}^k$. By homogeneity the same is true from $\tau e$ for every $\tau > 0$, and for
$\tau \to 0$ from $0$. So~\eqref{@:homogeneous} holds for the new partition. If some $z_i \ne
0$, it has fewer units at rest, a contradiction.
"""

_LINEAR = r"""
So $w = P_{\mathcal{A}} (\lambda^{-1} @U w + @F_u a) = \sum_{j \ge 0} \lambda^{-j}
(P_{\mathcal{A}} @U)^j P_{\mathcal{A}} @F_u a$, and
\[
  P_{\mathcal{O}} @F_u a + \sum_{j \ge 0} \lambda^{-j-1} P_{\mathcal{O}} @U (P_{\mathcal{A}} @U)^j
  P_{\mathcal{A}} @F_u a = 0 \qquad @/ \text{for all } \lambda > 1 .
\]
A power series that vanishes on an interval is zero. Let $X$ be the span of the images of
$(P_{\mathcal{A}} @U)^j P_{\mathcal{A}} @F_u$, $j \ge 0$; we have found $P_{\mathcal{O}} @F_u =
0$ and $P_{\mathcal{O}} @U X = 0$. So in~\eqref{@:homogeneous} the units at rest stay at $0$,
$v^k = P_{\mathcal{A}} (@U v^{k-1} + @F_u \delta^k) \in X$, and equal outputs say
\begin{equation}\label{@:markov}
  @C_u (P_{\mathcal{A}} @U)^j P_{\mathcal{A}} @F_u = @C @W^j @F \qquad (j \ge 0) .
\end{equation}
"""

_DEFECT = r"""
Let $D$ be the restriction of $P_{\mathcal{A}} @U$ to $X$, which maps $X$ to itself. By
construction $(D, P_{\mathcal{A}} @F_u, @C_u)$ is reachable on $X$; let $X_0$ be the subspace of
$X$ that its outputs do not show, and $Y$ the orthogonal complement of $X_0$ in $X$. On $X /
X_0$ we have a minimal realisation of~\eqref{@:markov}; so is $(@W, @F, @C)$, and minimal
realisations are similar: $\dim X / X_0 = @n$. With respect to $X = X_0 \oplus Y$ the map $D$
has the blocks $\begin{bmatrix} \ast & \ast \\ 0 & R \end{bmatrix}$, and $R$ is similar to $@W$.
As $X \subseteq \mathbb{R}^{\mathcal{A}}$, $|\mathcal{A}| \ge @n$. For $\xi \in X$
\[
  \|\xi\|^2 - \|D \xi\|^2 = \|@U \xi\|^2 - \|P_{\mathcal{A}} @U \xi\|^2 = \|P_{\mathcal{Z}} @U
  \xi\|^2 ,
\]
because $P_{\mathcal{O}} @U \xi = 0$. So $I - D^{\top} D$ has rank at most $|\mathcal{Z}|$, and
so has $I - D D^{\top}$, as $D$ is square. The block of $I - D D^{\top}$ that belongs to $Y$ is
$I - R R^{\top}$. Let $\lambda$ be an eigenvalue of $@W$ whose eigenspace has dimension
$\mu(@W)$; then so has that of $R^{\top}$, and $|\lambda| < 1$. There
\[
  \xi^{*} (I - R R^{\top}) \xi = \|\xi\|^2 - \|R^{\top} \xi\|^2 = (1 - |\lambda|^2) \|\xi\|^2 > 0 .
\]
Hence $I - R R^{\top}$ has rank at least $\mu(@W)$, and $|\mathcal{Z}| \ge \mu(@W)$. Altogether
$@N \ge |\mathcal{A}| + |\mathcal{Z}| \ge @n + \mu(@W)$.
"""

_SHARP = r"""
Conversely let $(@W, @F, @C)$ be minimal, $\varrho(@W) < 1$ and $\mu = \mu(@W)$. By the rational
canonical form there is a $\mu \times @n$ matrix $q$ such that $(q, @W)$ is observable. Then $P
= \sum_{j \ge 0} (@W^{\top})^j q^{\top} q @W^j$ is positive definite, and $P - @W^{\top} P @W =
q^{\top} q$. Write $P = S^{\top} S$ and $R = S @W S^{-1}$; so
\[
  I - R^{\top} R = S^{-\top} (P - @W^{\top} P @W) S^{-1} = S^{-\top} q^{\top} q S^{-1}
\]
is positive semidefinite of rank $\mu$. We may replace $S$ by its product with a rotation, and
suppose that $S \mathbf{1}$ has positive entries. Choose $@h_{\mathrm{init}} = @h^{\ast} = \tau
\mathbf{1}$ and $@b = (I - @W) @h^{\ast}$. As long as all units are active, $@h^k - @h^{\ast} =
@W (@h^{k-1} - @h^{\ast}) + @F @x^k$, which is bounded for inputs in $X_{@M}$, independently of
$\tau$. So for large $\tau$ all units are active for ever, and $S @h^k$ has positive entries.
Let $@U =
\begin{bmatrix} R & R_2 \\ R_3 & R_4 \end{bmatrix}$ be a dilation of $R$ as in the proof of
@[emami2019;Theorem~3.1], with $@n + \mu$ rows, and let
\[
  @F_u = \begin{bmatrix} S @F \\ 0 \end{bmatrix}, \qquad
  @b_u = \begin{bmatrix} S @b \\ -@H \mathbf{1} \end{bmatrix}, \qquad @/
  @C_u = \begin{bmatrix} @C S^{-1} & 0 \end{bmatrix}, \qquad
  @h_{u,\mathrm{init}} = \begin{bmatrix} S @h_{\mathrm{init}} \\ 0 \end{bmatrix},
\]
with $@H$ a bound of all $\|S @h^k\|$. If the state is $S @h^{k-1}$ above and $0$ below, the
upper preactivation is $R S @h^{k-1} + S @F @x^k + S @b = S @h^k > 0$, and the lower one is $\le
0$. So the outputs are those of the RNN, with $@n + \mu$ states; the constant input $0$ and the
fixed point $@h^{\ast}$ satisfy the hypotheses of the first claim, by which fewer do not
suffice.
"""

_SCALAR = r"""
For $@W = \omega I$ with $|\omega| < 1$, $@F = @C = I$, $@b = 0$ the eigenspace is the whole
space, so $\mu(@W) = @n$. A constant input with small positive entries has the fixed point
$\bar{@x} / (1 - \omega) > 0$, and $\|@W\| < 1$ leads there. So at least $2@n$ states are
needed, and @[emami2019;Theorem~3.1] gives a URNN with $2@n$ states.
"""

PROSE = Prose(
    title=r"$@n + \mu(@W)$ states are needed, and for some bias enough",
    lead=_LEAD,
    parts=(
        Part("A1 drift", "Drift", _DRIFT),
        Part("A2 closest point", "A closest point", _CLOSEST),
        Part("A3 no clipping", "Units that touch zero are not clipped", _NO_CLIPPING),
        Part("A4 units at rest", "Units at rest", _AT_REST),
        Part("A5 linear", "A linear system", _LINEAR),
        Part("A6 defect", "Counting singular values", _DEFECT),
        Part("A7 sharp", "The bound is attained", _SHARP),
        Part("A8 scalar memory", "Scalar memory", _SCALAR),
    ),
)
