"""``python -m urnn_proofs.kernel certificate.json``, in one process with limits of its own.

Status 0: PROVED.  1: rejected.  2: no certificate that can be read.  70: the checker gave up, or
failed.  Each says so in one line (a bundle: one line for each claim that it proves).
"""

import os
import sys

from .checker import check
from .reading import Malformed, Rejected

SECONDS, BYTES = 600, 4 * 2**30


def limit() -> None:
    """Bound the processor time and the memory of this process, where the system can."""
    try:
        import resource
        import signal

        for which, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, BYTES)):
            soft, hard = resource.getrlimit(which)
            known = [x for x in (most, soft, hard) if x != resource.RLIM_INFINITY]
            resource.setrlimit(which, (min(known), hard))
        signal.signal(signal.SIGXCPU, _give_up)
    except (ImportError, OSError, ValueError):
        return


def _give_up(*_: object) -> None:
    raise RuntimeError("its time is spent")


def judge(arguments: list[str]) -> tuple[int, str]:
    """Return the status and what is to be said."""
    if len(arguments) != 1:
        return 2, "usage: python -m urnn_proofs.kernel certificate.json"
    try:
        outcome = check(arguments[0])
        return 0, f"PROVED: {outcome.statement}\nclaim digest: sha256 {outcome.digest}"
    except Rejected as reason:
        return 1, f"REJECTED: {reason}"
    except (Malformed, OSError) as reason:
        return 2, f"malformed certificate: {reason}"
    except BaseException as fault:
        return 70, f"the checker gave up: {fault!r:.200}"


def main() -> int:
    """Check the one file that the command names."""
    limit()
    status, said = judge(sys.argv[1:])
    try:
        print(said, file=sys.stdout if status < 2 else sys.stderr, flush=True)
    except OSError:  # nobody listens
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 70
    return status


if __name__ == "__main__":
    sys.exit(main())
