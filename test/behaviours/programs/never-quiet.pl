# Writes a line a thousand times a second, for ever.
$| = 1;
while (1) { print "line\n"; select(undef, undef, undef, 0.001); }
