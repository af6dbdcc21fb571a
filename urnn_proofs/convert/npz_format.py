"""Networks in NumPy's ``.npz``: numeric arrays only, pickles refused."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from urnn_proofs.activation import is_registered
from urnn_proofs.errors import InputError
from urnn_proofs.network import RNN
from urnn_proofs.rational import RationalMatrix

__all__ = ["read", "write"]

_REQUIRED = ("W", "F", "b", "C")
_OPTIONAL = ("h_init", "activation", "offset")

# A zip can promise more than it holds on disk; nothing is unpacked above this.
MAX_BYTES = 2**31


def read(file: Path) -> RNN:
    """Read a network from an ``.npz`` file."""
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(item.file_size for item in archive.infolist())
        if size > MAX_BYTES:
            raise InputError(f"{file.name} unpacks to {size} bytes; expected at most {MAX_BYTES}")
        with np.load(file, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
    except InputError:
        raise
    except ValueError as error:
        if "pickle" in str(error).lower() or "object array" in str(error).lower():
            raise InputError(
                f"{file.name} holds object arrays, which need pickle; expected numeric arrays"
            ) from None
        raise InputError(f"{file.name} is not a readable .npz file: {error}") from None
    except (OSError, zipfile.BadZipFile, EOFError, KeyError, SyntaxError) as error:
        raise InputError(f"{file.name} is not a readable .npz file: {error}") from None
    except Exception as error:  # zlib and the header parser raise types of their own
        raise InputError(
            f"{file.name} is not a readable .npz file ({type(error).__name__})"
        ) from None
    return _network(file.name, arrays)


def _network(name: str, arrays: dict[str, Any]) -> RNN:
    missing = [key for key in _REQUIRED if key not in arrays]
    if missing:
        raise InputError(
            f"{name} lacks the array{'s' * (len(missing) > 1)} {', '.join(missing)}; expected "
            f"{', '.join(_REQUIRED)} (and optionally {', '.join(_OPTIONAL)})"
        )
    unknown = sorted(set(arrays) - {*_REQUIRED, *_OPTIONAL})
    if unknown:
        raise InputError(
            f"{name} holds the unknown array {unknown[0]!r}; expected only "
            f"{', '.join((*_REQUIRED, *_OPTIONAL))}"
        )
    activation = arrays.pop("activation", np.array("relu"))
    if activation.shape != () or activation.dtype.kind != "U":
        raise InputError(f"{name}: activation is not a text scalar; expected a name like 'relu'")
    return RNN(**arrays, activation=str(activation))


def write(rnn: RNN, stream: IO[bytes]) -> None:
    """Write a network whose weights float64 represents exactly."""
    parts = {"W": rnn.W, "F": rnn.F, "b": rnn.b, "C": rnn.C, "h_init": rnn.h_init}
    if not is_registered(rnn.activation):
        raise InputError(
            f"the activation {rnn.activation.name!r} is declared by exact data, which .npz cannot "
            f"hold; save as .json instead"
        )
    if not rnn.offset.is_zero():
        parts["offset"] = rnn.offset
    arrays: dict[str, Any] = {}
    for name, exact in parts.items():
        rounded = exact.to_numpy()
        if (
            not isinstance(exact, RationalMatrix)
            or not np.isfinite(rounded).all()
            or RationalMatrix.parse(rounded, name) != exact
        ):
            raise InputError(
                f"{name} has entries that float64 does not represent exactly, and .npz would "
                f"round them; save as .json instead, or round first with to_numpy()"
            )
        arrays[name] = rounded[:, 0] if name in ("b", "h_init", "offset") else rounded
    np.savez(stream, activation=np.array(rnn.activation.name), **arrays)
