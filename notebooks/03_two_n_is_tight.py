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
# Theorem 3.1 gives a URNN with at most $2n$ states, and Theorem 3.2 says that $2n$ are sometimes needed. This notebook asks *when*:
#
# | network with $n$ states, ReLU | states of a URNN | theorem |
# | --- | --- | --- |
# | $W$ diagonal, inputs reach all kinks ($F = C = I$, $b = 0$) | exactly $2n$ | `2n-iff-diagonal` |
# | any other contractive $W$ | at most $2n - 1$ | `2n-1` |
# | all units active for ever | at least $n + \mu(W)$, and sometimes no more | `n+mu`, `n+eigenspace` |
# | $W$ diagonal, outputs within $\varepsilon$ | $n + 1$ for every $\varepsilon > 0$ | `2n-not-robust` |
# | $\lVert W \rVert \le 1$, all inputs, no bound $M$ | $n + 2\,\mathrm{rank}(I - W^\top W)$ | `no-bound` |
# | complex states | $n$ | `complex` |
#
# ## $2n$ are sometimes needed
#
# **Theorem 3.2.** For every $n$ there is a contractive ReLU RNN with $n$ states such that for every $M > 0$ every URNN with the same
# outputs on $X_M$ has at least $2n$ states.
#
# **Witness.** No memory at all: $W = 0$, $F = C = I_n$, $b = 0$, so $y^k = \mathrm{relu}(x^k)$. In Coq, of the URNN `T'` only the
# invertibility of its transition is used (`unitmx`):

# %%
from urnn_proofs.formal.record import recorded

print(recorded("theorem_3_2").statement)

# %% [markdown]
# Suppose a URNN with $N$ states has these outputs. Call a unit *active* where its preactivation is positive. Near a generic
# input with all $x^k > 0$ the set $A_k$ of active units is constant, and with the projection $P_k$ onto it perturbations obey
#
# $$\mathrm{d}h^k = P_k\,(U\,\mathrm{d}h^{k-1} + F_u\,\mathrm{d}x^k).$$
#
# $X_k$ is the space of all $\mathrm{d}h^k$ that can be reached, and $E_k = P_k U X_{k-1}$ is what comes from the past. To
# forget, $E_k$ must be invisible; to copy the input, $n$ fresh directions are needed at each step.

# %%
from urnn_proofs import theorem

proof = theorem("3.2")
report = proof.check()
report

# %% [markdown]
# Take $N < 2n$ and let at most $n - 1$ units be inactive at each time. T1 and T2 force
# $\dim X_k \ge \dim X_{k-1} + n - (N - |A_k|)$, at least one more at each step, and there are only $N$ dimensions. For a random
# rational orthogonal $U$ the dimensions are computed exactly; where they fall short of what T1 forces, no output
# matrix $C_u$ can both copy the input and forget the past.

# %%
import matplotlib.pyplot as plt
import numpy as np

from urnn_proofs.checks.exact.reachable import is_memoryless_identity_possible, reachable
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.theorems.instances_3_2 import random_orthogonal

n, N, active, seed = 4, 7, 5, 3  # N - active <= n - 1

rng = np.random.default_rng(seed)
U = random_orthogonal(rng, N)
F = RationalMatrix.parse(rng.integers(-2, 3, size=(N, n)), "F")
patterns = []
for _ in range(N + 1):
    on = rng.permutation(N)[:active]
    patterns.append([i in on for i in range(N)])
steps = reachable(U, F, patterns)

forced = [n]
while len(forced) < len(steps):
    forced.append(forced[-1] + n - (N - active))
fig, ax = plt.subplots(figsize=(6.4, 3), dpi=80)
k = range(len(steps))
ax.plot(k, forced, "C3s--", label="forced by T1 and T2")
ax.plot(k, [s.now for s in steps], "C0o-", label=r"$\dim X_k$ for this $U$")
ax.axhline(N, color="C7", lw=1)
ax.annotate("$N$", (len(steps) - 1.3, N + 0.2))
ax.set(xlabel="$k$", ylim=(0, 2 * N))
ax.legend(frameon=False, fontsize=9)
plt.show()
print("a C that copies and forgets exists:", is_memoryless_identity_possible(F, steps))

# %% [markdown]
# ## Exactly where $W$ is diagonal
#
# The witness is one network. For which others are $2n$ states needed? If an input brings every preactivation to $0$, the answer is
# complete: where $W$ is diagonal, and nowhere else. Every kink of the RNN's outputs must be a kink of a unit of the URNN; inputs
# that grow exponentially choose a sign for each, and the vectors that belong to these units count the silent ones. Coq does not know this
# proof; it is in words, and the verdict is ASSUMED.

# %%
from IPython.display import Markdown, display


def state(name):
    """Show what a theorem says, and its verdict."""
    verdict = theorem(name).check().verdict
    display(Markdown(f"**{name}**, {verdict}. {theorem(name).statement.latex}"))


state("2n-iff-diagonal")

# %% [markdown]
# One half, that no other $W$ needs $2n$, is a theorem in Coq:

# %%
print(recorded("theorem_2n_minus_1").statement)

# %% [markdown]
# ReLU commutes with a positive diagonal matrix $E$, so $W$ may be replaced by $E W E^{-1}$. Let $E$ multiply unit $i$ by $t$. If row or
# column $i$ of $W$ has an entry off the diagonal, the norm of $E W E^{-1}$ grows beyond all bounds, and at some $t$ it is exactly $1$.
# There one singular value is $1$, the defect $I - (E W E^{-1})^\top E W E^{-1}$ has rank $n - 1$, and the dilation needs one unit less.
# The point is explicit: $t^2 = 1 + \tau$, where $\tau$ solves a quadratic equation with coefficients in the field of the weights
# (steps Q2 to Q6 of `theorem("2n-1")`).

# %%
W = np.array([[0.5, 0.2, 0.1], [-0.3, 0.4, 0.2], [0.1, 0.1, 0.6]])
i = 0


def scaled(W, t):
    """Multiply unit i by t."""
    E = np.ones(len(W))
    E[i] = t
    return E[:, None] * W / E


G = np.linalg.inv(np.eye(3) - W.T @ W)
w, e = W[i], np.eye(3)[i]
a, g, c = w @ G @ w, e @ G @ e, w @ G @ e
d = a * g - c**2
tau = (g - a + np.sqrt((g - a) ** 2 + 4 * d)) / (2 * d)
t_star = np.sqrt(1 + tau)

ts = np.geomspace(1 / 8, 8, 300)
values = np.array([np.linalg.svd(scaled(W, t), compute_uv=False) for t in ts])
diagonal = np.diag([0.2, 0.5, 0.7])
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3), dpi=80, sharey=True)
axes[0].plot(ts, values)
axes[0].axhline(1, color="C7", lw=1)
axes[0].plot([t_star], [1], "ko")
axes[0].annotate("$\\sqrt{1 + \\tau}$", (t_star, 1), (t_star * 0.32, 1.12))
axes[0].set(
    title="$W$ not diagonal", xlabel="$t$", ylabel="singular values of $E W E^{-1}$", ylim=(0, 1.6)
)
axes[1].plot(ts, [np.linalg.svd(scaled(diagonal, t), compute_uv=False) for t in ts])
axes[1].axhline(1, color="C7", lw=1)
axes[1].set(title="$W$ diagonal: nothing changes", xlabel="$t$")
for ax in axes:
    ax.set_xscale("log", base=2)
plt.show()
print(
    "singular values at this t:", np.round(np.linalg.svd(scaled(W, t_star), compute_uv=False), 12)
)

# %% [markdown]
# Sometimes even fewer do. Half a nilpotent shift, scaled by powers of 2, has all singular values but one equal to 1: it needs
# $n + 1$ states, and no URNN does with fewer.

# %%
from fractions import Fraction

from urnn_proofs import RNN, minimal_urnn

n = 4
shift = [[Fraction(int(j == i + 1), 2) for j in range(n)] for i in range(n)]
unit = [[int(i == j) for j in range(n)] for i in range(n)]
found = minimal_urnn(RNN(W=shift, F=unit, b=[0] * n, C=unit), input_bound=1)
print(f"at least {found.at_least}, at most {found.at_most}: {found.report.verdict}")

# %% [markdown]
# ## The inputs matter
#
# Here $W = 0$ again, but no input in $X_1$ reaches a unit: every output is 0, and one state with $U = 1$ does.

# %%
silent = RNN(W=[[0, 0], [0, 0]], F=[[1, 0], [0, 1]], b=[-100, -100], C=[[1, 0], [0, 1]])
one = RNN(W=[[1]], F=[[0, 0]], b=[0], C=[[0], [0]])
x = [[Fraction(3, 5), Fraction(4, 5)], [1, 0], [0, -1]]
print("same outputs:", silent.run_exact(x) == one.run_exact(x))

# %% [markdown]
# At the other end, units that are always active: $W = \mathrm{diag}(3/5, 5/13)$ with a large bias. The RNN is affine then, and it
# may be carried by any basis of states, not only by a diagonal scaling. The number is $n + \mu(W)$, where $\mu(W)$ is the largest
# dimension of an eigenspace: here $3$, not $4$. For $w I_n$ it is $2n$ again, whatever the bias;
# that, and the bound for contractive $W$, is a theorem in Coq.

# %%
from urnn_proofs.theorems.n_plus_mu import always_active

rnn, urnn = always_active()
x = [[1, 0], [0, -1], [Fraction(3, 5), Fraction(4, 5)], [-1, 0]] * 5
same = rnn.run_exact(x) == urnn.run_exact(x)
print(f"{rnn.states} states, {urnn.states} states; same outputs: {same}")
for name in ("n+mu", "n+eigenspace"):
    state(name)


# %% [markdown]
# ## $2n$ is not robust
#
# Ask for outputs within $\varepsilon$, for all $k$ and all inputs in $X_M$, and $n + 1$ states do for every diagonal $W$ and every
# $\varepsilon > 0$. The lower triangular matrix
#
# $$L_{ii} = w_i, \qquad L_{ij} = s_i s_j \prod_{j < k < i} (-w_k), \qquad s_i = \sqrt{1 - w_i^2},$$
#
# is the state matrix of an all-pass filter: all its singular values but one are $1$. A diagonal scaling with the entries $s_i t^{i-1}$
# divides what is below its diagonal by powers of $t$, and ReLU does not notice. So the witness of Theorem 3.2 needs $2n$ states for
# equal outputs, and $n + 1$ for every $\varepsilon$; both in Coq:

# %%
print(recorded("witness_exact_vs_eps").statement)

# %%
w = np.array([0.2, 0.5, 0.7])
s, n = np.sqrt(1 - w**2), 3
L, row = np.diag(w), np.empty(n)
for i in range(n):
    row[i] = s[i] * np.prod(-w[i + 1 :])
    for j in range(i):
        L[i, j] = s[i] * s[j] * np.prod(-w[j + 1 : i])
last = np.linalg.svd(np.vstack([L, row]))[0][:, -1:]
U = np.hstack([np.vstack([L, row]), last])  # orthogonal, n + 1 rows
print("singular values of L:", np.round(np.linalg.svd(L, compute_uv=False), 12))


def largest_error(t, x):
    """Run the RNN and the URNN with n + 1 states that belongs to t."""
    T, h, g, worst = s * t ** np.arange(n), np.zeros(n), np.zeros(n + 1), 0.0
    bias = np.append(np.zeros(n), -20 * T.max())
    for value in x:
        h = np.maximum(w * h + value, 0)
        g = np.maximum(U @ g + np.append(T * value, 0) + bias, 0)
        worst = max(worst, np.linalg.norm(g[:n] / T - h))
    return worst


rng = np.random.default_rng(0)
x = rng.standard_normal((400, n))
x /= np.linalg.norm(x, axis=1)[:, None]
ts = np.geomspace(10, 10_000, 10)
errors = [largest_error(t, np.abs(x)) for t in ts]
fig, ax = plt.subplots(figsize=(6.4, 3), dpi=80)
ax.loglog(ts, errors, "C0o-", label="largest error of a run, $n + 1 = 4$ states")
ax.loglog(ts, errors[0] * ts[0] / ts, "C7--", label="$1/t$")
ax.set(xlabel="$t$", ylabel="error")
ax.legend(frameon=False, fontsize=9)
plt.show()

# %% [markdown]
# ## All inputs
#
# The URNN of Theorem 3.1 belongs to a bound $M$: its gates have a bias below all states, and a longer input opens them. None is needed,
# at the price of states: with $W_3^\top W_3 = I - W^\top W$ let $r$ further units take up $\mathrm{relu}(W_3 h)$, which is what $W$ loses; a
# step later it arrives at gates with the preactivation $-\mathrm{relu}(\cdot) \le 0$, which are shut by its sign. For
# $n \le 2$ and for diagonal $W$ even $2n$ states do for all inputs.

# %%
W = np.array([[2, 2], [0, 0]]) / 3
W3 = np.array([[2, -1], [-1, 2]]) / 3
zero, unit = np.zeros((2, 2)), np.eye(2)


def orthogonal(Q):
    """Complete orthonormal columns."""
    return np.hstack([Q, np.linalg.svd(Q)[0][:, Q.shape[1] :]])


def outputs(U, bias, x):
    """Return the states that carry those of the RNN."""
    h, found = np.zeros(len(U)), []
    for value in x:
        h = np.maximum(U @ h + np.append(value, np.zeros(len(U) - 2)) + bias, 0)
        found.append(h[:2])
    return np.array(found)


gated = orthogonal(np.vstack([W, W3]))
free = orthogonal(np.block([[W, zero], [W3, zero], [zero, -unit]]))
H = 1 / (1 - np.linalg.norm(W, 2))  # the state bound for M = 1
sizes = np.geomspace(0.1, 1e4, 26)
wrong = {"Theorem 3.1, made for $M = 1$, 4 states": [], "no bound, 6 states": []}
for size in sizes:
    x = size * np.abs(rng.standard_normal((40, 2)))
    right = outputs(W, np.zeros(2), x)
    for label, U, bias in zip(
        wrong, (gated, free), (np.array([0, 0, -H, -H]), np.zeros(6)), strict=True
    ):
        wrong[label].append(np.abs(outputs(U, bias, x) - right).max())
fig, ax = plt.subplots(figsize=(6.4, 3), dpi=80)
for (label, values), style in zip(wrong.items(), ("C3s-", "C0o-"), strict=True):
    ax.loglog(sizes, np.maximum(values, 1e-16), style, label=label)
ax.set(xlabel="size of the inputs", ylabel="largest difference")
ax.legend(frameon=False, fontsize=9)
plt.show()
state("no-bound")

# %% [markdown]
# ## Complex states, and networks without any URNN
#
# With complex states and ReLU of real and imaginary part, $n$ of them do; as a real network these are $2n$. And where outputs
# can be driven apart without bound, no number of states helps.

# %%
for name in ("complex", "expansive"):
    state(name)

# %% [markdown]
# For one network of the smallest size, the search asks for one state; the lower bound answers:

# %%
from urnn_proofs import search_counterexample

half = RNN(W=[[Fraction(1, 2)]], F=[[1]], b=[0], C=[[1]])
search_counterexample(half, states=1, input_bound=1).verdict
