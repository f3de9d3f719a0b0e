"""The rows of the speed budget: each runs Kept and its peer in turn on the same events and compares what they say.

A row is a function of a `Bench` (bench.py) that returns Comparisons. It never judges a time: it fails only where a
command fails, and its answers differ only where Kept and the peer say different things.
"""
import csv
import datetime
import hashlib
import io
import json
import os
import shutil
from dataclasses import dataclass, field

import running
from running import Run, bytes_under, files_under, median, read_once, run, run_peer, say

AS_OF = "2026-01-01T00:00:00Z"
FIVE = ["retention", "lifecycle", "scores", "word_of_mouth", "promises"]
#: Events that the eventsourcing library is given; it writes about 25 k/s.
EVENTSOURCING_EVENTS = 120_000
APPEND_SECONDS = 2
SMALL_MEMORY = "256M"
#: The forms of the data as generate.py names them, and what their files end in.
FORMS = {"zstd": "zstd.parquet", "jsonl": "jsonl", "csv": "csv"}


@dataclass
class Side:
    """What one of the two did: its name, its runs, and the unit of its figures."""
    name: str
    runs: list
    #: Events, bytes or commits a run handled, where a rate says more than seconds.
    amount: float = 0
    unit: str = ""

    def seconds(self):
        return [one.seconds for one in self.runs]


@dataclass
class Comparison:
    row: str
    events: int
    title: str
    kept: Side
    peer: Side | None
    #: One for each pair of runs.
    ratios: list
    #: What the ratio says: "times the speed", "of the bytes".
    ratio_of: str
    budget: str = ""
    answers: str = ""
    is_equal: bool = True
    notes: list = field(default_factory=list)


def in_turn(runs, *doers):
    """A B A B …: a list of runs for each of the doers."""
    results = [[] for _ in doers]
    for _ in range(runs):
        for result, do in zip(results, doers):
            result.append(do())
    return results


def speed_ratios(kept, peer):
    return [theirs.seconds / ours.seconds for ours, theirs in zip(kept, peer)]


def rate_ratios(kept, peer):
    def rate(one):
        return one.said["events"] / one.seconds
    return [rate(ours) / rate(theirs) for ours, theirs in zip(kept, peer)]


def digests(folder, tables):
    """SHA-256 of each table's file."""
    found = {}
    for table in tables:
        with open(f"{folder}/{table}.parquet", "rb") as file:
            found[table] = hashlib.sha256(file.read()).hexdigest()
    return found


def stored(ledger):
    """What a ledger consists of: everything else in it is derived from these."""
    return [f"{ledger}/{part}" for part in ("log", "vault", "tail", "ledger.json", "zone.tzif")]


# -- rebuild ----------------------------------------------------------------------------------------------------------

def rebuild_once(bench, ledger, *more, tables=FIVE, rulebook=True):
    """A rebuild without an earlier snapshot to lean on; its seconds, and the digests of what it wrote."""
    shutil.rmtree(f"{ledger}/snapshots", ignore_errors=True)
    words = [bench.kept, "rebuild", ledger, "--as-of", AS_OF]
    if rulebook:
        words += ["--rulebook", f"{bench.here}/rulebook.json"]
    if tables:
        words += ["--tables", ",".join(tables)]
    # A rebuild that found a fault of the ledger's own would say so with status 1.
    one = run([*words, *more], quiet_seconds=bench.quiet)
    if tables:
        one.said = digests(f"{ledger}/snapshots/latest", tables)
    return one


def rebuild_runs(bench):
    """The runs of the five by Kept and by DuckDB, once for each size, since three rows want them."""
    if bench.size.label in bench.rebuilt:
        return bench.rebuilt[bench.size.label]
    ledger, parquet = bench.ledger(), bench.size.path("zstd.parquet")
    read_once(parquet, *files_under(f"{ledger}/log", f"{ledger}/tail"))
    kept, peer = in_turn(
        bench.runs,
        lambda: rebuild_once(bench, ledger),
        lambda: run_peer(bench.peers, ["five", parquet, bench.work("five")], quiet_seconds=bench.quiet))
    words = [bench.python, f"{bench.here}/answers.py", f"{ledger}/snapshots/latest", bench.work("five")]
    answers = json.loads(run(words, accepts=(0, 1)).output)
    bench.rebuilt[bench.size.label] = kept, peer, answers
    return bench.rebuilt[bench.size.label]


def judged(answers, kept):
    """Words on whether the answers are equal, and whether they are."""
    cells = ", ".join(f"{table} {result['cells']:,}" for table, result in answers.items())
    faults = [f"{table}: {result['differing']:,} of {result['cells']:,} cells differ, such as "
              + "; ".join(result["examples"]) for table, result in answers.items() if result["differing"]]
    if any(one.said != kept[0].said for one in kept):
        faults.append("Kept's files are not the same bytes in every run")
    return (f"equal, cells compared: {cells}", True) if not faults else ("DIFFERENT: " + "\n".join(faults), False)


def rebuild(bench):
    kept, peer, answers = rebuild_runs(bench)
    words, is_equal = judged(answers, kept)
    amount = bench.size.events
    return [Comparison(
        "rebuild", amount, "the five tables from the log, against five queries on Parquet",
        Side("Kept", kept, amount, "events"), Side("DuckDB", peer, amount, "events"), speed_ratios(kept, peer),
        "times the speed", "at least 12, aim 13" if amount >= 10**8 else "at least 10, aim 12", words, is_equal)]


def every_table(bench):
    """Every default table: of the events that the other rows read, and of as many of the whole vocabulary."""
    whole, ledger = bench.size_of(bench.size.events, vocabulary="whole"), bench.work("whole")
    bench.prepare(whole, ["zstd", "jsonl"])
    bench.new_ledger(ledger, "--currency", "EUR")
    say(f"Importing {whole.events:,} events of the whole vocabulary, not on the clock")
    run([bench.kept, "import", ledger, whole.path("jsonl")])
    comparisons = [every_table_of(bench, bench.ledger(), bench.size, "of the 26 kinds of the five"),
                   every_table_of(bench, ledger, whole, "of the whole vocabulary")]
    shutil.rmtree(ledger)
    return comparisons


def every_table_of(bench, ledger, size, kinds):
    parquet = size.path("zstd.parquet")
    read_once(parquet, *files_under(f"{ledger}/log", f"{ledger}/tail"))
    kept, peer = in_turn(
        bench.runs,
        lambda: rebuild_once(bench, ledger, tables=None, rulebook=False),
        lambda: run_peer(bench.peers, ["five", parquet, bench.work("five")], quiet_seconds=bench.quiet))
    tables = [path for path in files_under(f"{ledger}/snapshots/latest") if path.endswith(".parquet")]
    note = f"{len(tables)} tables, {sum(map(os.path.getsize, tables)):,} bytes, by the built-in rulebook"
    return Comparison(
        "every-table", size.events, f"every table from the log {kinds}, against DuckDB's five",
        Side("Kept", kept, size.events, "events"), Side("DuckDB", peer, size.events, "events"),
        speed_ratios(kept, peer), "times the speed", "at least 1, aim 2", notes=[note])


def memory(bench):
    """Peak memory of the rebuild, and of one that may use little; both must write the same bytes."""
    kept, peer, _ = rebuild_runs(bench)
    small = [rebuild_once(bench, bench.ledger(), "--memory", SMALL_MEMORY) for _ in range(bench.runs)]
    is_equal = all(one.said == kept[0].said for one in small)
    peer_peak = median([one.peak_bytes for one in peer])
    amount = bench.size.events
    comparisons = []
    for runs, title, budget in (
            (kept, "peak memory of the rebuild of the five", "at most 1.5 GiB at 100 M events, aim half of DuckDB's"),
            (small, f"peak memory of the rebuild with --memory {SMALL_MEMORY}", "any size down to 256 MiB works")):
        comparisons.append(Comparison(
            "memory", amount, title, Side("Kept", runs, 0, "peak"), Side("DuckDB", peer, 0, "peak"),
            [one.peak_bytes / peer_peak for one in runs], "of the peer's peak", budget))
    comparisons[1].answers = "the same bytes as without the limit" if is_equal else "DIFFERENT bytes within the limit"
    comparisons[1].is_equal = is_equal
    return comparisons


def growth(bench):
    """How much longer more events take, once two sizes have been rebuilt."""
    sizes = sorted(bench.sizes, key=lambda size: size.events)
    if len(sizes) < 2 or bench.size is not bench.sizes[-1]:
        return []
    runs = {}
    for size in (sizes[0], sizes[-1]):
        bench.size = size
        runs[size.label] = rebuild_runs(bench)
    bench.size = bench.sizes[-1]
    (kept_few, peer_few, _), (kept_many, peer_many, _) = runs[sizes[0].label], runs[sizes[-1].label]
    times = sizes[-1].events / sizes[0].events

    def factor(few, many):
        base = median([one.seconds for one in few])
        return [one.seconds / base for one in many]
    peer_factor = median(factor(peer_few, peer_many))
    return [Comparison(
        "growth", sizes[-1].events, f"time of the rebuild for {times:g} times the events",
        Side("Kept", kept_many, sizes[-1].events, "events"), Side("DuckDB", peer_many, sizes[-1].events, "events"),
        factor(kept_few, kept_many), f"times the time at {sizes[0].label}", "at most 11, aim 10.5, for 10 times",
        notes=[f"DuckDB: {peer_factor:.1f} times the time"])]


# -- import -----------------------------------------------------------------------------------------------------------

def import_once(bench, ledger, source, *more):
    bench.new_ledger(ledger)
    return run([bench.kept, "import", ledger, source, *more], quiet_seconds=bench.quiet)


def count_problem(bench, ledger, peer_rows):
    """What is wrong with the number of events that arrived; empty when nothing is."""
    table = csv.DictReader(io.StringIO(run([bench.kept, "imports", ledger, "--format", "csv"]).output))
    totals = {"accepted": 0, "rejected": 0, "conflicts": 0, "duplicates": 0}
    for row in table:
        for name in totals:
            totals[name] += int(row[name])
    expected = {"accepted": bench.size.events, "rejected": 0, "conflicts": 0, "duplicates": 0}
    if totals != expected or peer_rows != bench.size.events:
        return f"Kept {totals}, the peer {peer_rows:,} rows, written were {bench.size.events:,} events"
    return ""


def import_json_lines(bench):
    source, ledger = bench.size.path("jsonl"), bench.work("import")
    read_once(source)
    kept, peer = in_turn(
        bench.runs,
        lambda: import_once(bench, ledger, source),
        lambda: run_peer(bench.peers, ["jsonl", source, bench.work("jsonl")], quiet_seconds=bench.quiet))
    problem = count_problem(bench, ledger, peer[-1].said["rows"])
    bench.adopt_ledger(ledger)
    shutil.rmtree(bench.work("jsonl"))
    amount = bench.size.events
    return [Comparison(
        "import", amount, "JSON Lines, deduplicated, hashed and durable, against read_json to Parquet",
        Side("Kept", kept, amount, "events"), Side("DuckDB", peer, amount, "events"), speed_ratios(kept, peer),
        "times the speed", "at least 2, aim 2.5", f"DIFFERENT: {problem}" if problem else "every event is there",
        not problem, [f"{os.path.getsize(source):,} bytes of input"])]


def import_csv(bench):
    source, ledger = bench.size.path("csv"), bench.work("import-csv")
    if not os.path.exists(source):
        return []
    read_once(source)
    kept, peer = in_turn(
        bench.runs,
        lambda: import_once(bench, ledger, source, "--format", "csv"),
        lambda: run_peer(bench.peers, ["csv", source, bench.work("csv")], quiet_seconds=bench.quiet))
    problem = count_problem(bench, ledger, peer[-1].said["rows"])
    if not problem and rebuild_once(bench, ledger).said != rebuild_once(bench, bench.ledger()).said:
        problem = "the five tables of this ledger are not those of the one imported from JSON Lines"
    shutil.rmtree(ledger)
    shutil.rmtree(bench.work("csv"))
    amount = bench.size.events
    answers = f"DIFFERENT: {problem}" if problem else "every event is there; the five tables are those of JSON Lines"
    return [Comparison(
        "csv", amount, "CSV, deduplicated, hashed and durable, against scan_csv to Parquet",
        Side("Kept", kept, amount, "events"), Side("Polars", peer, amount, "events"), speed_ratios(kept, peer),
        "times the speed", "at least 2, aim 3", answers, not problem,
        [f"{os.path.getsize(source):,} bytes of input"])]


# -- size and integrity -----------------------------------------------------------------------------------------------

def sizes(bench):
    """Bytes an event on disk, with the ids that a source counts up and with random ones."""
    comparisons = []
    few = min(bench.size.events, 1_000_000)
    for size, ledger, budgets in (
            (bench.size, None, ("at most 0.65, aim 0.60", "at most 0.90")),
            (bench.size_of(few, "uuid"), bench.work("uuid"), ("at most 0.80, aim 0.77", "at most 0.95"))):
        if ledger is None:
            ledger = bench.ledger()
        else:
            bench.prepare(size, ["zstd", "jsonl"])
            import_once(bench, ledger, size.path("jsonl"))
        parquet = os.path.getsize(size.path("zstd.parquet"))
        log, all_of_it = bytes_under(f"{ledger}/log"), bytes_under(*stored(ledger))
        index = bytes_under(f"{ledger}/index") / size.events
        for parts, count, budget in (("log/", log, budgets[0]), ("log, vault and tail", all_of_it, budgets[1])):
            comparisons.append(Comparison(
                "bytes", size.events, f"{parts} with {'random' if size.ids == 'uuid' else 'sequential'} ids",
                Side("Kept", [Run(0, said={"bytes": count})], size.events, "bytes"),
                Side("Parquet zstd", [Run(0, said={"bytes": parquet})], size.events, "bytes"), [count / parquet],
                "of the bytes", budget, notes=[f"and {index:.2f} bytes an event of index, which can be derived"]))
        tail = bytes_under(f"{ledger}/tail")
        comparisons[-1].notes.append(f"the tail holds {tail:,} bytes of it, uncompressed until its block is full")
        shutil.rmtree(bench.work("uuid"), ignore_errors=True)
    return comparisons


def verify(bench):
    ledger = bench.ledger()
    files = files_under(*stored(ledger))
    read_once(*files)
    kept, peer, deep = in_turn(
        bench.runs,
        lambda: run([bench.kept, "verify", ledger], quiet_seconds=bench.quiet),
        lambda: run(["sha256sum", *files], quiet_seconds=bench.quiet),
        lambda: run([bench.kept, "verify", ledger, "--deep"], quiet_seconds=bench.quiet))
    count, events = sum(map(os.path.getsize, files)), bench.size.events
    return [
        Comparison(
            "verify", events, f"every stored byte ({count:,} bytes), against the digest of the same files",
            Side("Kept", kept, count, "bytes/s"), Side("sha256sum", peer, count, "bytes/s"),
            speed_ratios(kept, peer), "times the speed", "at least 15, aim 20"),
        Comparison(
            "verify", events, "--deep: every leaf derived again, every commitment opened",
            Side("Kept", deep, events, "events"), None, [events / one.seconds / 1e6 for one in deep],
            "M events/s", "at least 1.5, aim 2.5"),
    ]


# -- appending --------------------------------------------------------------------------------------------------------

def append(bench):
    """Acknowledged appends into a new ledger, one event a commit and a thousand."""
    lines, ledger, stopwatch = bench.size.path("jsonl"), bench.work("append"), [running.stopwatch]
    target, spent = bench.work("append.bytes"), {"quiet_seconds": bench.quiet}

    def drive(batch, command):
        return run_peer(stopwatch, ["drive", lines, batch, APPEND_SECONDS, *command], **spent)

    def kept(batch):
        bench.new_ledger(ledger)
        one = drive(batch, [bench.kept, "append", ledger])
        run([bench.kept, "verify", ledger])
        # The second line of a checkpoint is the number of events; the first batch was not on the clock.
        there, sent = int(run([bench.kept, "checkpoint", ledger]).output.splitlines()[1]), one.said["events"] + batch
        if there != sent:
            problems.append(f"{sent:,} lines were answered, the ledger holds {there:,} events")
        return one

    comparisons, problems = [], []
    ours, bare, piped = in_turn(
        bench.runs,
        lambda: kept(1),
        lambda: run_peer(stopwatch, ["raw", lines, target, 1, APPEND_SECONDS], **spent),
        lambda: drive(1, [*stopwatch, "serve", target]))
    for peer, name, budget in ((bare, "write + fdatasync", "at least 0.9, aim 1.0"),
                               (piped, "the same behind two pipes", "")):
        comparisons.append(Comparison(
            "append", ours[0].said["events"], "one event a commit, each acknowledged before the next is sent",
            Side("Kept", ours, 0, "commits"), Side(name, peer, 0, "commits"), rate_ratios(ours, peer),
            "of the rate", budget))
    ours, sqlite = in_turn(
        bench.runs,
        lambda: kept(1000),
        lambda: run_peer(bench.peers, ["sqlite", lines, bench.work("sqlite"), "--batch", 1000, "--seconds",
                                       APPEND_SECONDS], **spent))
    comparisons.append(Comparison(
        "append", ours[0].said["events"], "1,000 events a commit, all acknowledged before the next are sent",
        Side("Kept", ours, 0, "commits"), Side("SQLite (WAL, FULL)", sqlite, 0, "commits"),
        rate_ratios(ours, sqlite), "times the rate", "at least 5, aim 8",
        notes=["Kept parses and deduplicates JSON; SQLite is given rows"]))
    for one in comparisons:
        one.is_equal = not problems
        one.answers = "DIFFERENT: " + "; ".join(problems) if problems else "every acknowledged event is in the ledger"
    for path in (ledger, bench.work("sqlite")):
        shutil.rmtree(path)
    os.remove(target)
    return comparisons


# -- replay -----------------------------------------------------------------------------------------------------------

def replay(bench):
    """Every event through one fold."""
    ledger, events = bench.ledger(), bench.size.events
    lines = bench.size.path("jsonl")
    read_once(*files_under(f"{ledger}/log", f"{ledger}/tail"))
    words = [bench.kept, "replay", ledger, "--as-of", AS_OF, "--table", "lifecycle", "--format", "csv",
             "--rulebook", f"{bench.here}/rulebook.json"]

    def kept():
        one = run(words, quiet_seconds=bench.quiet)
        one.said = {"events": events}
        return one
    ours, theirs = in_turn(
        bench.runs, kept,
        lambda: run_peer(bench.peers, ["eventsourcing", lines, bench.work("eventsourcing"), "--events",
                                       min(events, EVENTSOURCING_EVENTS)], quiet_seconds=bench.quiet))
    shutil.rmtree(bench.work("eventsourcing"))
    return [Comparison(
        "replay", events, "every event through one fold (lifecycle), against reading and decoding each in order",
        Side("Kept", ours, 0, "rate"), Side("eventsourcing", theirs, 0, "rate"), rate_ratios(ours, theirs),
        "times the rate", "at least 200, aim 300",
        notes=[f"eventsourcing replays {theirs[0].said['events']:,} events, Kept {events:,}"])]


def microseconds(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (at - epoch) // datetime.timedelta(microseconds=1)


def customer(bench):
    """An audit of one customer, for three who joined early, in the middle and late."""
    ledger, parquet = bench.ledger(), bench.size.path("zstd.parquet")
    read_once(parquet, *files_under(f"{ledger}/log", f"{ledger}/tail"))
    ours, theirs, problems, touches = [], [], [], []
    for share in (.1, .5, .9):
        name = f"cu-{int(share * bench.size.customers):08d}"
        words = [bench.kept, "replay", ledger, "--as-of", AS_OF, "--customer", name, "--table", "customers",
                 "--format", "csv"]
        kept, peer = in_turn(
            bench.runs,
            lambda: run(words, quiet_seconds=bench.quiet),
            lambda: run_peer(bench.peers, ["customer", parquet, name], quiet_seconds=bench.quiet))
        rows = list(csv.DictReader(io.StringIO(kept[-1].output)))
        said = [(row["customer"], int(row["touches"]), microseconds(row["first_at"]), microseconds(row["last_at"]))
                for row in rows]
        expected = [(name, *(peer[-1].said[key] for key in ("touches", "first_us", "last_us")))]
        if said != expected:
            problems.append(f"{name}: Kept {said}, peer {expected}")
        ours, theirs = ours + kept, theirs + peer
        touches.append(peer[-1].said["touches"])
    return [Comparison(
        "customer", bench.size.events, "one customer's audit replay, against a filter on the same Parquet",
        Side("Kept", ours), Side("DuckDB", theirs), speed_ratios(ours, theirs), "times the speed",
        "at least 5, aim 50, at 100 M events", "DIFFERENT: " + "; ".join(problems) if problems else
        "touches, first and last agree", not problems,
        [f"three customers of {', '.join(map(str, touches))} touches"])]


#: In this order: a ledger is imported once and then read.
ROWS = {
    "import": import_json_lines, "csv": import_csv, "bytes": sizes, "verify": verify, "rebuild": rebuild,
    "memory": memory, "every-table": every_table, "customer": customer, "replay": replay, "append": append,
    "growth": growth,
}
