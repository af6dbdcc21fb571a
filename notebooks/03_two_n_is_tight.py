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
# # Theorem 3.2: $2n$ is tight
#
# **Claim.** For every $n$ and every $M > 0$ there is a contractive ReLU RNN with $n$ states such that every URNN with the same
# outputs on $X_M$ has at least $2n$ states.
#
# **Witness.** No memory at all: $W = 0$, $F = C = I_n$, $b = 0$, so $y^k = \mathrm{relu}(x^k)$.

# %%
from urnn_proofs import RNN, minimal_urnn, theorem
from urnn_proofs.theorems.theorem_3_2 import memoryless_network

n = 2
rnn = memoryless_network(n)
rnn

# %% [markdown]
# The same in Coq, where this network serves every $M$. Of the URNN `T'` only the invertibility of its transition is
# used (`unitmx`); an orthogonal matrix is invertible.

# %%
from urnn_proofs.formal.record import recorded

print(recorded("theorem_3_2").statement)

# %% [markdown]
# ## The proof
#
# Suppose a URNN with $N$ states has these outputs. Call a unit *active* where its preactivation is positive. Near a generic
# input with all $x^k > 0$ the set $A_k$ of active units is constant, and with the projection $P_k$ onto it perturbations obey
#
# $$\mathrm{d}h^k = P_k\,(U\,\mathrm{d}h^{k-1} + F_u\,\mathrm{d}x^k).$$
#
# $X_k$ is the space of all $\mathrm{d}h^k$ that can be reached, and $E_k = P_k U X_{k-1}$ is what comes from the past. To
# forget, $E_k$ must be invisible; to copy the input, $n$ fresh directions are needed at each step. Only that $U$ is
# invertible is used.

# %%
proof = theorem("3.2")
proof

# %%
proof.check_step("T1 outputs")

# %%
proof.check_step("T2 nullity")

# %%
proof.check_step("T3 counting")

# %%
proof.check_step("T4 conclusion")

# %% [markdown]
# All steps, with the examples that could contradict. One of them runs exact ranks on many orthogonal $U$ and activity
# patterns with $N < 2n$; others show what fails without a hypothesis.

# %%
report = proof.check()
report

# %% [markdown]
# ## The count in a picture
#
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
# With $N = 2n$ it does, for the $U$ of Theorem 3.1 with its first $n$ units active:

# %%
from urnn_proofs.guesses.dilation import dilate

U = dilate(RationalMatrix.zeros(n, n)).U.R
F = RationalMatrix.parse(np.vstack([np.eye(n, dtype=int), np.zeros((n, n), dtype=int)]), "F")
steps = reachable(U, F, [[True] * n + [False] * n] * (2 * n + 1))
print("dim X_k:", [s.now for s in steps])
print("a C that copies and forgets exists:", is_memoryless_identity_possible(F, steps))

# %% [markdown]
# ## For a given network
#
# `minimal_urnn` builds a URNN with as few states as we know how and proves how few any of them can have. For the witness the
# two numbers meet:

# %%
minimal_urnn(rnn, input_bound=1)

# %% [markdown]
# Not every network needs $2n$. Half a nilpotent shift needs $n + 1$ states, and no URNN does with fewer:

# %%
from fractions import Fraction

n = 4
shift = [[Fraction(int(j == i + 1), 2) for j in range(n)] for i in range(n)]
unit = [[int(i == j) for j in range(n)] for i in range(n)]
found = minimal_urnn(RNN(W=shift, F=unit, b=[0] * n, C=unit), input_bound=1)
print(f"at least {found.at_least}, at most {found.at_most}: {found.report.verdict}")

# %% [markdown]
# The hypothesis on the inputs matters as well. Here $W = 0$ again, but no input in $X_1$ reaches a unit: every output is 0, and one
# state with $U = 1$ does. What is proved is only what the construction gives and that at least one state is needed;
# what lies between the two numbers is open to `minimal_urnn`.

# %%
silent = RNN(W=[[0, 0], [0, 0]], F=[[1, 0], [0, 1]], b=[-100, -100], C=[[1, 0], [0, 1]])
one = RNN(W=[[1]], F=[[0, 0]], b=[0], C=[[0], [0]])
x = [[Fraction(3, 5), Fraction(4, 5)], [1, 0], [0, -1]]
found = minimal_urnn(silent, input_bound=1)
print("same outputs:", silent.run_exact(x) == one.run_exact(x))
print(f"at least {found.at_least}, at most {found.at_most}: {found.report.verdict}")

# %% [markdown]
# ## With memory
#
# Does $w I_n$ with $0 < |w| < 1$ need $2n$ states as well? For $n = 2$ yes; in general at least $n + 2$. The argument is this
# package's own, and follows activity patterns over five steps. A machine checked the algebra of each step; what joins
# them is in words, so the verdict is ASSUMED.

# %%
memory = theorem("scalar-memory")
memory.check()

# %% [markdown]
# For one network of the smallest size, the search asks for one state; the lower bound answers:

# %%
from urnn_proofs import search_counterexample

half = RNN(W=[[Fraction(1, 2)]], F=[[1]], b=[0], C=[[1]])
search_counterexample(half, states=1, input_bound=1).verdict
