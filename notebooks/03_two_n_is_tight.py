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
# # How many states
#
# Theorem 3.1 builds a URNN with at most $2n$ states. Theorem 3.2 says that some network needs $2n$. This notebook asks
# *which*, and what can be saved. All networks are ReLU.
#
# The answer depends on $W$ and on what the inputs can reach. `minimal_urnn` builds a URNN with few states, and says how
# many are needed. Here for five kinds of network with $n$ states:

# %%
from fractions import Fraction

import numpy as np

from urnn_proofs import RNN, complex_urnn, minimal_urnn, theorem
from urnn_proofs.show import draw
from urnn_proofs.show.coq import in_coq

n = 3  # try 1, 2, 8


def network(W, bias=0):
    """Return the network of W whose inputs and outputs are all states."""
    eye = [[int(i == j) for j in range(n)] for i in range(n)]
    return RNN(W, F=eye, b=[bias] * n, C=eye)


def diagonal(entries):
    """Return a diagonal matrix."""
    return [
        [entries[i] * (i == j) for j in range(n)] for i in range(n)
    ]


half = Fraction(1, 2)
rates = diagonal([Fraction(i + 1, n + 2) for i in range(n)])
full = [
    [
        half * (i == j) + Fraction((-1) ** (i + j), 4 * n)
        for j in range(n)
    ]
    for i in range(n)
]
shift = [[half * (j == i + 1) for j in range(n)] for i in range(n)]

kinds = {
    "$W = I/2$": network(diagonal([half] * n)),
    "$W$ diagonal": network(rates),
    "$W$ full": network(full),
    "half a shift": network(shift),
    "always active": network(rates, bias=40),
}
found = {name: minimal_urnn(net, 1) for name, net in kinds.items()}
draw.counts(
    {name: (f.at_least, f.at_most) for name, f in found.items()}
)

# %% [markdown]
# Where the bar and the dot meet, the number is known. Each bound says what it rests on:

# %%
for name, f in found.items():
    print(name.replace("$", ""), "-", f.report.verdict)
    for note in f.report.notes[:3]:
        print("   ", note)

# %% [markdown]
# *Assumed* means: by a theorem whose proof is in words; Coq has not checked it. Now one kind after the other.
#
# ## $2n$ are sometimes needed
#
# **Theorem 3.2.** For every $n$ there is a contractive ReLU network with $n$ states such that, for every $M > 0$, every
# URNN with the same outputs on $X_M$ has at least $2n$ states.
#
# **Witness.** No memory at all: $W = 0$, $F = C = I$, $b = 0$, so $y^k = \mathrm{relu}(x^k)$.
#
# **Why.** Suppose a URNN with $N$ states has these outputs. Call a unit *active* where its preactivation is positive, $A_k$ the set of
# active units, $P_k$ the projection onto them. Small changes of the inputs change the state by
#
# $$\mathrm{d}h^k = P_k\,(U\,\mathrm{d}h^{k-1} + F_u\,\mathrm{d}x^k).$$
#
# Let $X_k$ be the space of all $\mathrm{d}h^k$ that can be reached.
#
# - T1: to copy $x^k$, the URNN needs $n$ directions at time $k$ that are new, and the output must not see the older ones.
# - T2: $U$ loses no direction. Only the $N - |A_k|$ inactive units do.
# - T3: if fewer than $n$ units are inactive at each time, $\dim X_k$ grows by at least $1$ at each step. It cannot: it
#   is at most $N$.
# - T4: so at some time at least $n$ units are inactive, and at least $n$ are active, to carry the output. That
#   makes $2n$.

# %%
theorem("3.2").check()

# %% [markdown]
# In Coq, with only the invertibility of the transition (`unitmx`):

# %%
in_coq("theorem_3_2", "exactly_2n")

# %% [markdown]
# T3 in numbers. A random orthogonal $U$ of size $N = 2n - 1$ with $n$ active units at each time, all exact. Where
# $\dim X_k$ is less than what T1 and T2 force, no output matrix can both copy and forget. (At most $n = 4$ here.)

# %%
from urnn_proofs.checks.exact.reachable import (
    is_memoryless_identity_possible,
    reachable,
)
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.theorems.instances_3_2 import random_orthogonal

small = min(n, 4)
N = 2 * small - 1

rng = np.random.default_rng(3)
U = random_orthogonal(rng, N)
F = rng.integers(-2, 3, size=(N, small))
F = RationalMatrix.parse(F, "F")
patterns = []
for _ in range(N + 1):
    on = rng.permutation(N)[:small]
    patterns.append([i in on for i in range(N)])
steps = reachable(U, F, patterns)
exists = is_memoryless_identity_possible(F, steps)
print("an output matrix that copies and forgets exists:", exists)
draw.lines(
    range(len(steps)),
    {
        "forced by T1 and T2": [
            small + k for k in range(len(steps))
        ],
        "$\\dim X_k$ of this $U$": [s.now for s in steps],
    },
    ylabel="dimension",
    level=("$N$", N),
    marks=True,
)

# %% [markdown]
# ## $2n - 1$ unless $W$ is diagonal
#
# ReLU commutes with a positive diagonal matrix $E$. So the states may be rescaled: $E W E^{-1}$ in place of $W$, the same
# outputs. Let $E$ multiply one unit by $t$. If $W$ has an entry off the diagonal in its row or column, the norm of
# $E W E^{-1}$ grows beyond all bounds with $t$ or $1/t$. So at some $t$ it is *exactly* $1$. There, one direction is not shortened at all,
# $I - W^\top W$ (rescaled) has rank at most $n - 1$, and the dilation needs one unit less.


# %%
def scaled(t):
    """Return W with its first unit multiplied by t."""
    E = np.diag([t] + [1.0] * (n - 1))
    return E @ np.array(full, float) @ np.linalg.inv(E)


ts = np.geomspace(1 / 32, 32, 200)
values = [np.linalg.svd(scaled(t), compute_uv=False) for t in ts]
draw.lines(
    ts,
    {"singular values of $EWE^{-1}$": values},
    xlabel="$t$",
    log="xy",
    level=("1", 1),
)

# %% [markdown]
# The package finds that point exactly: $t^2$ is a root of a quadratic equation over the field of the weights. This is the URNN
# that it built for the full $W$ above, and its outputs:

# %%
less = found["$W$ full"]
print(f"n = {n}, states: {less.at_most}")
x = rng.uniform(-1, 1, (30, n)) / np.sqrt(n)
draw.outputs(less.rnn, less.urnn, x)

# %%
U = less.urnn.to_numpy().W
draw.blocks(U, n)

# %%
in_coq("theorem_2n_minus_1")

# %% [markdown]
# **And if $W$ is diagonal**, nothing is saved by scaling, since $E W E^{-1} = W$. If moreover some input brings all units to their
# kink, $2n$ states are needed. That half is a proof in words, ASSUMED:

# %%
from IPython.display import HTML

only_if = theorem("2n-iff-diagonal")
HTML(only_if.to_html(only_if.check()))

# %% [markdown]
# ## $n + \mathrm{rank}$
#
# Theorem 3.1 adds $r = \mathrm{rank}(I - W^\top W)$ units, after the best scaling. Half a shift, rescaled by powers of
# $2$, has all singular values but one equal to $1$; so $r = 1$, and $n + 1$ states are enough, for every $n$. No URNN does
# with fewer:

# %%
one_more = found["half a shift"]
print(one_more)
draw.blocks(one_more.urnn.W, n)

# %%
in_coq("shift_exactly_n_plus_1")

# %% [markdown]
# ## $n$ + the dimension of an eigenspace
#
# If the bias is so large that all units stay active, ReLU does nothing, and the network is affine. It may be carried by any
# basis of states, not only by a diagonal scaling. Then $n + \mu(W)$ states are enough, where $\mu(W)$ is the largest
# dimension of an eigenspace: $1$ if all eigenvalues differ, $n$ for $W = wI$. So many are also needed, if the inputs reach
# all states and the outputs show them.

# %%
active = found["always active"]
print(active)
draw.outputs(active.rnn, active.urnn, x)

# %%
in_coq("theorem_A", "decoupled_exactly_2n")

# %% [markdown]
# At the other end are units that no input reaches. All outputs are $0$, and one state does:

# %%
silent = network(diagonal([0] * n), bias=-100)
nothing = RNN([[1]], F=[[0] * n], b=[0], C=[[0]] * n)
print(
    silent.run_exact([[1] * n] * 3)
    == nothing.run_exact([[1] * n] * 3)
)

# %% [markdown]
# ## $n + 1$ for every $\varepsilon$
#
# Ask for outputs within $\varepsilon$, for all $k$ and all inputs in $X_M$, and the $2n$ of a diagonal $W$ fall to $n + 1$.
# Put small entries below the diagonal,
#
# $$(W_t)_{ij} = t^{j - i} (1 - w_j^2) \prod_{j < k < i} (-w_k),$$
#
# for $i > j$, where $w_1, \dots, w_n$ is the diagonal of $W$. After a scaling all singular values of $W_t$ but one are $1$,
# so *its* URNN needs $n + 1$ states; and $W_t \to W$ as $t \to \infty$. The outputs of both, and in a live notebook a
# slider for $t$:

# %%
from math import prod


def family(t):
    """Return W_t: small entries below the diagonal of W."""
    w = [rates[i][i] for i in range(n)]
    W_t = diagonal(w)
    for i in range(n):
        for j in range(i):
            between = prod(-w[k] for k in range(j + 1, i))
            off = (1 - w[j] ** 2) * between
            W_t[i][j] = off / Fraction(t) ** (i - j)
    return W_t


def turned(t=4):
    """Draw the outputs of W and of W_t."""
    both = network(rates), network(family(t))
    return draw.outputs(*both, np.abs(x), names=("$W$", "$W_t$"))


draw.slider(turned, t=[1, 2, 4, 8, 16, 32, 64])

# %% [markdown]
# The package chooses $t$ for a given $\varepsilon$ and proves the error:


# %%
def near(k):
    """Return a URNN within 10^-k."""
    eps = Fraction(1, 10**k)
    return minimal_urnn(network(rates), 1, epsilon=eps)


asked = range(1, 5)
built = [near(k) for k in asked]
truth = network(rates).run(np.abs(x))
# one unit alone has no other to save a state with: equal outputs
proved = [
    float(f.equivalence.epsilon) if n > 1 else 1e-17 for f in built
]
seen = [np.abs(f.urnn.run(np.abs(x)) - truth).max() for f in built]
print("states:", *(f.at_most for f in built))
draw.lines(
    [10.0**-k for k in asked],
    {
        "proved": proved,
        "seen in a run": np.maximum(seen, 1e-17),
    },
    xlabel="$\\varepsilon$ that was asked for",
    ylabel="error",
    log="xy",
    marks=True,
)

# %%
draw.blocks(built[2].urnn.to_numpy().W, n)

# %% [markdown]
# For the witness of Theorem 3.2: $2n$ states exactly, $n + 1$ for every $\varepsilon$. Both in Coq:

# %%
in_coq("diagonal_eps", "witness_exact_vs_eps")

# %% [markdown]
# ## Without a bound of the inputs
#
# The gates of Theorem 3.1 belong to a bound $M$. A URNN for *all* inputs exists too. Where the sign of the states can close the gates,
# as for diagonal $W$, it has $n + r$ states. Else $r$ more units take up $\mathrm{relu}(W_3 h)$, and the gates read only
# these: $n + 2r$.

# %%
cases = {}
for name in ("$W$ diagonal", "$W$ full", "half a shift"):
    f = minimal_urnn(kinds[name], input_bound=None)
    cases[name] = (f.at_least, f.at_most)
draw.counts(cases)

# %% [markdown]
# The difference shows when inputs grow. The one was made for $M = 1$, the other for all inputs:

# %%
gated = minimal_urnn(kinds["half a shift"], 1).urnn
free = minimal_urnn(kinds["half a shift"], None).urnn
sizes = np.geomspace(0.1, 1e4, 16)


def worst(urnn):
    """Return the largest relative difference for each size of the inputs."""
    gaps = []
    for size in sizes:
        right = kinds["half a shift"].run(size * x)
        wrong = urnn.run(size * x)
        gaps.append(np.abs(wrong - right).max() / size)
    return np.maximum(gaps, 1e-17)


draw.lines(
    sizes,
    {
        "made for $M = 1$": worst(gated),
        "for all inputs": worst(free),
    },
    xlabel="size of the inputs",
    ylabel="largest difference / size",
    log="xy",
    marks=True,
)

# %%
in_coq("all_inputs", "no_bound_diag")

# %% [markdown]
# ## Complex states, and networks without any URNN
#
# With complex states and ReLU of real and imaginary part, $n$ of them do:

# %%
complex_urnn(kinds["$W$ diagonal"], 1).report

# %% [markdown]
# And where inputs of bounded total difference drive the outputs apart without bound, no number of states helps: a URNN cannot
# amplify.

# %%
in_coq("complex_urnn", "expansive_not_equivalent")

# %% [markdown]
# ## What is the paper's
#
# Theorem 3.2 is. Which networks need $2n$ states, the smaller numbers, the numbers within $\varepsilon$, for all inputs and
# with complex states are this package's own. [How many states](../docs/number_of_states.md) has all rules.
#
# Next: [smooth activations](04_smooth_activations.ipynb).
