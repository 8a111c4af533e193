"""A side of the benchmark, for peers in Python: JSON lines on standard input and output (see src/child.ts)."""
import json
import os
import sys
import time

try:
    import resource
except ImportError:  # Windows has none
    resource = None


class Skipped(Exception):
    """What this side needs is not installed."""


def peak_rss_mb():
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == 'darwin' else peak / 2**10


def serve(prepare):
    """prepare(options) gives (versions, run); run() does the work once and gives a number that depends on its
    result, or None where results are drawn at random."""
    # Whatever libraries print must not come between the answers.
    out = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)

    def send(**message):
        print(json.dumps(message), file=out, flush=True)

    try:
        versions, run = prepare(json.loads(sys.argv[1]))
    except Skipped as reason:
        send(skipped=str(reason))
        return
    send(ready=dict(versions=versions))
    for _ in sys.stdin:
        try:
            start = time.perf_counter()
            digest = run()
            ms = (time.perf_counter() - start) * 1e3
            send(ms=ms, peakRssMb=peak_rss_mb(), **({} if digest is None else dict(digest=digest)))
        except Exception as error:
            send(error=f'{type(error).__name__}: {error}')
