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
# # LaTeX for your paper
#
# Statements are LaTeX already; networks and exact matrices have a LaTeX form, with nothing rounded unless a sign says so.

# %%
from urnn_proofs import theorem

print(theorem("3.1").statement.latex)

# %% [markdown]
# The construction for a network of yours:

# %%
from fractions import Fraction

from urnn_proofs import RNN, equivalent_urnn

rnn = RNN(W=[[Fraction(3, 5)]], F=[[1]], b=[0], C=[[1]])
both = equivalent_urnn(rnn, input_bound=1)
both.urnn

# %%
from urnn_proofs.render.tex_math import matrix, network

print(matrix(both.urnn.W))

# %%
print(network(both.urnn))

# %% [markdown]
# Claims and scopes are plain text; their formulas are recognised:

# %%
from urnn_proofs.render.tex_math import formula

for check in theorem("3.1").check().checks[:4]:
    print(formula(check.claim))
