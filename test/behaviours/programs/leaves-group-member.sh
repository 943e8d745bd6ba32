# Ends at SIGTERM at once, and leaves a member of its group that ignores it.
sh -c 'trap "" TERM; while :; do sleep 1; done' &
trap 'exit 0' TERM
wait
