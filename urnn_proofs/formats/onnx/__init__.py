"""ONNX graphs (extra onnx)."""
