"""Runs units on two workers of Dask distributed, of which one is killed in mid-run. Prints what each unit has printed.

    ci/units.py PROGRAM FILE
"""

import os
import signal
import subprocess
import sys
import time

from distributed import Client, LocalCluster


def explore(program, unit):
    """What was found in a unit, as a line of JSON."""
    command = [program, "check", "--unit", unit, "--json"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()


def main():
    program, file = sys.argv[1:]
    units = open(file).read().split()
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            explored = client.map(explore, [program] * len(units), units, pure=False, retries=3)
            while sum(future.done() for future in explored) < 2:
                time.sleep(0.01)
            if all(future.done() for future in explored):
                sys.exit("no worker was killed: the search is too small")
            victim = client.run(os.getpid).popitem()[1]
            os.kill(victim, signal.SIGKILL)
            print(f"killed worker {victim}", file=sys.stderr)
            for line in client.gather(explored):
                sys.stdout.write(line)


if __name__ == "__main__":
    main()
