"""Names for prompts that are the same in every import and safe as file names."""

import hashlib
import re

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST = 80  # what a suite's prompt id may have


def prompt_id(benchmark: str, own: str | int) -> str:
    """The id of a prompt, from the benchmark's own id; numbers get leading zeros, so that sorted is in order.

    An own id that cannot stand in a file name is made safe, and told from others by a hash of it.

    >>> prompt_id("visor", 31), prompt_id("dsg-1k", "whoops_5"), prompt_id("laion-sg", "../a")
    ('visor-00031', 'dsg-1k-whoops_5', 'laion-sg-..-a-61b4c98b')
    """
    if isinstance(own, int):
        return f"{benchmark}-{own:05d}"
    name = f"{benchmark}-{own}"
    safe = _UNSAFE.sub("-", name)
    if safe == name and len(name) <= LONGEST:
        return name
    return f"{safe[: LONGEST - 9]}-{hashlib.sha256(own.encode()).hexdigest()[:8]}"
