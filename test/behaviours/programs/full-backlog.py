# Answers 200 until SIGUSR1: then it accepts nobody any more, and fills its own backlog. full-backlog.py PORT
import signal
import socket
import sys
import time

port = int(sys.argv[1])
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", port))
server.listen(0)
hung = []


def hang(*_):
    for _ in range(8):
        caller = socket.socket()
        caller.setblocking(False)
        caller.connect_ex(("127.0.0.1", port))
        hung.append(caller)
    while True:
        time.sleep(1)


signal.signal(signal.SIGUSR1, hang)
while True:
    caller, _ = server.accept()
    caller.recv(4096)
    caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    caller.close()
