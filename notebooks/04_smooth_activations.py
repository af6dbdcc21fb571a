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
# # Theorem 3.3: smooth activations
#
# **Claim.** For $\phi = \tanh$ and for the logistic function there is a contractive RNN with one state that no URNN of any size
# matches.
#
# In Coq, for tanh on the real numbers:

# %%
from urnn_proofs.formal.record import recorded

print(recorded("theorem_3_3_tanhR").statement)

# %% [markdown]
# `theorem_3_3_logisticR` is the same for the logistic function, and `theorem_3_3` for every activation whose slope is
# nowhere zero. `unitmx` is the set of invertible matrices; it contains the orthogonal ones.
#
# ReLU can switch a unit off; an activation that is constant on no interval cannot, and then an invertible transition cannot
# forget. First a short proof of that for one network and all sizes; then a stronger statement, with a step that is only
# cited; then what a solver finds for a network and a size of your choice. The last part is about outputs that need not be equal:
# for every $\varepsilon > 0$ there is a URNN with at most $2n$ states.

# %% [markdown]
# ## The short proof
#
# Witness: $n = 1$, $W = 0$, $F = C = 1$, $b = 0$, so $y^k = \phi(x^k)$. Suppose a URNN with $N$ states has these outputs. With
# $D_j = \mathrm{diag}(\phi')$ at time $j$, invertible, put $\Phi(j, i) = (D_jU)\cdots(D_{i+1}U)$ for $j \ge i$ and
# $\Phi(j, i) = \Phi(i, j)^{-1}$ for $j < i$. The matrix
#
# $$G_{ji} = C_u\,\Phi(j, i)\,D_i F_u, \qquad 0 \le i, j \le N,$$
#
# factors through $\mathbb{R}^N$, so $\det G = 0$. For $i \le j$ its entries are the derivatives $\partial y^j/\partial x^i$, which are
# 0 for $i < j$ and $\phi'(x^j) \ne 0$ for $i = j$: it is triangular, so $\det G \ne 0$. The proof as it is checked uses the vectors $a_j$, $b_i$
# with $G_{ji} = a_j b_i$ and avoids the determinant.

# %%
from urnn_proofs import theorem

proof = theorem("3.3")
proof

# %%
proof.check_step("U0 slopes")

# %%
proof.check_step("U1 factorisation")

# %%
proof.check_step("U2 triangular")

# %%
proof.check_step("U2 certificates")

# %%
proof.check_step("U3 conclusion")

# %% [markdown]
# The whole report. The examples at its end include other activations that are constant on no interval, and what changes under
# ReLU or with a singular $U$.

# %%
report = proof.check()
report

# %% [markdown]
# ### The same in numbers
#
# For a random URNN with $N$ tanh units, the singular values of $G$ over a window of $K > N$ steps: at most $N$ of them are not
# zero, up to rounding, whatever the weights. The network to be matched would need all $K$.

# %%
import matplotlib.pyplot as plt
import numpy as np

N, K, seed = 4, 8, 0

rng = np.random.default_rng(seed)
U = np.linalg.qr(rng.normal(size=(N, N)))[0]
F, C = rng.normal(size=N) / 2, rng.normal(size=N)
h, a, b, X = np.zeros(N), [], [], np.eye(N)
for _ in range(K):
    h = np.tanh(U @ h + F * rng.uniform(-0.3, 0.3))
    D = np.diag(1 - h**2)
    X = D @ U @ X
    a.append(C @ X)
    b.append(np.linalg.solve(X, D @ F))
G = np.array([[aj @ bi for bi in b] for aj in a])

fig, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3), dpi=80)
scale = np.abs(G).max()
left.imshow(G, cmap="RdBu", vmin=-scale, vmax=scale)
left.set(xlabel="$i$", ylabel="$j$", title="$G$ for this URNN")
s = np.linalg.svd(G, compute_uv=False)
right.semilogy(range(1, K + 1), np.maximum(s, 1e-18), "C0o", label="$G$ for this URNN")
right.semilogy(
    range(1, K + 1), np.ones(K), "C3s", ms=4, label=r"needed: $\phi'(x^j)$, here at $x = 0$"
)
right.axvline(N + 0.5, color="C7", lw=1)
right.set(title="singular values", ylim=(1e-19, 1e4))
right.legend(frameon=False, fontsize=8, loc="center left")
plt.show()

# %% [markdown]
# ## The strong form
#
# **Theorem** (this package's own). A *reduced* tanh or logistic RNN (no unit repeats another up to sign, none is constant, none is
# unread) has an equivalent URNN of some finite size if and only if $W^\top E W = E$ for a positive integer diagonal $E$; so there is
# none if $W$ has spectral radius below 1.
#
# A machine checked the algebra of every step; what joins them is a proof in words, so the verdict is ASSUMED, and the top of the
# report says so. The steps IL show that activations of different preactivations are linearly independent, by their complex poles.

# %%
from IPython.display import HTML

strong = theorem("3.3-strong")
HTML(strong.to_html(strong.check()))

# %% [markdown]
# ## What the solver decides
#
# For one network and one size $N$: if a URNN had these outputs, all derivatives of the outputs would agree, and finitely many of
# them, or of their consequences, are polynomial equations in the entries of $U$ and the state values. They leave conditions out,
# so `unsat` proves that there is no URNN with $N$ states (nor with fewer), while `sat` is only a candidate. A network that is
# found is confirmed by an exact certificate before it is called one.

# %%
from fractions import Fraction

from urnn_proofs import RNN, equivalent_urnn, search_counterexample

w, activation, N = Fraction(1, 2), "tanh", 3

rnn = RNN(W=[[w]], F=[[1]], b=[0], C=[[1]], activation=activation)
found = search_counterexample(rnn, states=N)
found

# %% [markdown]
# *lumping* looks for the positive control below, *memoryless* is the short proof written for a solver. *classes* follows
# groups of units that always agree up to sign: `sat` at a short horizon means that the group sizes could still work out; the
# horizon is then extended until they cannot.
#
# The trace, with the time each query took:

# %%
look = {"unsat": ("C2", ""), "sat": ("C0", "//"), "unknown": ("C1", "xx")}


def draw_trace(found):
    """Draw the attempts from top to bottom."""
    fig, ax = plt.subplots(figsize=(8.5, 0.3 * len(found.trace) + 0.9), dpi=80)
    for row, a in enumerate(found.trace):
        colour, hatch = look.get(a.answer, ("C7", ""))
        milliseconds = max(1000 * a.seconds, 0.5)
        ax.barh(row, milliseconds, color=colour, hatch=hatch, alpha=0.7)
        ax.annotate(f" {a.answer}", (milliseconds, row), va="center", fontsize=8)
    ax.set_yticks(range(len(found.trace)), [f"{a.encoding}: {a.name}" for a in found.trace])
    ax.tick_params(axis="y", labelsize=8)
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.set(xlabel="milliseconds")
    fig.tight_layout()
    plt.show()


draw_trace(found)

# %% [markdown]
# All $|w| < 1$ and all scalar networks with $fc \ne 0$ at once:

# %%
for N in (1, 2, 3):
    result = search_counterexample(None, N, activation=activation)
    print(f"N = {N}: {result.verdict}, trust {result.trust}, {result.scope}")

# %% [markdown]
# ### Positive control
#
# If $W^\top E W = E$ for a positive integer diagonal $E$, duplicating unit $i$ $E_{ii}$ times gives an equivalent URNN with
# $\operatorname{tr} E$ states. A search must find these.

# %%
third = Fraction(1, 3)
lucky = RNN(
    W=[[third, 4 * third], [-2 * third, third]],
    F=[[1], [2]],
    b=[0, 0],
    C=[[1, 1]],
    activation="tanh",
)
search_counterexample(lucky, states=3)

# %% [markdown]
# With two states there is none:

# %%
search_counterexample(lucky, states=2).verdict

# %% [markdown]
# ### Undecided is an answer
#
# The *jets* encoding compares derivatives of the outputs one by one. Under a small budget it may not decide; the verdict
# is then UNKNOWN, and the query is kept as SMT-LIB text that any solver can be given.

# %%
open_one = search_counterexample(rnn, states=2, encodings=["jets"], horizon=2, order=2, budget_s=4)
print(open_one.verdict)
name, smt2 = open_one.queries[0]
print(name)
print(*smt2.splitlines()[:4], "...", sep="\n")

# %% [markdown]
# ReLU, for comparison: one state is too few for $w = \tfrac12$, with two the construction of Theorem 3.1 is found.

# %%
relu = RNN(W=[[w]], F=[[1]], b=[0], C=[[1]])
for N in (1, 2):
    result = search_counterexample(relu, states=N, input_bound=1)
    found_one = "none" if result.network is None else "found"
    print(f"N = {N}: a URNN with the same outputs: {found_one} ({result.encoding})")

# %% [markdown]
# ## Within $\varepsilon$: $2n$ states
#
# Equal outputs are more than most uses ask for. tanh has the limit $-1$ at $-\infty$. The dilation of Theorem 3.1 with lower
# biases far below keeps the added units so close to it that outputs differ by at most $\varepsilon$, for all $k$ at once: what
# they leave over at one step is forgotten, since $\|W\| < 1$. In Coq, for tanh on the real numbers:

# %%
print(recorded("eps_tanhR").statement)

# %%
within = theorem("epsilon")
within

# %% [markdown]
# For one network, exactly: every step below is an inequality between rational numbers, and the kernel checks them again.

# %%
both = equivalent_urnn(rnn, input_bound=1, epsilon=Fraction(1, 10**6))
both.report

# %%
from urnn_proofs import check

check(both.report.certificate)

# %% [markdown]
# ### Error against margin
#
# The margin is how far below 0 the added units stay. The bound falls as $2 e^{-2B}$, as $1 + \tanh$ does; what is seen on random
# inputs lies below it.

# %%
n, M = 6, 1
rng = np.random.default_rng(2)
W = rng.normal(size=(n, n))
W *= 0.9 / np.linalg.norm(W, 2)
net = RNN(W, rng.normal(size=(n, 2)), np.zeros(n), rng.normal(size=(1, n)), activation="tanh")
x = rng.normal(size=(2000, 2))
x *= M / np.linalg.norm(x, axis=1, keepdims=True)

margins, bounds, seen = [], [], []
for exponent in range(1, 14):
    built = equivalent_urnn(net, M, epsilon=Fraction(1, 10**exponent))
    margins.append(float(built.evidence[0].margin.B))
    bounds.append(10.0**-exponent)
    seen.append(np.abs(net.run(x) - built.urnn.run(x)).max())

fig, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3), dpi=80)
left.semilogy(margins, bounds, "C0o-", label=r"$\varepsilon$, proved")
left.semilogy(margins, seen, "C1s", ms=4, label="seen")
left.set(xlabel="margin $B$", title="difference of outputs")
left.legend(frameon=False, fontsize=8)

# Leaky ReLU, slope a, the network y = phi(x) with n = 1: a chain of units damps what it carries.
a, eps = 0.1, np.logspace(-12, -1, 50)
chain = 1 + np.ceil(np.log((1 + a) * (1 + eps) / (2 * eps)) / np.log(1 / a))
right.semilogx(eps, np.full_like(eps, 2), "C0", label="tanh, logistic: 2")
right.semilogx(eps, chain, "C1", ls="--", label="leaky ReLU, slope 1/10 (by hand)")
right.set(xlabel=r"$\varepsilon$", title="states for $n = 1$", ylim=(0, 20))
right.text(1e-12, 0.5, r"linear: none for $\varepsilon < M$", fontsize=8)
right.legend(frameon=False, fontsize=8, loc="upper right")
plt.show()

# %% [markdown]
# ### A trained network
#
# `examples/digits_tanh.npz` reads handwritten digits row by row (`examples/train_digits.py` trained it). Rows have norm at
# most 3.

# %%
from urnn_proofs import load

digits = load("../examples/digits_tanh.npz")
converted = equivalent_urnn(digits, input_bound=3, epsilon=Fraction(1, 10**6))
biases = [float(v) for v in converted.urnn.b.entries()[digits.rnn.states :]]
print(converted.report.title, converted.report.verdict, converted.report.trust)
print(f"biases of the added units: {min(biases):.2f} to {max(biases):.2f}")
