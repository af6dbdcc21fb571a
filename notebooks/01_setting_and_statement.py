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
# A **recurrent network** (RNN) reads inputs $x^0, x^1, \dots$ and gives out $y^0, y^1, \dots$ by
#
# $$\begin{aligned} h^k &= \phi(W h^{k-1} + F x^k + b), \\ y^k &= C h^k, \\ h^{-1} &= h_{\mathrm{init}}. \end{aligned}$$
#
# | letter | what it is |
# | --- | --- |
# | $h^k \in \mathbb{R}^n$ | the state at time $k$; its $n$ entries are the *units* |
# | $W$ | the transition matrix, $n \times n$ |
# | $F$, $b$ | input weights and bias |
# | $C$ | output weights |
# | $\phi$ | the activation, on each entry: ReLU is $\max(0, \cdot)$ |
# | $W h^{k-1} + F x^k + b$ | the *preactivations* |
#
# Three words, once and for all:
#
# - A network is **contractive** if $\|W\| < 1$ and $|\phi(s) - \phi(t)| \le |s - t|$. Here $\|W\|$ is the spectral norm,
#   the largest factor by which $W$ stretches a vector.
# - A **unitary** network (URNN) is one whose transition matrix $U$ is real orthogonal: $U^\top U = I$.
# - Two networks are **equivalent on** $X_M$ if their outputs are equal at all times $k$ for all inputs with
#   $\|x^k\| \le M$.
#
# A network of size $n$ to play with. Weights are exact: `int`, `Fraction`, or a `float`, which is read as the fraction
# that it is.

# %%
from fractions import Fraction

from urnn_proofs import RNN, is_contractive
from urnn_proofs.show import draw

n = 2  # try 1, 3, 8

W = [[0] * n for _ in range(n)]
for i in range(n):
    W[i][i] = Fraction((-1) ** i, 2)
    if i + 1 < n:
        W[i][i + 1] = Fraction(1, 3)
rnn = RNN(W, F=[[1]] * n, b=[Fraction(1, 4)] * n, C=[[1] * n])
rnn

# %% [markdown]
# $\|W\| < 1$ says that the unit circle is mapped into itself. (For $n > 2$ the picture shows the plane of the largest and the
# smallest stretch.)

# %%
draw.ellipse(rnn.W)

# %% [markdown]
# Whether it is so is decided in integers, not by a floating-point norm:

# %%
is_contractive(rnn)

# %% [markdown]
# Outputs exactly and in floating point, for the input $x = (1, -1, \tfrac12)$:

# %%
x = [[1], [-1], [Fraction(1, 2)]]
print("exact:", *(str(y[0]) for y in rnn.run_exact(x)))
print(
    "float:",
    *rnn.run([[float(v) for v in row] for row in x])[:, 0].round(6),
)

# %% [markdown]
# ## Why the statements are not obvious
#
# Start one network twice, in different states, and give both runs the same input. How far apart are they?
#
# - Contractive $W$: the distance is multiplied by at most $\|W\| < 1$ at each step. Such a network forgets where it
#   began.
# - Orthogonal $U$ and no activation: the distance stays as it is. Nothing is ever forgotten.
# - Orthogonal $U$ with ReLU: $U$ forgets nothing, so whatever is forgotten the *activation* has removed. Where it removes
#   enough, it can keep up with a contractive network.

# %%
import numpy as np

from urnn_proofs import piecewise_linear

shift = [
    [int(j == (i + 1) % n) for j in range(n)] for i in range(n)
]  # orthogonal
linear = piecewise_linear(
    "linear", knots=[0], slopes=[1, 1], value=0
)
x = np.random.default_rng(0).uniform(-1, 1, (25, 1))
networks = {
    "orthogonal $U$, no activation": rnn.replace(
        W=shift, activation=linear
    ),
    "contractive $W$, ReLU": rnn,
    "orthogonal $U$, ReLU": rnn.replace(W=shift),
}
draw.distances(networks, x, start=[2] * n, other=[-1] * n)

# %% [markdown]
# ReLU sends a half-line to $0$, so a unit can be off, and what it would have carried is gone. The construction of
# [Theorem 3.1](02_relu_construction.ipynb) needs units that are always off; they cost states. tanh squeezes, but it never
# maps two numbers to one; [Theorem 3.3](04_smooth_activations.ipynb) makes that an obstruction.
#
# ## The statements

# %%
from IPython.display import Markdown, display

from urnn_proofs import theorem


def state(*names):
    """Show what theorems say, and who is believed."""
    for name in names:
        report = theorem(name).check()
        display(
            Markdown(
                f"**{name}.** {theorem(name).statement.latex}\n\n"
                f"*{report.verdict}, trust {report.trust}*"
            )
        )


state("3.1", "3.2", "3.3")

# %% [markdown]
# ## The same in Coq
#
# Theorem 3.1 as Coq prints it. `rnn R n m p` is a network with $n$ states, $m$ inputs and $p$ outputs over $R$, a real
# closed field (`rcfType`) such as the real numbers, `trans` its transition matrix; `equivalent phi M` is equivalence on $X_M$, and `contraction` is $\|W\| < 1$.
# [Checked by Coq](../docs/formal.md) has all theorems.

# %%
from urnn_proofs.formal.record import recorded

formal = recorded("theorem_3_1")
print(formal.statement)
print("\naxioms:", ", ".join(formal.assumptions) or "none")

# %% [markdown]
# What those words mean there, as written in the one file that defines them:

# %%
from urnn_proofs.show.coq import in_coq

in_coq(
    "equivalent", "admissible", "contraction", "orthogonal", "relu"
)

# %% [markdown]
# ## Beyond the paper
#
# More theorems are this package's own; 03 and 04 come to them. FORMAL are Coq's. WORDS are complete proofs in words: a
# machine checked the algebra of each step, not what joins them, and so they are ASSUMED.

# %%
from urnn_proofs.show.overview import overview

overview()

# %% [markdown]
# `theorem(name)` shows the statement and the steps of any of them. For example, why some networks have no URNN at all, not
# even one that comes close:

# %%
state("expansive")

# %% [markdown]
# ## What is the paper's, and what is not
#
# | | the paper | here |
# | --- | --- | --- |
# | 3.1 | at most $2n$ states are enough | the same, $U$ exact; $n + \mathrm{rank}(I - W^\top W)$ states, which is less than $2n$ where $\lVert W \rVert = 1$ and the states are bounded |
# | 3.2 | some network needs $2n$ | the same; and which networks do |
# | 3.3 | some network with a sigmoid has no URNN of any size | the same, for one state and $W = 0$; and what is possible within $\varepsilon$ |
#
# The proofs here were written so that a machine can check each step. They are not a transcription of the paper's
# proofs: for how the authors argue, read the paper. For 3.2 and 3.3 the proofs here take a witness without memory,
# $W = 0$, and use of a URNN only that its transition is invertible.
#
# ## Each hypothesis is needed
#
# Part of each report are examples: that the hypotheses can be met at all, and what fails without one of them. They could
# contradict the theorem; they do not. For Theorem 3.1:

# %%
for check in theorem("3.1").check().checks:
    if check.name == "witness" or check.name.startswith("with"):
        print(f"{check.name}: {check.claim}")

# %% [markdown]
# Next: [why $2n$ states are enough](02_relu_construction.ipynb).
