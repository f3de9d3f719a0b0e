"""The driver of Scripts/bench: data, ledgers, and how figures are shown. Usage: Scripts/bench --help."""
import argparse
import dataclasses
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import rows
import running
from running import Failure, first_line, machine, median, run, say, versions

HERE = os.path.dirname(os.path.abspath(__file__))
CSV_EVENTS_MAX = 20_000_000
BYTES_AN_EVENT = 700  # all forms of the data, a ledger and the peers' files


@dataclass
class Size:
    """A number of events and where its data lies."""
    events: int
    ids: str
    #: Which mix of generate.py.
    vocabulary: str
    folder: str

    @property
    def label(self):
        return os.path.basename(self.folder)

    def path(self, form):
        return f"{self.folder}/events.{form}"

    @property
    def customers(self):
        with open(f"{self.folder}/meta.json") as file:
            return json.load(file)["customers"]


def count_of(text):
    """10m, 100M, 250k or a plain number."""
    match = re.fullmatch(r"(\d+)([kKmM]?)", text)
    if not match or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text}: a number of events such as 10m, 100m or 250000 was expected")
    return int(match[1]) * {"": 1, "k": 1000, "m": 1_000_000}[match[2].lower()]


def short(count):
    """A count as it is typed."""
    for factor, letter in ((1_000_000, "m"), (1000, "k")):
        if count % factor == 0:
            return f"{count // factor}{letter}"
    return str(count)


class Bench:
    """What every row may use."""

    def __init__(self, options):
        self.here, self.python = HERE, sys.executable
        self.peers = [self.python, f"{HERE}/peers.py"]
        self.runs, self.quiet, self.reuse = options.runs, options.quiet, options.reuse
        self.folder = options.dir
        self.sizes = [self.size_of(count) for count in options.events]
        self.size = self.sizes[0]
        self.kept = options.kept or build()
        with open(self.kept, "rb") as file:
            self.kept_digest = hashlib.sha256(file.read()).hexdigest()
        self.rebuilt = {}
        os.makedirs(self.folder, exist_ok=True)
        running.prepare(self.folder)

    def size_of(self, count, ids="seq", vocabulary="five"):
        marks = ("u" if ids == "uuid" else "") + ("w" if vocabulary == "whole" else "")
        return Size(count, ids, vocabulary, f"{self.folder}/{short(count)}{marks}")

    def prepare(self, size, forms):
        """Generates what is missing."""
        missing = [form for form in forms if not os.path.exists(size.path(rows.FORMS[form]))]
        if not missing and os.path.exists(f"{size.folder}/meta.json"):
            return
        os.makedirs(size.folder, exist_ok=True)
        free, wanted = shutil.disk_usage(size.folder).free, size.events * BYTES_AN_EVENT
        if free < wanted:
            raise Failure(f"{size.folder} has {free / 1e9:.0f} GB free and {wanted / 1e9:.0f} GB may be needed")
        say(f"Generating {size.events:,} events ({', '.join(forms)}) in {size.folder}")
        words = [self.python, f"{HERE}/generate.py", "--events", str(size.events), "--ids", size.ids, "--out",
                 size.folder, "--formats", ",".join(forms), "--vocabulary", size.vocabulary]
        subprocess.run(words, check=True)

    def work(self, name):
        """A path for what a row writes and nobody keeps."""
        folder = f"{self.size.folder}/work"
        os.makedirs(folder, exist_ok=True)
        return f"{folder}/{name}"

    def new_ledger(self, path, *more):
        shutil.rmtree(path, ignore_errors=True)
        run([self.kept, "init", path, "--zone", "UTC", *more])

    def ledger(self):
        """The ledger of this size's events, imported once for each build of Kept."""
        path = f"{self.size.folder}/ledger"
        try:
            with open(f"{path}.build") as file:
                if self.reuse or file.read() == self.kept_digest:
                    return path
        except FileNotFoundError:
            pass
        say(f"Importing {self.size.events:,} events, not on the clock")
        self.new_ledger(self.work("import"))
        run([self.kept, "import", self.work("import"), self.size.path("jsonl")])
        return self.adopt_ledger(self.work("import"))

    def adopt_ledger(self, made):
        """Keeps a ledger that a row has imported for the rows that read one."""
        path = f"{self.size.folder}/ledger"
        shutil.rmtree(path, ignore_errors=True)
        os.rename(made, path)
        with open(f"{path}.build", "w") as file:
            file.write(self.kept_digest)
        return path


def build():
    """The released binary, as README builds it."""
    say("Building kept (release)")
    subprocess.run(["swift", "build", "-c", "release", "--product", "kept"], check=True, stdout=sys.stderr)
    return first_line(["swift", "build", "-c", "release", "--show-bin-path"]) + "/kept"


def spread(values, show):
    """Median, and the smallest and largest where there are several."""
    text = show(median(values))
    return text if len(values) == 1 else f"{text} ({show(min(values))}-{show(max(values))})"


def precise(value):
    """Three digits, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def figures(side):
    """What one side's runs come to."""
    if side.unit == "bytes":
        count = side.runs[0].said["bytes"]
        return f"{count / side.amount:.2f} bytes an event ({count:,} bytes)"
    peak = f"peak {median([one.peak_bytes for one in side.runs]) / 2**20:,.0f} MiB"
    seconds = side.seconds()
    time = spread(seconds, lambda value: f"{value:.3f}" if value < 10 else f"{value:.1f}") + " s"
    if side.unit == "peak":
        return f"{spread([one.peak_bytes / 2**20 for one in side.runs], lambda value: f'{value:,.0f}')} MiB in {time}"
    if side.unit == "commits":
        rates = [one.said["events"] / one.seconds for one in side.runs]
        text = spread(rates, lambda value: f"{value:,.0f}") + " events/s"
        latencies = [one.said["p50_us"] for one in side.runs if "p50_us" in one.said]
        return text + (f", half of the commits within {median(latencies):,.0f} us" if latencies else "")
    if side.unit == "rate":
        return spread([one.said["events"] / one.seconds for one in side.runs], lambda value: f"{value:,.0f}") + \
            f" events/s, {peak}"
    if side.unit == "bytes/s":
        return f"{time}, {side.amount / median(seconds) / 1e9:.2f} GB/s, {peak}"
    rate = f", {side.amount / median(seconds) / 1e6:.2f} M events/s" if side.unit == "events" else ""
    return f"{time}{rate}, {peak}"


def show(one):
    """A comparison as a paragraph."""
    names = [side.name for side in (one.kept, one.peer) if side] + ["answers"]
    width = max(map(len, names)) + 2

    def line(name, text):
        return f"  {name:{width}s}{text}"
    others = max(each.others for side in (one.kept, one.peer) if side for each in side.runs)
    lines = [f"{one.row}: {one.title}", line(one.kept.name, figures(one.kept))]
    if one.peer:
        lines.append(line(one.peer.name, figures(one.peer)))
    budget = f"   (budget: {one.budget})" if one.budget else ""
    lines.append(line("ratio", f"{spread(one.ratios, precise)} {one.ratio_of}{budget}"))
    if one.answers:
        lines += [line("answers" if index == 0 else "", text) for index, text in enumerate(one.answers.splitlines())]
    lines += [line("", note) for note in one.notes]
    if others > 0.05:
        lines.append(line("", f"other processes used up to {others:.2f} cores meanwhile"))
    return "\n".join(lines)


def table(comparisons):
    """Everything in one Markdown table."""
    lines = ["| row | events | what | Kept | peer | ratio (min-max) | budget | answers |",
             "|---|---|---|---|---|---|---|---|"]
    for one in comparisons:
        peer = f"{one.peer.name}: {figures(one.peer)}" if one.peer else ""
        answers = ("equal" if one.is_equal else "**different**") if one.answers else ""
        lines.append(f"| {one.row} | {short(one.events)} | {one.title} | {figures(one.kept)} | {peer} | "
                     f"**{spread(one.ratios, precise)}** {one.ratio_of} | {one.budget} | {answers} |")
    return "\n".join(lines)


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="Scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs Kept and its peers side by side on the same generated events, checks that they give the\n"
                    "same answers, and prints the ratios of the speed budget. Scripts/bench.d/README.md says how.",
        epilog="rows: " + ", ".join(rows.ROWS) + "\n\n"
               "examples:\n"
               "  Scripts/bench --events 1m --runs 1             a first look, about two minutes\n"
               "  Scripts/bench --dir DIR                        the everyday size, 10m; DIR keeps the data\n"
               "  Scripts/bench --dir DIR --events 10m,100m --only rebuild,memory,growth\n\n"
               "No time makes it fail: status 1 means that answers differ, 2 that a command failed.")
    parser.add_argument("--events", type=lambda text: [count_of(word) for word in text.split(",")],
                        default=[10_000_000], metavar="N[,N]", help="sizes such as 10m, 100m, 1m (10m)")
    parser.add_argument("--only", metavar="ROWS", default=",".join(rows.ROWS), help="some rows, in their order")
    parser.add_argument("--runs", type=int, default=3, help="of each, alternating; medians are shown (3)")
    parser.add_argument("--dir", help="where the data lies and the work is done (a new folder, removed at the end)")
    parser.add_argument("--kept", metavar="FILE", help="a binary to measure instead of building one")
    parser.add_argument("--reuse", action="store_true", help="keep reading a ledger that another build imported")
    parser.add_argument("--quiet", type=float, default=0, metavar="SECONDS",
                        help="before each run wait so long for others to be idle (0)")
    parser.add_argument("--json", metavar="FILE", help="everything measured, for other programs")
    options = parser.parse_args(words)
    options.only = options.only.split(",")
    unknown = [name for name in options.only if name not in rows.ROWS]
    if unknown:
        parser.error(f"no row is called {unknown[0]}; there are {', '.join(rows.ROWS)}")
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    for name in ("dir", "kept", "json"):  # paths are meant from where the caller stands
        if getattr(options, name):
            setattr(options, name, os.path.abspath(getattr(options, name)))
    return options


def measure(bench, chosen):
    """Runs the chosen rows at every size, and shows each as it ends."""
    comparisons, failures = [], []
    for size in bench.sizes:
        bench.size = size
        forms = ["zstd", "jsonl"] + (["csv"] if "csv" in chosen and size.events <= CSV_EVENTS_MAX else [])
        bench.prepare(size, forms)
        print(f"\n== {size.events:,} events\n")
        for name in (name for name in rows.ROWS if name in chosen):
            say(f"... {name}")
            try:
                found = rows.ROWS[name](bench)
            except Failure as failure:
                failures.append(f"{name}, {size.label}: {failure}")
                print(f"{name}: FAILED: {failure}\n", flush=True)
                continue
            comparisons += found
            for one in found:
                print(show(one) + "\n", flush=True)
        shutil.rmtree(f"{size.folder}/work", ignore_errors=True)
    return comparisons, failures


def main():
    options = arguments(sys.argv[1:])
    os.chdir(f"{HERE}/../..")
    temporary = None
    if options.dir is None:
        temporary = options.dir = tempfile.mkdtemp(prefix="kept-bench-")
    try:
        bench = Bench(options)
        about = {"machine": machine(), "versions": versions(bench.kept), "load_average": os.getloadavg(),
                 "runs": bench.runs, "kept_sha256": bench.kept_digest}
        print(json.dumps(about, indent=1))
        comparisons, failures = measure(bench, options.only)
        print(table(comparisons))
        if options.json:
            with open(options.json, "w") as file:
                json.dump({**about, "rows": [dataclasses.asdict(one) for one in comparisons], "failures": failures},
                          file, indent=1)
    except (Failure, subprocess.CalledProcessError) as failure:
        print(f"Scripts/bench: {failure}", file=sys.stderr)
        sys.exit(2)
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
    for failure in failures:
        print(f"Scripts/bench: {failure}", file=sys.stderr)
    sys.exit(2 if failures else 0 if all(one.is_equal for one in comparisons) else 1)


if __name__ == "__main__":
    main()
