"""The paper's experiments: RNN, URNN and LSTM on slowly varying systems and on permuted pixels.

Needs the extra ``experiments``; nothing here is imported before it is used.
"""
