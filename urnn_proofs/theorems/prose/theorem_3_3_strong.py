r"""The strong form of Theorem 3.3 in prose; placeholders are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
An RNN is \emph{reduced} if, as functions of the inputs, the preactivations $q_1^k, \dots,
q_{@n}^k$ of its units are nonconstant and pairwise different up to sign for all large $k$, and
no column of $@C$ is zero; it is enough that the rows of $@F$ are nonzero and pairwise different
up to sign, and the columns of $@C$ nonzero. Suppose that a URNN with $@N$ states and weights
$@U, @F_u, @b_u, @C_u$ has the same outputs as a reduced RNN with $\varrho(@W) < 1$ for all
inputs with $\|@x^k\| \le @M$, and let $p_1^k, \dots, p_{@N}^k$ be its preactivations. All these
functions are real analytic, so the outputs agree for all inputs. We use that
$@phi(-t) = \kappa - @phi(t)$, with $\kappa = 0$ for $\tanh$ and $\kappa = 1$ for the logistic
function. The first three steps show that functions $1, @phi(p_1), \dots, @phi(p_m)$ are
linearly independent whenever $p_1, \dots, p_m$ are preactivations of the two networks at one
time, nonconstant and pairwise different up to sign.
"""

_CITATION = r"""
Let $u_1, \dots, u_R$ be analytic functions on an interval that are linearly independent over
$\mathbb{Q}$ modulo constants. Then the field
\[
  \mathbb{C}(u_1, \dots, u_R, \mathrm{e}^{u_1}, \dots, \mathrm{e}^{u_R})
\]
has transcendence degree at least $R + 1$ over $\mathbb{C}$; see @[ax1971].
"""

_ASSUMED = r"""the following theorem (@[ax1971]): if analytic functions $u_1, \dots, u_R$ on an
interval are linearly independent over $\mathbb{Q}$ modulo constants, then
\[
  \mathbb{C}(u_1, \dots, u_R, \mathrm{e}^{u_1}, \dots, \mathrm{e}^{u_R})
\]
has transcendence degree at least $R + 1$ over $\mathbb{C}$"""

_TOWER = r"""
Restrict all preactivations to a generic real line in the space of inputs, with parameter $t$:
finitely many analytic functions that are nonconstant, or different up to sign, stay so. Among
the preactivations of both networks at the times $0, \dots, k$ choose a basis over $\mathbb{Q}$
modulo constants, divided by a common denominator: $u_1, \dots, u_R$. Then every preactivation
has the form $p = c + \sum_l q_l u_l$ with integers $q_l$. A preactivation is a linear
combination of $1$, of $t$ and of values of $@phi$ at earlier preactivations, which are rational
functions of exponentials $\mathrm{e}^{p} = \mathrm{e}^{c} \prod_l (\mathrm{e}^{u_l})^{q_l}$ or
of their squares. By induction on the time all preactivations, and with them the $u_l$, lie in
$\mathbb{C}(t, \mathrm{e}^{u_1}, \dots, \mathrm{e}^{u_R})$. This field contains that of the
first step, so its transcendence degree is at least $R + 1$; as it has $R + 1$ generators, these
are algebraically independent. In particular $\mathrm{e}^{u_1}, \dots, \mathrm{e}^{u_R}$ are
algebraically independent over $\mathbb{C}$. (If all preactivations are constant there is
nothing to show.)
"""

_POLES = r"""
Let $p_1, \dots, p_m$ be as above, and suppose that a linear combination of the $@phi(p_i)$ is
constant. Since $@phi(p)$ is, up to constants, $1 / (1 + \mathrm{e}^{-p})$ or $1 / (1 +
\mathrm{e}^{2p})$, this is a relation among $1$ and functions $1 / (1 + \gamma_i s^{a_i})$,
where $s = (\mathrm{e}^{u_1}, \dots, \mathrm{e}^{u_R})$, $\gamma_i > 0$ and
the $a_i$ are nonzero integer vectors. By the previous step $s_1, \dots, s_R$ may be treated as
independent variables. Along a generic curve $s = (\tau^{d_1}, \dots, \tau^{d_R})$ with integers
$d_l$ the pairs $(a_i, \gamma_i)$ give pairs $(m_i, \gamma_i)$ with integers $m_i \ne 0$, again
pairwise different even after $(m_i, \gamma_i)$ is replaced by $(-m_i, \gamma_i^{-1})$, because
the $p_i$ are pairwise different up to sign. As $1 / (1 + 1/z) = 1 - 1 / (1 + z)$, we may take
all $m_i \ge 1$. The poles of $1 / (1 + \gamma \tau^{m})$ have the modulus $\gamma^{-1/m}$ and
the angles $(2l + 1) \pi / m$. Among the functions with nonzero coefficient
whose poles have one modulus, the exponents are different; let $m$ be the largest. The function
with exponent $m$ has a pole at the angle $\pi / m$. No function with a smaller exponent $q$ has
a pole there, since $(2l + 1) \pi / q = \pi / m$ would mean $(2l + 1) m = q < m$. So this pole
does not cancel, a contradiction: all coefficients vanish.
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
change their values by the same amount up to sign, and constant ones not
at all: all differences of states at time $k$ lie in $V_k$. They span it: if a linear form
$\ell$ vanishes on all differences, then $\ell @h_u^k$ is constant, and by independence $\ell
J_k = 0$ and $\ell K_k = 0$, so $\ell$ vanishes on $V_k$.
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
  0 = K_k^{\top} J_k = (@U K_k)^{\top} (@U J_k)
  = T^{\top} K_{k+1}^{\top} (J_{k+1} @W + K_{k+1} S) = T^{\top} K_{k+1}^{\top} K_{k+1} S ,
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
By induction on $L$ these identities telescope to $(@W^L)^{\top} E_{k+L} @W^L = E_k$. The
entries of $E_k$ lie between $1$ and $@N$. For a unit vector $v$ we get
\[
  1 \le v^{\top} E_k v = (@W^L v)^{\top} E_{k+L}\, @W^L v \le @N \|@W^L\|^2 .
\]
But $\|@W^L\| \to 0$ since $\varrho(@W) < 1$. This contradiction proves the first claim.
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
  @h_u^k = @phi\bigl(@U J @h^{k-1} + J @F @x^k + J @b\bigr)
  = @phi\bigl(J (@W @h^{k-1} + @F @x^k + @b)\bigr) = J @h^k,
\]
since $@phi$ acts entrywise and each row of $J$ picks one entry. So $@C_u @h_u^k = @C E^{-1}
J^{\top} J @h^k = @C @h^k$ for all $k$.
"""

PROSE = Prose(
    title="no URNN for any reduced network that forgets",
    lead=_LEAD,
    parts=(
        Part("IL citation", "A theorem of Ax", _CITATION, assumed=_ASSUMED),
        Part("IL tower", "Exponentials", _TOWER),
        Part("IL poles", "Independence", _POLES),
        Part("V1 matching", "Matching units", _MATCHING),
        Part("V2 reachable space", "Differences of states", _REACHABLE),
        Part("V3 invariance", "Invariance", _INVARIANCE),
        Part("V4 intertwining", "Intertwining", _INTERTWINING),
        Part("V5 isometry", "Isometry", _ISOMETRY),
        Part("V6 decay", "Decay", _DECAY),
        Part("converse", "The second claim", _CONVERSE),
    ),
)
