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
# # Smooth activations: none exactly, $2n$ for every $\varepsilon$
#
# ReLU can switch a unit off. tanh cannot: it is strictly increasing, so it never maps two numbers to one. What becomes
# of Theorem 3.1? The story has two halves, and a remark.
#
# | outputs | tanh, logistic | linear |
# | --- | --- | --- |
# | equal | some network has **no URNN of any size** (Theorem 3.3) | none for $y^k = x^k$ |
# | within $\varepsilon$, for all $k$ | **at most $2n$ states, for every $\varepsilon > 0$** | **never**, if $\varepsilon < M$ |
#
# First why there is none exactly; then how $2n$ states come as close as one likes; and why a linear activation does not.

# %%
from fractions import Fraction

import numpy as np

from urnn_proofs import (
    RNN,
    equivalent_urnn,
    search_counterexample,
    theorem,
)
from urnn_proofs.show import draw
from urnn_proofs.show.coq import in_coq

z = np.linspace(-5, 5, 201)
draw.lines(
    z,
    {
        "ReLU: exactly 0 on the left": np.maximum(z, 0),
        "tanh: never constant, but close to $-1$": np.tanh(z),
    },
    xlabel="preactivation",
    ylabel="$\\phi$",
)

# %% [markdown]
# ## None exactly: Theorem 3.3
#
# **Claim.** For $\phi = \tanh$ and for the logistic function there is a contractive RNN with one state that no URNN of any size
# matches. In Coq, on the real numbers, and for every activation whose slope is nowhere zero (`unitmx` is the set of
# invertible matrices; it contains the orthogonal ones):

# %%
in_coq("theorem_3_3_tanhR", "theorem_3_3_logisticR", "theorem_3_3")

# %% [markdown]
# ### The short proof
#
# Witness: $n = 1$, $W = 0$, $F = C = 1$, $b = 0$, so $y^k = \phi(x^k)$. Suppose a URNN with $N$ states has these outputs. With
# $D_j = \mathrm{diag}(\phi')$ at time $j$, invertible, put $\Phi(j, i) = (D_jU)\cdots(D_{i+1}U)$ for $j \ge i$: it says how
# a small change of the state at time $i$ arrives at time $j$. It is invertible, so $\Phi(j, i) = \Phi(i, j)^{-1}$ makes sense
# for $j < i$ too. The matrix
#
# $$G_{ji} = C_u\,\Phi(j, i)\,D_i F_u, \quad 0 \le i, j \le N,$$
#
# is $(N + 1) \times (N + 1)$ and factors through $\mathbb{R}^N$, so $\det G = 0$. For $i \le j$ its entries are the derivatives $\partial y^j/\partial x^i$, which are
# 0 for $i < j$ and $\phi'(x^j) \ne 0$ for $i = j$: it is triangular, so $\det G \ne 0$. The proof as it is checked uses the vectors $a_j$, $b_i$
# with $G_{ji} = a_j b_i$ and avoids the determinant.

# %%
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

draw.matrix(
    G, title="$G$ for this URNN", xlabel="$i$", ylabel="$j$"
)

# %%
draw.lines(
    range(1, K + 1),
    {
        "$G$ for this URNN": np.maximum(
            np.linalg.svd(G, compute_uv=False), 1e-18
        ),
        "needed: $\\phi'(x^j)$, here at $x = 0$": np.ones(K),
    },
    xlabel="number",
    ylabel="singular values",
    log="y",
    marks=True,
)

# %% [markdown]
# ### The strong form
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
# ### What a solver decides
#
# For one network and one size $N$: if a URNN had these outputs, all derivatives of the outputs would agree, and finitely many of
# them, or of their consequences, are polynomial equations in the entries of $U$ and the state values. They leave conditions out,
# so `unsat` proves that there is no URNN with $N$ states (nor with fewer), while `sat` is only a candidate. A network that is
# found is confirmed by an exact certificate before it is called one.

# %%
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
draw.trace(found)

# %% [markdown]
# All $|w| < 1$ and all scalar networks with $fc \ne 0$ at once:

# %%
for N in (1, 2, 3):
    result = search_counterexample(None, N, activation=activation)
    print(
        f"N = {N}: {result.verdict}, trust {result.trust}, {result.scope}"
    )

# %% [markdown]
# #### Positive control
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
print(search_counterexample(lucky, states=2).verdict)

# %% [markdown]
# #### Undecided is an answer
#
# The *jets* encoding compares derivatives of the outputs one by one. Under a small budget it may not decide; the verdict
# is then UNKNOWN, and the query is kept as SMT-LIB text that any solver can be given.

# %%
open_one = search_counterexample(
    rnn,
    states=2,
    encodings=["jets"],
    horizon=2,
    order=2,
    budget_s=4,
)
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
    print(
        f"N = {N}: a URNN with the same outputs: {found_one} ({result.encoding})"
    )

# %% [markdown]
# ## Within $\varepsilon$: $2n$ states
#
# Equal outputs are more than most uses ask for. tanh has the limit $-1$ at $-\infty$. Take the dilation of Theorem 3.1, and
# give the added units a bias far below: they stay within $\delta$ of $-1$, a constant that the bias of the old units takes
# into account. What is left over at one step is at most $\|W_2\|\sqrt{r}\,\delta$, and it is forgotten, since $\|W\| < 1$:
#
# $$\|e^k\| \le \|W\|\,\|e^{k-1}\| + \|W_2\|\sqrt{r}\,\delta.$$
#
# So the error stays small *for all* $k$, and a lower bias makes it as small as one likes. In Coq, for tanh:

# %%
in_coq("eps_tanhR", "eps_explicit_tanh")

# %%
within = theorem("epsilon")
HTML(within.to_html(within.check()))

# %% [markdown]
# For one network, exactly: every step below is an inequality between rational numbers, and the kernel checks them again.

# %%
both = equivalent_urnn(
    rnn, input_bound=1, epsilon=Fraction(1, 10**6)
)
both.report

# %%
from urnn_proofs import check

print(check(both.report.certificate))

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
net = RNN(
    W,
    rng.normal(size=(n, 2)),
    np.zeros(n),
    rng.normal(size=(1, n)),
    activation="tanh",
)
x = rng.normal(size=(2000, 2))
x *= M / np.linalg.norm(x, axis=1, keepdims=True)

margins, bounds, seen = [], [], []
for exponent in (1, 3, 6, 9, 12):
    eps = Fraction(1, 10**exponent)
    built = equivalent_urnn(net, M, epsilon=eps)
    margins.append(float(built.evidence[0].margin.B))
    bounds.append(float(eps))
    seen.append(np.abs(net.run(x) - built.urnn.run(x)).max())
draw.lines(
    margins,
    {"$\\varepsilon$, proved": bounds, "seen": seen},
    xlabel="margin $B$",
    ylabel="difference of outputs",
    log="y",
    marks=True,
)

# %% [markdown]
# With a slider for $\varepsilon$ (in a live notebook): the two networks on one input.


# %%
def outputs_within(epsilon=Fraction(1, 10)):
    """Draw both networks; the URNN is within epsilon."""
    within = equivalent_urnn(net, M, epsilon=epsilon)
    return draw.outputs(net, within.urnn, x[:40])


draw.slider(
    outputs_within, epsilon=[Fraction(1, 10**k) for k in range(5)]
)

# %% [markdown]
# ### Linear: never
#
# A linear unit can neither be switched off nor be parked at a limit. For $y^k = x^k$ the error of every linear URNN, of
# any size, is at least $M$, and the network that always gives out $0$ reaches that. The reason: the powers of an orthogonal $U$
# come back near $I$ again and again, so what an input did once, it does again later. In Coq:

# %%
in_coq("theorem_D", "zero_network_error_M")

# %% [markdown]
# ### A trained network
#
# `examples/digits_tanh.npz` reads handwritten digits row by row (`examples/train_digits.py` trained it). Rows have norm at
# most 3.

# %%
from urnn_proofs import load

digits = load("../examples/digits_tanh.npz")
converted = equivalent_urnn(
    digits, input_bound=3, epsilon=Fraction(1, 10**6)
)
biases = [
    float(v)
    for v in converted.urnn.b.entries()[digits.rnn.states :]
]
print(
    converted.report.title,
    converted.report.verdict,
    converted.report.trust,
)
print(
    f"biases of the added units: {min(biases):.2f} to {max(biases):.2f}"
)

# %% [markdown]
# ## What is the paper's
#
# That some network with a sigmoid has no URNN of any size is. The short proof, the strong form, what a solver decides, and
# everything within $\varepsilon$ are this package's own.
#
# Next: [your own network](05_your_own_network.ipynb).
