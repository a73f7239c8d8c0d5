"""A port for the programs of one test, one after the other, that no other program of the machine gets meanwhile."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hold_port() -> Iterator[int]:
    """Hold a free port of the loopback interface, on which servers that reuse addresses can listen.

    It is bound and refuses connections while no server listens. Other systems than Linux do not allow that: there it
    is only free at the beginning.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
        if sys.platform != "linux":
            held.close()
        yield port
