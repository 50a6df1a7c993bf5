"""Runs in the image: a request whose body comes only when our standard input says so."""

import socket
import sys

BODY = b"grant_type=client_credentials&client_id=nobody&client_secret=none"

with socket.create_connection(("127.0.0.1", 8080)) as line:
    head = (
        "POST /oauth/token HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(BODY)}",
        "Expect: 100-continue",
        "Connection: close",
    )
    line.sendall("\r\n".join(head).encode() + b"\r\n\r\n")
    answer = line.recv(1000)
    if answer.startswith(b"HTTP/1.1 100"):
        sys.stdout.write("under way\n")
        sys.stdout.flush()
        sys.stdin.readline()
        line.sendall(BODY)
        sys.stdout.write(line.makefile("rb").readline().decode())
