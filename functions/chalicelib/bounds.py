"""How much a program may use that opens what strangers sent. Imported first by such a program, and alone: it is quick.

Knows the limits; limited.py starts the programs.
"""

import resource

MEMORY = 512 * 1024 * 1024  # bytes of address space
SECONDS = 10  # of CPU; limited.py gives as many of the wall clock
OUTPUT = 64 * 1024 * 1024  # bytes of a file that it may write


def bind() -> None:
    """Bind this process to them for good."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
