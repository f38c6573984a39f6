"""python launch.py COMMAND...: run it, and print what it took as JSON.

A process of its own because Linux counts the memory of the process that starts a child in the child's peak:
this one holds little.
"""

import json
import os
import sys
import time

if __name__ == "__main__":
    began = time.perf_counter()
    child = os.posix_spawn(
        sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    )
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - began
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps({"wall": wall, "processor": used.ru_utime + used.ru_stime, "memory": peak}))
    sys.exit(os.waitstatus_to_exitcode(status))
