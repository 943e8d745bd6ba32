# Opens /dev/stdout anew as if it were a file of its own, which empties it.
echo before
sleep 2
echo after >/dev/stdout
exec sleep 1000
