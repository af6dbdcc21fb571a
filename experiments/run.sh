#!/bin/sh
# Trains what experiments/results holds of the slowly varying systems, the most telling part first.
#
#   experiments/run.sh                                   on the CPU: many hours
#   MINUTES=8 experiments/run.sh --device cuda           on a GPU, no longer than so many minutes
#
# It goes on where it stopped.  RESULTS is the folder that is written to.  What is given is passed on
# to each command.
set -e
RESULTS=${RESULTS:-experiments/results}
end=$(($(date +%s) + ${MINUTES:-10000} * 60))

part() {
    folder=$1
    shift
    seconds=$((end - $(date +%s)))
    [ "$seconds" -gt 0 ] || { echo "no time for: $folder $*"; return 0; }
    minutes=$(awk "BEGIN { print $seconds / 60 }")
    echo "== $folder $*"
    ${PYTHON:-python3} -m urnn_proofs experiment synthetic --preset paper --minutes "$minutes" \
        "$@" --out "$RESULTS/$folder" || echo "failed: $folder $*"
}

part script-orthogonal --no-normalise --start orthogonal --models rnn,urnn "$@"
part script-identity-clip --no-normalise --start identity --clip 1 --models rnn,urnn "$@"
part text-orthogonal --normalise --start orthogonal --models rnn,urnn "$@"
part text-identity-clip --normalise --start identity --clip 1 --models rnn,urnn "$@"
part script-orthogonal --no-normalise --start orthogonal --models lstm "$@"
part script-orthogonal-clip --no-normalise --start orthogonal --clip 1 --models rnn,urnn "$@"
part script-identity --no-normalise --start identity --models rnn,urnn "$@"
part text-identity --normalise --start identity --models rnn,urnn "$@"
part cayley --no-normalise --start orthogonal --constraint cayley --models urnn "$@"
part diagonal --no-normalise --diagonal --start orthogonal --models rnn,urnn "$@"
part faster --normalise --epsilon 0.3 --start orthogonal --models rnn,urnn "$@"
part text-orthogonal --normalise --start orthogonal --models lstm "$@"
part text-orthogonal-clip --normalise --start orthogonal --clip 1 --models rnn,urnn "$@"
part script-identity --no-normalise --start identity --models lstm "$@"
part text-identity --normalise --start identity --models lstm "$@"
part tanh --activation tanh --no-normalise --start orthogonal --models rnn,urnn "$@"
