"""Where things stand beside the tests."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
