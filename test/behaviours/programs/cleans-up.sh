# At SIGTERM it does what takes a while, with the help of another program, and says when it is done.
trap 'sleep 0.4; echo cleaned up; exit 0' TERM
echo ready
while :; do sleep 0.1; done
