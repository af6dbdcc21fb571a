"""The layout of an ONNX file in bytes, looked at before protobuf builds objects of it.

Two bytes can make a node, which takes a hundred bytes in memory.  So what is not the data of a
tensor may take a few megabytes only, however large the weights are.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["MAX_STRUCTURE", "structure_size"]

#: Nodes, names and shapes of thousands of layers take less.
MAX_STRUCTURE = 2**22

# Messages within messages, by the numbers of their fields in onnx.proto.
_WITHIN = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor"},
    "tensor": {},
}
# float_data, int32_data, int64_data, raw_data, double_data and uint64_data of a tensor.
_DATA = frozenset((4, 5, 7, 9, 10, 11))
_FIXED = {1: 8, 5: 4}
_VARINT, _DELIMITED = 0, 2


def structure_size(data: bytes) -> int:
    """Count the bytes that are not data of tensors, as far as :data:`MAX_STRUCTURE`.

    Bytes that follow no rule count, too: protobuf refuses them.

    Examples
    --------
    >>> structure_size(b"")
    0
    """
    found = 0
    for count in _structure(data, 0, len(data), "model"):
        found += count
        if found > MAX_STRUCTURE:
            break
    return found


def _structure(data: bytes, start: int, end: int, kind: str) -> Iterator[int]:
    """Yield sizes of what is not data, piece by piece."""
    at = start
    while at < end:
        begin = at
        key, at = _varint(data, at, end)
        number, wire = key >> 3, key & 7
        if wire == _DELIMITED:
            length, at = _varint(data, at, end)
            inner = _WITHIN[kind].get(number)
            stop = at + length
            if stop > end:
                yield end - begin
                return
            yield at - begin
            if inner is not None:
                yield from _structure(data, at, stop, inner)
            elif not (kind == "tensor" and number in _DATA):
                yield length
            at = stop
        elif wire == _VARINT:
            _, at = _varint(data, at, end)
            yield at - begin
        elif wire in _FIXED:
            at += _FIXED[wire]
            yield at - begin
        else:
            yield end - begin
            return


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return value, at
