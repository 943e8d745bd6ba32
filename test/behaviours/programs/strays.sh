# Leaves processes in sessions of their own: one that holds its output, one that closed everything, one without environment.
setsid sleep 41001 &
setsid sh -c 'exec sleep 41002' </dev/null >/dev/null 2>&1 3>&- &
setsid env -i /bin/sleep 41003 &
exec sleep 41000
