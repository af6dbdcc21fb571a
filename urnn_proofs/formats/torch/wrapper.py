"""The PyTorch module that a network becomes; imported only where PyTorch is there."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["LogisticRNN", "RecurrentNetwork"]


class LogisticRNN(torch.nn.Module):  # type: ignore[misc]
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
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first = bias, batch_first
        # Of nn.RNN the names, the shapes and the initial values.
        like = torch.nn.RNN(input_size, hidden_size, num_layers, bias=bias, dtype=dtype)
        for name, weight in like.named_parameters():
            self.register_parameter(name, torch.nn.Parameter(weight.detach().clone()))

    def forward(self, x: Any, start: Any = None) -> tuple[Any, Any]:
        """Return all states of the last layer, and the last state of every layer."""
        time = 1 if self.batch_first and x.dim() == 3 else 0
        last = []
        for k in range(self.num_layers):
            W, F = getattr(self, f"weight_hh_l{k}"), getattr(self, f"weight_ih_l{k}")
            first = getattr(self, f"bias_ih_l{k}") if self.bias else None
            second = getattr(self, f"bias_hh_l{k}") if self.bias else None
            steps = torch.nn.functional.linear(x, F, first).unbind(time)
            h = torch.zeros_like(steps[0]) if start is None else start[k]
            states = []
            for drive in steps:
                h = torch.sigmoid(drive + torch.nn.functional.linear(h, W, second))
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
