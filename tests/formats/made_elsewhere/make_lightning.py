"""Make ``lightning.ckpt``: a checkpoint that Lightning's ``Trainer`` wrote after two steps.

Needs torch and pytorch-lightning; the tests need only torch and the file.
"""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning
import torch
from torch import nn

HERE = Path(__file__).parent


class Net(pytorch_lightning.LightningModule):
    """A recurrent layer and a readout, as in Lightning's examples."""

    def __init__(self, hidden: int = 8) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.rnn = nn.RNN(2, hidden, nonlinearity="relu")
        self.readout = nn.Linear(hidden, 2)

    def training_step(self, batch: torch.Tensor, _: int) -> torch.Tensor:
        return (self.readout(self.rnn(batch)[0]) - batch).square().mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.01)


def main() -> None:
    """Write the file."""
    torch.manual_seed(0)
    data = torch.utils.data.DataLoader(torch.randn(2, 5, 4, 2), batch_size=None)
    trainer = pytorch_lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    trainer.fit(Net(), data)
    trainer.save_checkpoint(HERE / "lightning.ckpt")


if __name__ == "__main__":
    main()
