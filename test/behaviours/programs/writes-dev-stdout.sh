# Opens /dev/stdout and /dev/stderr by name, to append.
echo one >>/dev/stdout
echo two >>/dev/stderr
echo three
exec sleep 1000
