# Listens and answers HTTP: listens.py ADDRESS PORT [STATUS] [reuse] [--token SECRET]. SIGUSR1 closes the port, and it lives on.
import signal, socket, sys, threading

address, port, *more = sys.argv[1:]
status = next((word for word in more if word.isdigit()), "200")
server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if "reuse" in more:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
if ":" in address:
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
server.bind((address, int(port)))
server.listen(16)


def serve():
    while True:
        try:
            connection, _ = server.accept()
            connection.recv(4096)
            connection.sendall(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode())
            connection.close()
        except OSError:
            if server.fileno() < 0:
                return


def close(*_):
    server.shutdown(socket.SHUT_RDWR)
    server.close()


signal.signal(signal.SIGUSR1, close)
threading.Thread(target=serve, daemon=True).start()
while True:
    signal.pause()
