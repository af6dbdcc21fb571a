"""The PyTorch module that a network becomes; imported only where PyTorch is there."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["LogisticRNN", "RecurrentNetwork"]


class LogisticRNN(torch.nn.RNNBase):  # type: ignore[misc]
    """What ``torch.nn.RNN`` would be with ``nonlinearity="logistic"``, which it does not have.

    Names and shapes of the weights, inputs and outputs are those of ``torch.nn.RNN``, in one
    direction.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dtype
        As for ``torch.nn.RNN``.
    """

    nonlinearity = "logistic"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bias: bool = True,
        batch_first: bool = False,
        dtype: Any = None,
    ) -> None:
        # The base keeps the weights, and runs nothing: a mode it knows must be named.
        super().__init__(
            "RNN_TANH", input_size, hidden_size, num_layers, bias, batch_first, dtype=dtype
        )

    # TorchScript reads these types, and finds no attribute by a name that is put together.
    def forward(
        self,
        x: torch.Tensor,
        start: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return all states of the last layer, and the last state of every layer."""
        self._update_flat_weights()
        time = 1 if self.batch_first and x.dim() == 3 else 0
        count = 4 if self.bias else 2
        last: list[torch.Tensor] = []
        for k in range(self.num_layers):
            weights = self._flat_weights[k * count : (k + 1) * count]
            first = weights[2] if self.bias else None
            second = weights[3] if self.bias else None
            steps = torch.nn.functional.linear(x, weights[0], first).unbind(time)
            h = torch.zeros_like(steps[0]) if start is None else start[k]
            states: list[torch.Tensor] = []
            for drive in steps:
                h = torch.sigmoid(drive + torch.nn.functional.linear(h, weights[1], second))
                states.append(h)
            x = torch.stack(states, time)
            last.append(h)
        return x, torch.stack(last)


class RecurrentNetwork(torch.nn.Module):  # type: ignore[misc]
    """A ``torch.nn.RNN``, or its like, with a linear readout: ``y = readout(rnn(x))``.

    Parameters
    ----------
    rnn
        The recurrent layers: ``torch.nn.RNN`` or :class:`LogisticRNN`.
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

    # TorchScript reads these types; Any would mean that nothing is known.
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs for inputs (time, batch, m), or (batch, time, m) if batch first."""
        time = 1 if self.rnn.batch_first and x.dim() == 3 else 0
        start = self.h_init
        if start is not None and x.dim() == 3:
            batch = x.shape[1 - time]
            start = start.unsqueeze(1).expand(start.size(0), batch, start.size(1)).contiguous()
        states = self.rnn(x, start)[0]
        if self.last_only:
            states = states.select(time, -1)
        return states if self.readout is None else self.readout(states)
