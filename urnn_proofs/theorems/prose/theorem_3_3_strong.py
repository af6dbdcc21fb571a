r"""The strong form of Theorem 3.3 in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
An RNN is \emph{reduced} if, as functions of the inputs, the preactivations $q_1^k, \dots,
q_{@n}^k$ of its units are nonconstant and pairwise different up to sign for all large $k$, and
no column of $@C$ is zero; it is enough that the rows of $@F$ are nonzero and pairwise different
up to sign, and the columns of $@C$ nonzero. Suppose that a URNN with $@N$ states and weights
$@U, @F_u, @b_u, @C_u$ has the same outputs as a reduced RNN for all inputs with $\|@x^k\| \le
@M$, and let $p_1^k, \dots, p_{@N}^k$ be its preactivations. All these functions are real
analytic, so the outputs agree for all inputs. We use that $@phi(-t) = \kappa - @phi(t)$, with
$\kappa = 0$ for $\tanh$ and $\kappa = 1$ for the logistic function. The first three steps show
that functions $1, @phi(p_1), \dots, @phi(p_m)$ are linearly independent whenever $p_1, \dots,
p_m$ are preactivations of the two networks at one time, nonconstant and pairwise different up
to sign. They use the poles of $\tanh$: it is meromorphic in the plane, and its poles are the
points of $\Lambda = \{\mathrm{i} \pi \omega / 2 : \omega \text{ odd}\}$, all simple and of
residue $1$. With what they show as a hypothesis Coq proved that there is no URNN if the powers of
$@W$ tend to $0$; for that claim, what is believed on words alone is these three steps.
"""

_AFFINE = r"""
Let $\mathcal{L}_0$ be the set of functions $\alpha t + o$ with real $\alpha, o$, and
$\mathcal{L}_{j+1}$ that of all functions $c_0 + \sum_g c_g \tanh(f_g)$ with real $c_g$ and
finitely many $f_g \in \mathcal{L}_j$. They are real analytic on the real line. Given finitely
many functions of $\mathcal{L}_j$, they are meromorphic on a connected open set that contains
the real line: the plane for $j \le 1$, and for larger $j$ the plane without the closed discrete
sets of poles of the functions of lower levels that occur. We show the claim~($\ast$) for every
$j$:
\begin{quote}
  If $f_1, \dots, f_r \in \mathcal{L}_j$ are nonconstant and pairwise different up to sign, and
  the complex numbers $c_1, \dots, c_r$ are not all $0$, then there is a point $t^{\ast}$ at
  which all $f_g$ are analytic, $f'_g(t^{\ast}) \ne 0$ whenever $f_g(t^{\ast}) \in \Lambda$, and
  $\sum_g c_g \operatorname{Res}_{t^{\ast}} \tanh(f_g) \ne 0$.
\end{quote}
Let $j = 0$ and $f_g = \alpha_g t + o_g$. Among the $g$ with $c_g \ne 0$ and one real zero
$-o_g/\alpha_g = -o/\alpha$ choose the one with the largest $|\alpha_g|$; it belongs to $\alpha$
and $o$, say. Put $t^{\ast} = (\mathrm{i} \pi / 2 - o) / \alpha$. If $c_g \ne 0$ and
$f_g(t^{\ast}) \in \Lambda$, then $f_g(t^{\ast})$ has the real part $o_g - \alpha_g o / \alpha =
0$, so $f_g$ has the same zero, and $f_g(t^{\ast}) = \mathrm{i} (\alpha_g / \alpha) \pi / 2$.
For the others with the same zero $|\alpha_g / \alpha| < 1$, since $f_g \ne \pm f$; so they have
no pole. The sum of the residues is $c / \alpha \ne 0$, with the coefficient $c$ of the chosen
function.
"""

_TOWER = r"""
Suppose~($\ast$) for $j$, and let $f_1, \dots, f_r \in \mathcal{L}_{j+1}$ and $c_1, \dots, c_r$
be as there, $c_1 \ne 0$. Collecting terms that are equal up to sign, and constants, write $f_i
= c_{i0} + \sum_g c_{ig} \tanh(\varphi_g)$ with $\varphi_g \in \mathcal{L}_j$ nonconstant and
pairwise different up to sign. As $f_1$ is not constant, some $c_{1g} \ne 0$. By~($\ast$) for
the $\varphi_g$ and the $c_{1g}$ there is a point $t_0$ at which all $\varphi_g$ are analytic,
every $\tanh(\varphi_g)$ has at most a simple pole, and $f_1$ has the residue $\kappa_1 \ne 0$.
Let $\kappa_i$ be the residue of $f_i$, and $f$, with residue $\kappa$ and coefficient $c$, the
one with the largest $|\kappa_i|$ among the $f_i$ with $c_i \ne 0$, $\kappa_i \ne 0$ and
$\kappa_i / \kappa_1$ real. Near its simple pole $f$ takes the value $\mathrm{i} \pi \omega /
2$, for every odd $\omega$ of large modulus, at exactly one point $t_\omega$, and $t_\omega \to
t_0$, $t_\omega \ne t_0$. We claim that for infinitely many odd $\omega$ no other $f_i$ with
$c_i \ne 0$ has $f_i(t_\omega) \in \Lambda$. Consider such an $i$.
\begin{itemize}
\item $\kappa_i = 0$: then $f_i$ is analytic at $t_0$. If $f_i(t_\omega) \in \Lambda$ for
  infinitely many $\omega$, then, $\Lambda$ being discrete, $f_i(t_\omega) = f_i(t_0)$ for
  infinitely many, and $f_i$ would be constant.
\item $\kappa_i / \kappa$ is not real: then $f_i(t_\omega) = (\kappa_i / \kappa)\, \mathrm{i}
  \pi \omega / 2 + O(1)$ has a real part that is not $0$, for large $|\omega|$.
\item $\rho = \kappa_i / \kappa$ is real and not $0$: then $|\rho| \le 1$, and $d = f_i - \rho
  f$ is analytic at $t_0$, and real on the real line, since $\rho$ is. We have $f_i(t_\omega) =
  \rho\, \mathrm{i} \pi \omega / 2 + d(t_\omega)$.
  \begin{itemize}
  \item $\rho = \alpha / \beta$ is a fraction and $d$ is not constant: if $f_i(t_\omega) \in
    \Lambda$, then $2 d(t_\omega) / (\mathrm{i} \pi)$ is a multiple of $1 / \beta$. It converges
    as $t_\omega \to t_0$; so for infinitely many such $\omega$ it would be equal to its limit,
    and $d$ constant.
  \item $\rho$ is a fraction and $d \ne 0$ is constant: then $d$ is real, and $f_i(t_\omega)$
    has the real part $d \ne 0$.
  \item $\rho = \alpha / \beta$ is a fraction in lowest terms and $d = 0$: then $|\rho| \ne 1$,
    as $f_i \ne \pm f$, so $\beta \ge 2$; and $\rho \omega$ is no whole number if $\omega \equiv
    1$ modulo $2 \beta$. For from $\omega \alpha = \beta m$, $\omega = 1 + 2 \beta k$ and
    $\alpha p + \beta q = 1$ we would get $\beta ((m - 2 k \alpha) p + q) = 1$.
  \item $\rho$ is no fraction: put $\theta = 2 d(t_0) / (\mathrm{i} \pi)$. If $\theta$ is not
    real, $f_i(t_\omega)$ has a real part that is not $0$ for large $|\omega|$, since $d(t_0)$
    has one. If $\theta$ is real, then $\rho \omega + \theta$ is an odd number for at most one
    $\omega$, because a difference of two would make $\rho$ a fraction.
  \end{itemize}
\end{itemize}
Let $\mu$ be a common multiple of the denominators $\beta$. Choose $\omega_0 \equiv 1$ modulo $2
\mu$ such that for each of the finitely many $i$ of the last kind $\rho \omega_0 + \theta$ is no
odd number; let $3 \gamma > 0$ be smaller than all distances to odd numbers. By Dirichlet's
pigeonhole argument there are infinitely many $\nu > 0$ for which all $2 \mu \nu \rho$ are
closer than $\gamma$ to even numbers. For $\omega = \omega_0 + 2 \mu \nu$ the number $\rho
\omega + \theta$ has a distance of at least $2 \gamma$ from every odd number, and for large
$\omega$ the number $2 f_i(t_\omega) / (\mathrm{i} \pi) = \rho \omega + 2 d(t_\omega) /
(\mathrm{i} \pi)$ still one of at least $\gamma$. These $\omega$ are $1$ modulo $2 \mu$. So all
large ones among them are as claimed. For a large one put $t^{\ast} = t_\omega$. All $f_i$ are
analytic there, since poles are isolated; $f'_i(t^{\ast}) \ne 0$, since near $t_0$ the
derivative of $f_i$ behaves like $-\kappa_i / (t - t_0)^2$, or, if $\kappa_i = 0$, has isolated
zeros. The sum of the residues is $c / f'(t^{\ast}) \ne 0$. So~($\ast$) holds for $j + 1$.
"""

_NETWORKS = r"""
Suppose that $\sum_i \ell_i \tanh(p_i)$ is constant, where the $p_i$ are preactivations at time
$k$, nonconstant and pairwise different up to sign, and $\ell_1 \ne 0$. Some input $@x^s$
changes $p_1$. Fix the other inputs and a line $@x^s = \xi + t \zeta$ such that $p_1$ is not
constant in $t$ and those $p_i$ that are not constant in $t$ are still different up to sign; as
$p_1$, the $p_i - p_j$ and the $p_i + p_j$ are analytic and the latter are not $0$, generic
choices will do. The $p_i$ that are constant in $t$ go into the constant. At time $s$ all
preactivations are affine in $t$, that is in $\mathcal{L}_0$, and at time $k$ they are in
$\mathcal{L}_{k-s}$. By~($\ast$) the combination, continued analytically from the real line, has
a point with a residue that is not $0$, although it is constant. So $1$ and the $\tanh(p_i)$ are
linearly independent. The logistic function is $\frac12 (1 + \tanh(t / 2))$, and halves of
preactivations are as good.
"""

_MATCHING = r"""
For all large $k$ equal outputs say that $\sum_i @C_{i} @phi(q_i^k) = \sum_j @C_{u,j}
@phi(p_j^k)$ with the columns of $@C$ and $@C_u$. With $@phi(-t) = \kappa - @phi(t)$ collect the
$p_j^k$ that are equal up to sign, the constant ones apart. If some $q_i^k$ were different, up
to sign, from all nonconstant $p_j^k$, then independence would give $@C_i = 0$. Hence for every
unit $i$ of the RNN there is a nonempty group $g(i)$ of units of the URNN whose preactivations
are $\pm q_i^k$; different units have disjoint groups.
"""

_REACHABLE = r"""
The other units of the URNN with nonconstant preactivations form groups in the same way. Let the
columns of $J_k$ be the signed indicator vectors of $g(1), \dots, g(@n)$, with the signs in
$p_j^k = \pm q_i^k$, and those of $K_k$ the signed indicator vectors of the other groups; $V_k =
\operatorname{im} J_k + \operatorname{im} K_k$. If the inputs change, then units of one group
change their values by the same amount up to sign, and constant ones not at all: all differences
of states at time $k$ lie in $V_k$. They span it: if a linear form $\ell$ vanishes on all
differences, then $\ell @h_u^k$ is constant, and by independence $\ell J_k = 0$ and $\ell K_k =
0$, so $\ell$ vanishes on $V_k$.
"""

_INVARIANCE = r"""
Fix the input at time $k + 1$ and let two input histories differ before. Their preactivations at
time $k + 1$ differ by $@U v$, where $v$ is the difference of the states at time $k$. Within a
group at time $k + 1$ the entries of $@U v$ are equal up to the signs of the group, and at
constant units they are $0$; that is, $@U v \in V_{k+1}$. As such $v$ span $V_k$, we get $@U V_k
\subseteq V_{k+1}$. Since $@U$ is injective, $\dim V_k \le \dim V_{k+1} \le @N$, so the
dimension settles, and $@U V_k = V_{k+1}$ from some $k$ on. From now on $k$ is that large.
"""

_INTERTWINING = r"""
In the same situation the preactivations $q_i^{k+1}$ of the RNN change by $@W a$, where $a$ is
the change of its state; and $v = J_k a + K_k c$ for some $c$. So the coefficients of $J_{k+1}$
in $@U v$ are $@W a$, whatever $c$ is:
\[
  @U J_k = J_{k+1} @W + K_{k+1} S, \qquad @U K_k = K_{k+1} T
\]
with matrices $S$ and $T$. Here $T$ is square, because $\dim V_k$ has settled, and invertible,
because $@U K_k$ has full column rank. Groups are disjoint, so $K_k^{\top} J_k = 0$ and
$K_{k+1}^{\top} J_{k+1} = 0$. Therefore
\[
  0 @&= K_k^{\top} J_k = (@U K_k)^{\top} (@U J_k)
  @/ @&= T^{\top} K_{k+1}^{\top} (J_{k+1} @W + K_{k+1} S) @/ @&= T^{\top} K_{k+1}^{\top} K_{k+1} S ,
\]
and $S = 0$, as $T$ and $K_{k+1}^{\top} K_{k+1}$ are invertible. So $@U J_k = J_{k+1} @W$.
"""

_ISOMETRY = r"""
The matrix $E_k = J_k^{\top} J_k$ is diagonal; its entries count the members of the groups
$g(1), \dots, g(@n)$. As $@U$ is orthogonal,
\[
  @W^{\top} E_{k+1} @W = (J_{k+1} @W)^{\top} (J_{k+1} @W) = (@U J_k)^{\top} (@U J_k) = E_k .
\]
"""

_DECAY = r"""
Let $\varrho(@W) < 1$. By induction on $L$ these identities telescope to $(@W^L)^{\top} E_{k+L}
@W^L = E_k$. The entries of $E_k$ lie between $1$ and $@N$. For a unit vector $v$ we get
\[
  1 \le v^{\top} E_k v = (@W^L v)^{\top} E_{k+L}\, @W^L v \le @N \|@W^L\|^2 .
\]
But $\|@W^L\| \to 0$. This contradiction shows that there is no URNN then.
"""

_PERIODS = r"""
The $E_k$ are diagonal matrices of whole numbers between $1$ and $@N$; there are finitely many
such matrices, so $E_l = E_m$ for some $l < m$. With $S_k = E_l + \dots + E_{k-1}$ we have
\[
  @W^{\top} (S_k + E_k - E_l) @W = S_k
\]
for $k \ge l$: for $k = l$ both sides are $0$, and from $k$ to $k + 1$ the left-hand side grows
by $@W^{\top} E_{k+1} @W = E_k$. For $k = m$ this is $@W^{\top} S_m @W = S_m$: the matrix $E =
S_m$ is a positive integer diagonal one with $@W^{\top} E @W = E$. So if there is a URNN, there
is such an $E$.
"""

_CONVERSE = r"""
Now let $@W^{\top} E @W = E$ for a positive integer diagonal matrix $E$. Make $E_{ii}$ copies of
unit $i$: let $J$ be the matrix of zeros and ones with one $1$ in each row and $J^{\top} J = E$;
it has $@N = \operatorname{tr} E$ rows. Put $@F_u = J @F$, $@b_u = J @b$, $@h_{u,\mathrm{init}}
= J @h_{\mathrm{init}}$ and $@C_u = @C E^{-1} J^{\top}$. The map $J a \mapsto J @W a$ is
isometric on $\operatorname{im} J$, because $(J @W)^{\top} (J @W) = @W^{\top} E @W = E =
J^{\top} J$. It extends to an orthogonal map $@U$ of $\mathbb{R}^{@N}$, with $@U J = J @W$. If
$@h_u^{k-1} = J @h^{k-1}$, then
\[
  @h_u^k @&= @phi\bigl(@U J @h^{k-1} + J @F @x^k + J @b\bigr)
  @/ @&= @phi\bigl(J (@W @h^{k-1} + @F @x^k + @b)\bigr) = J @h^k,
\]
since $@phi$ acts entrywise and each row of $J$ picks one entry. So $@C_u @h_u^k = @C E^{-1}
J^{\top} J @h^k = @C @h^k$ for all $k$.
"""

PROSE = Prose(
    title="which reduced networks have a URNN",
    lead=_LEAD,
    parts=(
        Part("IL affine", "Poles of affine functions", _AFFINE),
        Part("IL tower", "Poles at every level", _TOWER),
        Part("IL networks", "Independence", _NETWORKS),
        Part("V1 matching", "Matching units", _MATCHING),
        Part("V2 reachable space", "Differences of states", _REACHABLE),
        Part("V3 invariance", "Invariance", _INVARIANCE),
        Part("V4 intertwining", "Intertwining", _INTERTWINING),
        Part("V5 isometry", "Isometry", _ISOMETRY),
        Part("V6 decay", "Decay", _DECAY),
        Part("periods", "Periods", _PERIODS),
        Part("converse", "The converse", _CONVERSE),
    ),
)
