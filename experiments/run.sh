#!/bin/sh
# Trains what experiments/results holds of the slowly varying systems, the most telling part first.
#
#   experiments/run.sh                                   on the CPU: many hours
#   MINUTES=8 experiments/run.sh --device cuda           on a GPU, no longer than so many minutes
#
# It goes on where it stopped.  RESULTS is the folder that is written to; COPY, if set, a folder that
# gets the results files alone, after each step.  What is given is passed on to each command.
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
    [ -z "$COPY" ] || cp "$RESULTS/$folder/synthetic.jsonl" "$COPY/$folder.jsonl" || true
}

part script-orthogonal --start orthogonal --no-normalise --models rnn,urnn "$@"
part script-identity --start identity --no-normalise --models rnn,urnn "$@"
part text-orthogonal --start orthogonal --normalise --models rnn,urnn "$@"
part text-identity --start identity --normalise --models rnn,urnn "$@"
part script-orthogonal --start orthogonal --no-normalise --models lstm "$@"
part cayley --start orthogonal --no-normalise --constraint cayley --models urnn "$@"
part faster --start orthogonal --normalise --epsilon 0.3 --models rnn,urnn "$@"
part text-orthogonal --start orthogonal --normalise --models lstm "$@"
