"""Blue and green: at SIGUSR2 a new copy takes the port over before the old one leaves."""
import os
import signal
import socket
import subprocess
import sys

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
if len(sys.argv) > 2:
    os.write(int(sys.argv[2]), b"ready")


def replace(*_):
    read, write = os.pipe()
    subprocess.Popen([sys.executable, __file__, sys.argv[1], str(write)], pass_fds=[write])
    os.read(read, 5)
    os._exit(0)


signal.signal(signal.SIGUSR2, replace)
while True:
    signal.pause()
