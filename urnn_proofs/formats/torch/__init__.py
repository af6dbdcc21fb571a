"""PyTorch modules and state dicts, safetensors."""
