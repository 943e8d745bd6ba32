"""Goes into the background as daemons of old do, and opens its port only then. Arguments: port, and seconds until it opens."""
import os
import socket
import sys
import time

port, wait = int(sys.argv[1]), float(sys.argv[2])
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.closerange(3, 100)
time.sleep(wait)
server = socket.create_server(("127.0.0.1", port))
while True:
    connection, _ = server.accept()
    connection.close()
