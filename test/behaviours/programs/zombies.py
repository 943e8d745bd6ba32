"""Has children that ended and that it never asks for: zombies."""
import os
import time

for _ in range(3):
    if os.fork() == 0:
        os._exit(0)
print("ready", flush=True)
time.sleep(1000)
