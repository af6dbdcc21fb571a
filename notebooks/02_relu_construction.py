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
# # Theorem 3.1: $2n$ states are enough
#
# **Claim.** A ReLU network with $n$ states and $\|W\| < 1$ has a URNN with at most $2n$ states and the same outputs for
# every input with $\|x^k\| \le M$.
#
# The network of this notebook, and the URNN that the package builds for it. Change $n$ and run everything again.

# %%
from fractions import Fraction

import numpy as np

from urnn_proofs import RNN, equivalent_urnn, theorem
from urnn_proofs.show import draw
from urnn_proofs.show.coq import in_coq

n = 2  # try 1, 3, 8
M = 1

W = [[0] * n for _ in range(n)]
for i in range(n):
    W[i][i] = Fraction((-1) ** i, 2)
    if i + 1 < n:
        W[i][i + 1] = Fraction(1, 3)
rnn = RNN(W, F=[[1]] * n, b=[Fraction(1, 4)] * n, C=[[1] * n])
both = equivalent_urnn(rnn, input_bound=M)
U = both.urnn.W
proof = theorem("3.1")

# %% [markdown]
# ## The reason
#
# $W$ shortens vectors, an orthogonal matrix must not. So write another matrix $W_3$ below $W$ that takes up what $W$
# loses: $\|Wh\|^2 + \|W_3h\|^2 = \|h\|^2$ for all $h$. That is
#
# $$W^\top W + W_3^\top W_3 = I,$$
#
# and it says that the columns of $\begin{bmatrix} W \\ W_3 \end{bmatrix}$ are **orthonormal**. Such a $W_3$ exists because
# $I - W^\top W$ is positive definite, and every positive definite matrix is of the form $W_3^\top W_3$. And orthonormal
# columns can always be **completed to an orthonormal basis**: the new columns are $W_2$ and $W_4$.

# %%
draw.completion(U, n)

# %% [markdown]
# So $W$ sits in the corner of an orthogonal matrix of twice its size. What remains is to make sure that the added units
# never disturb the old ones: they get a bias $-H$ so low that ReLU keeps them at $0$.
#
# $$U = \begin{bmatrix} W & W_2 \\ W_3 & W_4 \end{bmatrix}$$
#
# $$\begin{aligned}
# F_u &= \begin{bmatrix} F \\ 0 \end{bmatrix}, & b_u &= \begin{bmatrix} b \\ -H\mathbf{1} \end{bmatrix}, \\
# C_u &= \begin{bmatrix} C & 0 \end{bmatrix}, & h_{u,\mathrm{init}} &= \begin{bmatrix} h_{\mathrm{init}} \\ 0 \end{bmatrix}.
# \end{aligned}$$
#
# | letter | what it is |
# | --- | --- |
# | $r$ | the number of added units: the rank of $I - W^\top W$, here $n$ |
# | $W_3$ | $r \times n$: how the old states would reach the added units |
# | $W_2$, $W_4$ | $n \times r$ and $r \times r$: what the added units would give out, if they were not at $0$ |
# | $H$ | a bound of all states: $\lVert h^k \rVert \le H$ for all $k$ and all inputs in $X_M$ |
# | $\mathbf{1}$ | the vector of ones |
#
# ## One state, by hand
#
# For $W = w$ everything is visible: $W_3 = \sqrt{1 - w^2}$, and $U$ is a reflection,
#
# $$U = \begin{bmatrix} w & \sqrt{1 - w^2} \\ \sqrt{1 - w^2} & -w \end{bmatrix}.$$
#
# (In a live notebook the picture has a slider for $w$.)


# %%
def one_state(w=Fraction(3, 5)):
    """Draw U for W = w."""
    net = RNN([[w]], F=[[1]], b=[0], C=[[1]])
    return draw.blocks(equivalent_urnn(net, M).urnn.W, 1)


draw.slider(one_state, w=[Fraction(k, 10) for k in range(-9, 10)])

# %% [markdown]
# ## S1. The dilation
#
# The same for the network above. $U$ is called a *dilation* of $W$.

# %%
draw.blocks(U, n)

# %% [markdown]
# $W$ maps the unit circle to an ellipse inside it. What is missing in $\|Wh\|^2$ is found in $\|W_3h\|^2$, exactly.

# %%
draw.ellipse(rnn.W)

# %%
draw.norm_kept(U, n)

# %% [markdown]
# The entries of $U$ are kept without rounding, as $U = \mathrm{diag}(\sqrt{\alpha})\, R\, \mathrm{diag}(\sqrt{\beta})$ with rational
# $R$, $\alpha$, $\beta$. Square roots are never expanded, since $U^\top U = I$ is the same as
# $R^\top \mathrm{diag}(\alpha)\, R = \mathrm{diag}(1/\beta)$, an identity between fractions.

# %%
print("alpha =", *U.alpha)
print("beta  =", *U.beta)

# %% [markdown]
# ### For all $W$ of one size
#
# With symbols $w_{ij}$ for the entries, elimination without fractions gives $YA = P$ for $A = I - W^\top W$ and $Y'B = P'$ for
# $B = I - WW^\top$, and polynomial identities from which $U^\top U = I$ follows. Each is expanded in a polynomial ring.

# %%
from IPython.display import HTML, Markdown

from urnn_proofs.checks.symbolic.entrywise import (
    block_identities,
    symbolic_dilation,
)
from urnn_proofs.show.tex.formula import formula

found = block_identities(symbolic_dilation(min(n, 4)))
Markdown(
    "\n".join(
        f"- {formula(identity)}: {'holds' if holds else '**fails**'}"
        for identity, holds in found.items()
    )
)

# %% [markdown]
# ### For all sizes: what *evidence* is
#
# A claim about matrices of every size cannot be checked entry by entry. Instead $W, W_2, W_3$ are letters that do not
# commute, and what we know of them are **relations**, each an expression that is $0$:
#
# - $\mathcal{R}_1 = W_3^\top W_3 + W^\top W - I$
# - $\mathcal{R}_2 = W_2 W_2^\top + W W^\top - I$
# - $\mathcal{R}_3 = V W_2 - I$, where $V$ is a left inverse of $W_2$.
#
# The **claim** is that another expression is $0$ as well. It follows if the claim is a sum of relations, each multiplied by
# letters from both sides, as in $V W \mathcal{R}_1^\top W^\top V^\top$. These factors are the evidence; they are called
# *cofactors*. The program that finds them need not be believed: multiplying out is enough. Here they are taken away from
# the claim, one after the other, for the lower right block of $U^\top U - I$ with $W_4 = -W_3 W^\top V^\top$:

# %%
from urnn_proofs.show.cofactors import taken_away
from urnn_proofs.theorems.board import Board

W_, V, W2, W3 = Board().letters(
    "W: n -> n, V: n -> r, W2: r -> n, W3: n -> r"
)
W4 = -(W3 * W_.T * V.T)

taken_away(
    W2.T * W2 + W4.T * W4 == 1,
    given=[
        W3.T * W3 + W_.T * W_ == 1,
        W2 * W2.T + W_ * W_.T == 1,
        V * W2 == 1,
    ],
)

# %% [markdown]
# Nothing is left, so the claim holds. The step itself has six such blocks; unfold *evidence* to see the same sums,
# with $\mathcal{R}_k$ for the relations in the order in which they stand there:

# %%
proof.check_step("S1 dilation")

# %% [markdown]
# That $W_2$ and $W_3$ exist is a step of its own, by induction on the size. In Coq: a positive semidefinite matrix is
# $L^\top L$, orthonormal columns complete to a basis, and the dilation.

# %%
proof.check_step("factors")

# %%
in_coq("psd_factor", "complete_cols", "dilation")

# %% [markdown]
# There is also a closed form with square roots of matrices (Halmos), $S = (I - W^\top W)^{1/2}$ and $T = (I - WW^\top)^{1/2}$:
#
# $$U = \begin{bmatrix} W & T \\ S & -W^\top \end{bmatrix}.$$
#
# It needs $WS = TW$, which no rewriting of $S^2$ and $T^2$ gives; that is the step *intertwining*.

# %%
proof.check_step("intertwining")

# %%
proof.check_step("S1 Halmos form")

# %% [markdown]
# ## S2. The rows
#
# A row $a$ of $W_3$ is part of a row of $U$. Rows of $U$ have length $1$, so $\|a\| \le 1$.

# %%
proof.check_step("S2 rows")

# %% [markdown]
# ## S3. The gate
#
# An added unit sees $a \cdot h - H$. By Cauchy and Schwarz $a \cdot h \le \|a\|\,\|h\| \le H$, so what it sees is at most $0$, and
# ReLU makes it $0$. Ticks are the values that occur in a run.

# %%
x = np.random.default_rng(1).uniform(-M, M, (40, 1))
draw.gate(both, x)

# %%
proof.check_step("S3 gate")

# %% [markdown]
# Z3 agrees, and has a counterexample as soon as one hypothesis is dropped (`cauchy`: Cauchy–Schwarz, `row`: $\|a\| \le 1$,
# `bound`: $\|h\| \le H$, `sign`: $H \ge 0$):

# %%
from urnn_proofs.checks.smt.inequalities import gate_inequality

print("all hypotheses:", gate_inequality().answer.value)
for dropped in ("cauchy", "row", "bound", "sign"):
    answer = gate_inequality(drop_hypothesis=dropped).answer.value
    print(f"without {dropped!r}: {answer}")

# %% [markdown]
# In Coq S2 and S3 are one lemma: the lower rows of an orthogonal matrix do not lengthen vectors.

# %%
in_coq("orth_lower")

# %% [markdown]
# ## S4. The bound $H$
#
# ReLU does not lengthen vectors, so $\|h^k\| \le \|W\|\,\|h^{k-1}\| + \|F\| M + \|b\|$. If $\|h^{k-1}\| \le H$, the right side
# is at most $H$ again, as soon as
#
# $$H \ge \frac{\|F\| M + \|b\|}{1 - \|W\|}.$$
#
# Here $\|W\| < 1$ is used. The induction begins if also $H \ge \|h_{\mathrm{init}}\|$. The package takes a rational $\rho$ above
# $\|W\|$, proposed in floating point and confirmed in integers: $\rho^2 I - W^\top W$ is positive semidefinite. Where states keep to
# an ellipsoid, which is confirmed likewise, it may take a smaller $H$ from that.

# %%
runs = {
    "random inputs": x,
    "constant input $M$": np.full((40, 1), M),
}
draw.state_norms(rnn, both.bound.H, runs)

# %%
bound = both.bound
print(f"||W|| <= rho = {bound.rho}")
print(
    f"H = {float(bound.H):.6f}, because of the {bound.rule.value}"
)

# %%
proof.check_step("S4 bound")

# %%
in_coq("state_bound", "contraction_bound")

# %% [markdown]
# ## S5. The induction
#
# Suppose the URNN is in the state $(h, 0)$, with $h$ the state of the RNN. The upper units compute $\mathrm{relu}(Wh + Fx + b)$,
# as the RNN does. The lower ones compute $\mathrm{relu}(W_3 h - H\mathbf{1}) = 0$, by S3 and S4. So the next state is of the
# same form, and $C_u (h, 0) = Ch$.

# %%
draw.outputs(rnn, both.urnn, x)

# %% [markdown]
# The added units stay at $0$: their preactivations are never positive. They may reach $0$, where ReLU is still $0$.

# %%
draw.added_units(both.urnn, n, x)

# %%
proof.check_step("S5 induction")

# %% [markdown]
# In Coq one lemma does the induction for every activation that tends to a limit on the left. For ReLU $\kappa = \delta = E = 0$,
# and the distance that it bounds is $0$.

# %%
in_coq("dilate", "shadow")

# %% [markdown]
# ## All steps
#
# For this network, derived again from the two networks:

# %%
both

# %% [markdown]
# For all $n$: what Coq checked, the graph of the steps, and each step with its claim, the argument, and what was
# checked. The report ends with examples of what fails without a hypothesis.

# %%
report = proof.check()
HTML(proof.to_html(report))

# %% [markdown]
# ## Outside the hypotheses
#
# The bias $-H$ was chosen for inputs up to $M$. A longer input makes longer states; an added unit may wake up, and then the outputs
# may part. (In a live notebook: a slider for the length.)


# %%
def longer(times_M=20):
    """Draw both networks on an input that is too long."""
    return draw.outputs(rnn, both.urnn, times_M * np.abs(x))


draw.slider(longer, times_M=[1, 2, 5, 10, 20, 50])

# %% [markdown]
# What fails is this URNN, not every URNN: without any bound $M$ there is one as well, at the price of more states
# ([03](03_two_n_is_tight.ipynb), theorem `no-bound`).
#
# ## With a certificate
#
# The algebra of the steps for all $n$, and the statement about this network, can be checked again by a kernel that
# shares no code with what made them.

# %%
from urnn_proofs import check

print(check(report.certificate), check(both.certificate))

# %% [markdown]
# ## What this adds to the paper
#
# The statement is the paper's Theorem 3.1. The proof here is written for a machine: $U$ is explicit and exact for every rational $W$,
# $H$ is an explicit number, the number of added units is the rank of $I - W^\top W$ (fewer than $n$ where $\|W\| = 1$ and
# the states are bounded for another reason), and Coq has checked it for all $n$.
#
# Next: [how many states](03_two_n_is_tight.ipynb).
