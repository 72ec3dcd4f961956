"""What the peers share: the work, and how it is timed (see bench/train_process.ts, which does the same for this project).

After `warm_up` updates a process prints {"event": "ready", ...} and waits for a line; then it times `updates` steps of its
training loop, one update each, prints {"event": "timed", ...} and waits again.
"""

import json
import sys
import time

ENVIRONMENT = "Hopper-v4"
BATCH_SIZE = 256
HIDDEN = 256
LEARNING_STARTS = 256
BUFFER_SIZE = 100_000


def arguments():
    """Warm-up updates, timed updates and threads (0: the library's own choice), from the command line."""
    return [int(argument) for argument in sys.argv[1:4]]


class Meter:
    def __init__(self, warm_up, updates):
        self.first = warm_up
        self.last = warm_up + updates
        self.count = 0
        self.dates = {"firstUpdate": 0, "tenthUpdate": 0}
        self.begin = 0.0

    @property
    def looks_at_next(self):
        """Whether the end of the next update is noted: what is still under way has to be waited for."""
        return self.count + 1 in (1, min(10, self.first), self.first, self.last)

    def after_update(self):
        """Called after each update; returns whether the work is done."""
        self.count += 1
        if self.count == 1:
            self.dates["firstUpdate"] = now()
        if self.count == min(10, self.first):
            self.dates["tenthUpdate"] = now()
        if self.count == self.first:
            say({"event": "ready", **self.dates})
            self.begin = time.perf_counter()
        if self.count == self.last:
            seconds = time.perf_counter() - self.begin
            say({"event": "timed", "updates": self.last - self.first, "seconds": seconds, "peakMegabytes": peak_megabytes()})
        return self.count >= self.last


def now():
    """Milliseconds since 1970."""
    return time.time() * 1000


def say(message):
    print(json.dumps(message, separators=(",", ":")), flush=True)
    sys.stdin.readline()


def peak_megabytes():
    """Peak of the resident memory, in 10**6 bytes; None where the system is not Linux."""
    try:
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        return None
