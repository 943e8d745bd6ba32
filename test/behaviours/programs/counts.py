"""Writes numbered lines: how many, then how many a second (0: as fast as it can). Stays when it is done."""
import sys
import time

count, pace = int(sys.argv[1]), float(sys.argv[2])
for number in range(count):
    sys.stdout.write("line %d\n" % number)
    if pace:
        sys.stdout.flush()
        time.sleep(1 / pace)
sys.stdout.flush()
while True:
    time.sleep(1000)
