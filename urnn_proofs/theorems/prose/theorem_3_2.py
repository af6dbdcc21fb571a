r"""Theorem 3.2 in prose; placeholders such as ``@W`` are filled by the symbols."""

from __future__ import annotations

from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["PROSE"]

_LEAD = r"""
The RNN is the one without memory: $@W = 0$, $@F = @C = I$, $@b = 0$, $@h_{\mathrm{init}} = 0$,
with $@n$ states, inputs and outputs. It is contractive, and $@y^k = \operatorname{relu}(@x^k)$.
Let a URNN with $@N$ states and weights $@U, @F_u, @b_u, @C_u$ have the same outputs for all
inputs with $\|@x^k\| \le @M$; of $@U$ we only use that it is invertible.
"""

_OUTPUTS = r"""
Call a unit of the URNN \emph{active} at time $k$ if its preactivation is positive; let
$\mathcal{A}_k$ be the set of active units and $P_k$ the diagonal projection onto their
coordinates. We consider the inputs $@x^0, \dots, @x^{@N}$. Preactivations are continuous and
piecewise affine in them; so, off a closed nowhere dense set, each of them is near the given
input either nonzero or identically zero, and the sets $\mathcal{A}_0, \dots, \mathcal{A}_{@N}$
are locally constant. Fix such an input for which moreover all entries of
every $@x^k$ are positive and $\|@x^k\| < @M$; these conditions define a nonempty open set. Near
it both networks are affine, and perturbations $\mathrm{d}@x^k$ of the inputs change the states
of the URNN by
\[
  \mathrm{d}@h_u^k = P_k (@U\, \mathrm{d}@h_u^{k-1} + @F_u\, \mathrm{d}@x^k), \qquad
  \mathrm{d}@h_u^{-1} = 0,
\]
and the outputs by $@C_u\, \mathrm{d}@h_u^k = \mathrm{d}@x^k$. Let $X_k$ be the space of all
$\mathrm{d}@h_u^k$, and $E_k = P_k @U X_{k-1}$, with $X_{-1} = 0$. The inputs can be perturbed
independently of each other, so $X_k = E_k + \operatorname{im}(P_k @F_u)$, and the outputs say
\begin{equation}\label{@:outputs}
  @C_u P_k @F_u = I, \qquad @C_u E_k = 0 .
\end{equation}
If $P_k @F_u v = e$ with $e \in E_k$, then $v = @C_u P_k @F_u v = @C_u e = 0$. So $P_k @F_u$ is
injective, its image meets $E_k$ in $0$ only, and
\[
  \dim X_k = @n + \dim E_k .
\]
"""

_NULLITY = r"""
Let $R_k$ pick the $@N - |\mathcal{A}_k|$ coordinates of the units that are not active, so that
$P_k + R_k^{\top} R_k = I$. If $P_k @U v = 0$, then $@U v = R_k^{\top} R_k @U v$, that is
$v = @U^{-1} R_k^{\top} (R_k @U v)$: the vector $R_k @U v$ with its $@N - |\mathcal{A}_k|$
entries determines $v$. Hence $\dim \ker P_k @U \le @N - |\mathcal{A}_k|$, and
\[
  \dim E_k \ge \dim X_{k-1} - (@N - |\mathcal{A}_k|) .
\]
"""

_COUNTING = r"""
Suppose $@N - |\mathcal{A}_k| \le @n - 1$ for $k = 1, \dots, @N$. Then
\[
  \dim X_k @&= @n + \dim E_k @/ @&\ge @n + \dim X_{k-1} - (@n - 1) = \dim X_{k-1} + 1
\]
for these $k$, and by induction $\dim X_{@N} \ge \dim X_0 + @N \ge @n + @N > @N$. But $X_{@N}$
is a subspace of $\mathbb{R}^{@N}$, a contradiction. So there is a $k \le @N$ with $@N -
|\mathcal{A}_k| \ge @n$: at some time at least $@n$ units are not active.
"""

_CONCLUSION = r"""
By~\eqref{@:outputs}, $@n = \operatorname{rank}(@C_u P_k @F_u) \le \operatorname{rank} P_k =
|\mathcal{A}_k|$ for every $k$. With the $k$ just found, $@N = (@N - |\mathcal{A}_k|) +
|\mathcal{A}_k| \ge @n + @n = 2@n$.
"""

PROSE = Prose(
    title="$2@n$ states are needed",
    lead=_LEAD,
    parts=(
        Part("T1 outputs", "What the outputs say", _OUTPUTS),
        Part("T2 nullity", "What one step can forget", _NULLITY),
        Part("T3 counting", "Counting dimensions", _COUNTING),
        Part("T4 conclusion", "Conclusion", _CONCLUSION),
    ),
)
