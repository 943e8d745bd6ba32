"""Blue and green: at SIGUSR2 a new copy takes the port over before the old one leaves."""
import os
import signal
import socket
import subprocess
import sys

# Waited for and never handled: a signal that comes before the wait is kept for it.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
server = socket.socket()
# The port may have been somebody's a moment ago, whose last connections the system still remembers.
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
if len(sys.argv) > 2:
    os.write(int(sys.argv[2]), b"ready")

signal.sigwait({signal.SIGUSR2})
read, write = os.pipe()
subprocess.Popen([sys.executable, __file__, sys.argv[1], str(write)], pass_fds=[write])
os.read(read, 5)
