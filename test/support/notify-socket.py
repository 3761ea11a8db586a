"""Stands in for systemd: binds a unix datagram socket and prints each message as a line of JSON."""
import json
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print(json.dumps("bound"), flush=True)
while True:
    print(json.dumps(listener.recv(65536).decode()), flush=True)
