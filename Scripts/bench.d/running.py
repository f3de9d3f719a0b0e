"""Running a command and seeing what it cost; the machine it ran on."""
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
QUIET_CORES = 0.12
HERE = os.path.dirname(os.path.abspath(__file__))
#: The program that every run goes through, once `prepare` has made it.
stopwatch = ""


class Failure(Exception):
    """A command that did not succeed: its words, its status and the end of what it said."""


@dataclass
class Run:
    """One fresh process, or a figure that it reported about itself."""
    seconds: float
    peak_bytes: int = 0
    #: Cores that other processes kept busy meanwhile.
    others: float = 0.0
    output: str = ""
    #: What the process printed as JSON, when it is one of our peers.
    said: dict = field(default_factory=dict)


def busy_seconds():
    """Processor seconds used by everything since the machine started."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, *rest = map(int, file.readline().split()[1:9])
    return (user + nice + system + sum(rest)) / TICKS_A_SECOND


def wait_until_quiet(limit_seconds):
    """Waits until others use less than QUIET_CORES, but not longer than this."""
    until = time.monotonic() + limit_seconds
    while time.monotonic() < until:
        before = busy_seconds()
        time.sleep(0.7)
        if (busy_seconds() - before) / 0.7 < QUIET_CORES:
            return


def prepare(folder):
    """Compiles stopwatch.c with the C compiler that comes with Swift, or with any; every run goes through it."""
    global stopwatch
    compiler = next((name for name in ("clang", "cc", "gcc") if shutil.which(name)), None)
    if compiler is None:
        raise Failure("no C compiler (clang, cc or gcc) for stopwatch.c")
    stopwatch = f"{folder}/stopwatch"
    subprocess.run([compiler, "-O2", "-o", stopwatch, f"{HERE}/stopwatch.c"], check=True)


def run(words, quiet_seconds=0, accepts=(0,)):
    """Runs a command as a fresh process, with the disk at rest before it."""
    words = [str(word) for word in words]
    os.sync()
    if quiet_seconds:
        wait_until_quiet(quiet_seconds)
    with tempfile.NamedTemporaryFile("r") as report:
        before = busy_seconds()
        done = subprocess.run([stopwatch, "run", report.name, *words], stdin=subprocess.DEVNULL, capture_output=True)
        others = busy_seconds() - before
        if done.returncode not in accepts:
            talk = (done.stderr + done.stdout).decode(errors="replace")[-600:].strip()
            raise Failure(f"`{' '.join(words)}` ended with status {done.returncode}\n{talk}")
        cost = json.load(report)
    others = max(0.0, others - cost["processor_seconds"]) / cost["seconds"]
    return Run(cost["seconds"], cost["peak_bytes"], others, done.stdout.decode(errors="replace"))


def run_peer(script, words, **options):
    """Runs one of our Python or C peers, which tells its own seconds, as the last line of its output, in JSON."""
    result = run([*script, *words], **options)
    result.said = json.loads(result.output.splitlines()[-1])
    result.seconds = result.said["seconds"]
    return result


def read_once(*paths):
    """Brings files into the page cache, where they fit; anything else would measure the disk."""
    if sum(os.path.getsize(path) for path in paths) > memory_bytes() / 2:
        return
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 24):
                pass


def files_under(*paths):
    """Every file at or under these paths."""
    found = []
    for path in paths:
        if os.path.isdir(path):
            for folder, _, names in os.walk(path):
                found += [os.path.join(folder, name) for name in sorted(names)]
        elif os.path.exists(path):
            found.append(path)
    return found


def bytes_under(*paths):
    return sum(os.path.getsize(path) for path in files_under(*paths))


def memory_bytes():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def machine():
    """What a reader needs to know of the machine; nothing that names it."""
    model = platform.machine()
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {
        "cpu": model, "cores": os.cpu_count(), "memory_gib": round(memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


def first_line(words):
    try:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def versions(kept):
    import importlib.metadata as metadata
    found = {name: metadata.version(name) for name in ("duckdb", "polars", "eventsourcing")}
    found["swift"] = first_line(["swift", "--version"])
    found["kept"] = first_line([kept, "--version"])
    found["commit"] = first_line(["git", "rev-parse", "--short", "HEAD"])
    if subprocess.run(["git", "diff", "--quiet", "HEAD"], capture_output=True).returncode:
        found["commit"] += " with changes"
    found["python"] = platform.python_version()
    return found


def median(values):
    return statistics.median(values)


def say(text):
    """Progress and talk; the figures alone go to standard output."""
    print(text, file=sys.stderr, flush=True)
