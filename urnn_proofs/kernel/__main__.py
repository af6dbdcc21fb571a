"""``python -m urnn_proofs.kernel certificate.json``: 0 PROVED, 1 rejected, 2 malformed."""

import sys

from .checker import check
from .reading import Malformed, Rejected

try:
    outcome = check(*sys.argv[1:])
except Rejected as reason:
    sys.exit(print(f"REJECTED: {reason}") or 1)
except (Malformed, OSError, TypeError) as reason:
    sys.exit(print(f"malformed certificate: {reason}", file=sys.stderr) or 2)
print(f"PROVED: {outcome.statement}\nclaim digest: sha256 {outcome.digest}")
