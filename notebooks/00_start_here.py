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
# # Start here
#
# A recurrent network forgets, an orthogonal matrix does not. Which recurrent networks can be imitated, output for
# output, by one whose transition matrix is orthogonal? These notebooks are a course on the answer: what is true, why,
# and who checked it. This one shows how to read what the others show.
#
# | notebook | question |
# | --- | --- |
# | [01](01_setting_and_statement.ipynb) | What are the networks, and what do the theorems say? |
# | [02](02_relu_construction.ipynb) | Why are $2n$ states enough under ReLU? (Theorem 3.1) |
# | [03](03_two_n_is_tight.ipynb) | How many states exactly? (Theorem 3.2 and beyond) |
# | [04](04_smooth_activations.ipynb) | And tanh? None exactly, $2n$ within every $\varepsilon$ (Theorem 3.3 and beyond) |
# | [05](05_your_own_network.ipynb) | I have trained a network. What now? |
# | [06](06_latex_for_your_paper.ipynb) | How does a theorem get into my paper? |
# | [07](07_experiments.ipynb) | What does training find? |
#
# Theorems 3.1 to 3.3 are those of Emami, Sahraee-Ardakan, Rangan and Fletcher, *Input-Output Equivalence of Unitary
# and Contractive RNNs*, NeurIPS 2019 (arXiv:1910.13672). What goes beyond the paper is marked where it occurs.
#
# Read 01 and 02 in order; 03 to 07 can then be read in any order. A line such as `n = 2` is yours to change: run the
# notebook again, everything below follows.

# %% [markdown]
# ## The theorem in one picture
#
# A network with $n$ states, and the orthogonal one that Theorem 3.1 builds for it. On an input drawn at random
# their outputs agree.

# %%
from fractions import Fraction

import numpy as np

from urnn_proofs import RNN, equivalent_urnn
from urnn_proofs.show import draw

n = 2  # try 1, 3, 8

W = [[0] * n for _ in range(n)]
for i in range(n):
    W[i][i] = Fraction((-1) ** i, 2)
    if i + 1 < n:
        W[i][i + 1] = Fraction(1, 3)
rnn = RNN(W, F=[[1]] * n, b=[0] * n, C=[[1] * n])
both = equivalent_urnn(rnn, input_bound=1)

x = np.random.default_rng(0).uniform(-1, 1, (40, 1))
draw.outputs(rnn, both.urnn, x)

# %% [markdown]
# A picture is one run of floating-point numbers. The claim is about *all* inputs $x^0, x^1, \dots$ of length at most 1,
# and *all* times. That is what a report is about.
#
# ## How to read a report

# %%
both.report

# %% [markdown]
# From top to bottom:
#
# 1. The **verdict**. It is that of the weakest step below.
# 2. The **range**: what the verdict is about, and no more. Here it is this one network, not every network.
# 3. The **steps**. Each has a claim, a verdict, and the range it holds in. Unfold a step for its *evidence*: the numbers
#    from which the claim was derived, so that somebody else can derive it again. No verdict is read from evidence.
# 4. The **cross-checks**, by other means (a solver, a simulation). They can contradict; they prove nothing.
#
# | verdict | meaning |
# | --- | --- |
# | ✔ PROVED | the claim holds, in the range that stands beside it |
# | ✘ REFUTED | the claim is false, or a cross-check contradicts it |
# | ? UNKNOWN | not decided |
# | ⊘ UNSUPPORTED | no method here covers it |
# | ◐ ASSUMED | rests on something taken from outside, such as a proof in words |
# | ≈ CONSISTENT | sampling only: nothing seen contradicts the claim |
#
# Then the **trust**: who is believed when a step says PROVED.
#
# | trust | who is believed |
# | --- | --- |
# | FORMAL | Coq: it checked a theorem whose statement is the claim |
# | KERNEL | a checker of about 860 lines of plain Python, which shares no code with the prover |
# | EXACT | exact algebra by one engine: integers in FLINT, polynomial rings in SymPy |
# | SMT | the answer `unsat` of a solver (Z3) and the encoding that asked |
# | BALL | interval enclosures (Arb) |
# | ROUNDING | floating point with proved bounds of its rounding errors |
# | WORDS | a proof in words; a machine checked the algebra of its steps, not what joins them: ASSUMED, never PROVED |
# | SAMPLE | nobody: floating-point agreement can contradict, it proves nothing |
#
# A verdict has no truth value, so that nobody can mistake UNKNOWN for a yes. Comparing is explicit:

# %%
from urnn_proofs import Trust, Verdict

(
    both.report.verdict is Verdict.PROVED,
    both.report.trust is Trust.EXACT,
)

# %% [markdown]
# ## One network, one size, all sizes
#
# The same theorem with three ranges. First one network, above. Then one size: for $n \le 4$ with symbols for the
# entries of $W$, so for every $W$ of that size; for larger $n$ on six networks of very different kinds.

# %%
from urnn_proofs import verify_construction

verify_construction(n)

# %% [markdown]
# And for all $n$. Here the word PROVED comes from Coq; the package ships a record of what Coq checked. The steps below it are
# the skeleton of the argument in words, which use each other: `.check()` runs them, and compares the record with the
# page.

# %%
from urnn_proofs import theorem

theorem("3.1").check()

# %% [markdown]
# Below some steps stands what they *use without a machine's check*: textbook facts such as induction on $k$ or the
# triangle inequality. Such a step rests on them. Coq's theorem does not, since its proof contains them.
# [What is believed](../TRUST.md) lists all that you are asked to believe.
#
# Next: [the setting and the statements](01_setting_and_statement.ipynb).
