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
# These notebooks go through the proofs that `urnn_proofs` checks, one step at a time. Every step is shown
# with its claim, the argument, who checked it, for which range, and the verdict. Numbers at the top of a
# cell are yours to change; run the cell again.
#
# | notebook | content |
# | --- | --- |
# | [01](01_setting_and_statement.ipynb) | networks, equivalence, the three theorems |
# | [02](02_relu_construction.ipynb) | Theorem 3.1: a ReLU RNN has an equivalent unitary RNN with at most $2n$ states |
# | [03](03_two_n_is_tight.ipynb) | Theorem 3.2: $2n$ cannot be improved in general |
# | [04](04_smooth_activations.ipynb) | Theorem 3.3: tanh and the logistic function, where there may be none of any size |
# | [05](05_your_own_network.ipynb) | a trained network: convert, verify, certify |
# | [06](06_latex_for_your_paper.ipynb) | statements, proofs and tables of checks as LaTeX |
# | [07](07_experiments.ipynb) | what training finds, beside what a URNN can do (stored results) |
#
# The theorems are those of Emami, Sahraee-Ardakan, Rangan and Fletcher, *Input-Output Equivalence of Unitary
# and Contractive RNNs*, NeurIPS 2019 (arXiv:1910.13672); what goes beyond the paper is marked where it occurs.

# %% [markdown]
# ## A first verification
#
# Theorem 3.1 at one size: for $n \le 4$ with symbolic weights, so for every $W$ of that size, and for every $n$
# on six networks in exact arithmetic.

# %%
from urnn_proofs import verify_construction

n = 2
report = verify_construction(n)
report

# %% [markdown]
# Unfold a line to see its steps, and *evidence* to see the numbers behind a step.
#
# ## How to read a report
#
# The **verdict** of a report is that of its weakest step. What keeps it from PROVED stands at its top.
#
# | verdict | meaning |
# | --- | --- |
# | ✔ PROVED | the claim holds, in the range that stands beside it and no wider |
# | ✘ REFUTED | the claim is false, or a cross-check contradicts it |
# | ? UNKNOWN | not decided |
# | ⊘ UNSUPPORTED | no method here covers it |
# | ◐ ASSUMED | rests on something taken from outside, such as a cited theorem |
# | ≈ CONSISTENT | sampling only: nothing seen contradicts the claim; never evidence of a proof |
#
# The **trust** says who is believed when it says PROVED.
#
# | trust | who is believed |
# | --- | --- |
# | FORMAL | Coq: it checked a theorem whose statement is the claim |
# | KERNEL | a checker of about 830 lines of plain Python, which shares no code with the prover |
# | EXACT | exact algebra by one engine: integers in FLINT, polynomial rings in SymPy |
# | SMT | the answer `unsat` of a solver (Z3) and the encoding that asked |
# | BALL | interval enclosures (Arb) |
# | ROUNDING | floating point with proved bounds of its rounding errors |
# | WORDS | an argument in words, whose steps a machine checked one by one: not called PROVED |
# | SAMPLE | nobody: floating-point agreement can contradict, it proves nothing |
#
# A verdict has no truth value; comparing is explicit.

# %%
from urnn_proofs import Trust, Verdict

report.verdict is Verdict.PROVED, report.trust is Trust.EXACT

# %% [markdown]
# ## All sizes at once
#
# For all $n$ the word PROVED comes from Coq: the package ships a record of what it checked. The steps, which use each
# other, are the skeleton of the argument in words; `.check()` runs them and compares the record with the page.

# %%
from urnn_proofs import theorem

proof = theorem("3.1")
proof

# %%
proof.check()

# %% [markdown]
# Below some steps stands what they *use without a machine's check*: textbook facts such as induction on $k$ or the
# triangle inequality. A step rests on them; Coq's theorem does not, since its proof contains them. `TRUST.md` in the
# repository lists all that you are asked to believe.
