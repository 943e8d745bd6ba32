# A parent, a child and a grandchild; the last ignores SIGTERM.
sh -c 'perl -e "\$SIG{TERM} = q(IGNORE); sleep 1000" & wait' &
wait
