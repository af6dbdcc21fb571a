"""The PyTorch module that a network becomes; imported only where PyTorch is there."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["RecurrentNetwork"]


class RecurrentNetwork(torch.nn.Module):  # type: ignore[misc]
    """A ``torch.nn.RNN`` with a linear readout: ``y = readout(rnn(x))``.

    Parameters
    ----------
    rnn
        The recurrent layers, ``nonlinearity="relu"``.
    readout
        ``torch.nn.Linear``, or None where the outputs are the states.
    h_init
        State before the first input, (layers, hidden); None for zero.
    last_only
        Give the output of the last step only.
    """

    def __init__(
        self, rnn: Any, readout: Any = None, h_init: Any = None, *, last_only: bool = False
    ) -> None:
        super().__init__()
        self.rnn = rnn
        self.readout = readout
        self.last_only = last_only
        self.register_buffer("h_init", h_init)

    def forward(self, x: Any) -> Any:
        """Return the outputs for inputs (time, batch, m), or (batch, time, m) if batch first."""
        time = 1 if self.rnn.batch_first and x.dim() == 3 else 0
        start = self.h_init
        if start is not None and x.dim() == 3:
            batch = x.shape[1 - time]
            start = start.unsqueeze(1).expand(-1, batch, -1).contiguous()
        states = self.rnn(x, start)[0]
        if self.last_only:
            states = states.select(time, -1)
        return states if self.readout is None else self.readout(states)
