# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Setting and statements
#
# A recurrent network $(W, F, b, C, h_{\mathrm{init}}; \phi)$ with $n$ states maps inputs $x^0, x^1, \dots$ to outputs
#
# $$h^k = \phi(W h^{k-1} + F x^k + b), \qquad y^k = C h^k, \qquad h^{-1} = h_{\mathrm{init}},$$
#
# where $\phi$ acts on each entry. It is *contractive* if $\|W\| < 1$ (spectral norm) and $|\phi(s) - \phi(t)| \le |s - t|$.
# A *unitary* RNN (URNN) is one whose transition matrix $U$ is real orthogonal, $U^\top U = I$.
# Two networks are *equivalent on* $X_M$ if their outputs are equal at all times for all inputs with $\|x^k\| \le M$.
#
# Weights are exact: `int`, `Fraction`, or a `float`, which is read as the dyadic rational that it is.

# %%
from fractions import Fraction

from urnn_proofs import RNN, is_contractive

W = [[Fraction(1, 2), Fraction(1, 3)], [0, Fraction(-1, 4)]]
rnn = RNN(W=W, F=[[1], [Fraction(1, 2)]], b=[0, Fraction(1, 4)], C=[[1, -1]])
rnn

# %% [markdown]
# Whether it is contractive is decided in integers, not by a floating-point norm:

# %%
is_contractive(rnn)

# %% [markdown]
# Outputs in rationals and in floating point, for the input $x = (1, -1, \tfrac12)$:

# %%
x = [[1], [-1], [Fraction(1, 2)]]
print("exact:", [str(y[0]) for y in rnn.run_exact(x)])
print("float:", rnn.run([[float(v) for v in row] for row in x])[:, 0].round(6).tolist())

# %% [markdown]
# ## Why the statements are not obvious
#
# A contractive network forgets: the difference of two trajectories under the same input is multiplied by at most
# $\|W\| < 1$ at each step. An orthogonal matrix forgets nothing: it keeps the norm of every difference. Whatever
# a URNN forgets, its activation must remove.

# %%
import matplotlib.pyplot as plt
import numpy as np

inputs = np.random.default_rng(0).uniform(-1, 1, 25)
w = rnn.to_numpy()
angle = 0.7
U = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def gap(A, phi):
    """Return the distance of two trajectories under one input, from two initial states."""
    g, h = np.array([2.0, -1.0]), np.array([-1.0, 1.0])
    found = []
    for x in inputs:
        g, h = (phi(A @ s + w.F[:, 0] * x + w.b) for s in (g, h))
        found.append(np.linalg.norm(g - h))
    return np.array(found)


fig, ax = plt.subplots(figsize=(6.4, 3), dpi=80)
ax.plot(gap(U, lambda z: z), "C7--", label="orthogonal $U$, no activation")
ax.plot(gap(w.W, lambda z: np.maximum(z, 0)), "C0-", label=r"contractive $W$, ReLU")
ax.plot(gap(U, lambda z: np.maximum(z, 0)), "C1.-", label="orthogonal $U$, ReLU")
ax.set(xlabel="$k$", ylabel="distance of two trajectories")
ax.legend(frameon=False, fontsize=9)
plt.show()

# %% [markdown]
# ReLU can remove: it sends a half-line to 0, so it can switch units off. That is what the construction of Theorem 3.1
# uses, and it costs states. A strictly increasing activation can squeeze, but removes nothing; Theorem 3.3 makes that
# an obstruction.
#
# ## The statements

# %%
from IPython.display import Markdown, display

from urnn_proofs import theorem

for name in ("3.1", "3.2", "3.3"):
    proof = theorem(name)
    display(Markdown(f"**Theorem {name}.** {proof.statement.latex}"))

# %% [markdown]
# ## The same in Coq
#
# Theorem 3.1 as Coq prints it. `rnn R n m p` is a network with $n$ states, $m$ inputs and $p$ outputs over $R$, `trans`
# its transition matrix, and `equivalent phi M` says equal outputs at all times for all inputs with $\|x^k\| \le M$.
# [Checked by Coq](../docs/formal.md) has all theorems.

# %%
from urnn_proofs.formal.record import recorded

in_coq = recorded("theorem_3_1")
print(in_coq.statement)
print("\naxioms:", ", ".join(in_coq.assumptions) or "none")

# %% [markdown]
# More theorems are not in the paper. Coq checked some of them; three have a proof in words only.

# %%
from urnn_proofs.theorems.registry import theorem_names

beyond = [name for name in theorem_names() if name not in ("3.1", "3.2", "3.3")]
for name in beyond:
    proof = theorem(name)
    display(Markdown(f"**{name}** ({proof.reference}). {proof.statement.latex}"))

# %% [markdown]
# ## What each one rests on
#
# Hypotheses, verdict, trust and range of each proof, as checked now:

# %%
for name in theorem_names():
    proof = theorem(name)
    report = proof.check()
    print(f"{name}: {report.verdict}, trust {report.trust}, for {report.scope}")
    for hypothesis in proof.hypotheses:
        print(f"    hypothesis: {hypothesis}")

# %% [markdown]
# FORMAL are Coq's theorems. The others are ASSUMED, with trust WORDS: a machine checked the algebra of their steps, and what
# joins the steps is a proof in words. [03](03_two_n_is_tight.ipynb) is about the number of states,
# [04](04_smooth_activations.ipynb) about `3.3-strong`.
#
# That the hypotheses can be met, and what fails without one of them, is part of each report, as examples that could
# contradict. For Theorem 3.1:

# %%
for check in theorem("3.1").check().checks:
    if check.name == "witness" or check.name.startswith("with"):
        print(f"{check.name:22} {check.claim}")
