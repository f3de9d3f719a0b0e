#!/usr/bin/env python3
"""Touchpoints of an invented shop, the same for the same arguments, in the forms that Kept and its peers read.

usage: generate.py --events 10000000 --out DIR [--seed 1] [--ids seq|uuid] [--formats zstd,jsonl,csv] [--months 36]

Writes DIR/events.zstd.parquet, DIR/events.lz4.parquet (LZ4_RAW), DIR/events.jsonl and DIR/events.csv, as --formats
asks (the text forms are written from the first), and DIR/meta.json. Rows are in the order in which a log would have
recorded them; 1 % carry an older `time`, up to 7 days late. A customer for every 60 events, 26 kinds, free text in
10 % of the events. `amount` is money for order.* and return.*, seconds for call.held; `due` stands only on
promise.made; `score` is 1 to 5 on survey.answered and mention.posted. Empty fields are left out of the JSON.
"""
import argparse
import json
import os
import sys
import threading
import time as clock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

KINDS = [
    "order.placed", "order.confirmed", "order.shipped", "order.delivered", "return.requested", "return.credited",
    "question.asked", "question.answered", "complaint.raised", "complaint.resolved", "status.updated",
    "promise.made", "promise.kept", "survey.answered", "call.held", "info.repeated", "case.opened",
    "case.handed-off", "case.closed", "project.started", "project.closed", "care.introduced", "campaign.sent",
    "relationship.ended-by-customer", "relationship.ended-by-company", "mention.posted",
]
CODE = {kind: code for code, kind in enumerate(KINDS)}
INBOUND = {
    "order.placed", "return.requested", "question.asked", "complaint.raised", "survey.answered", "info.repeated",
    "relationship.ended-by-customer", "mention.posted", "call.held",
}
SOURCES = ["shop", "desk", "phone", "survey", "marketing", "social"]
SOURCE_OF = {
    **{kind: 0 for kind in KINDS if kind.startswith(("order", "return"))},
    "call.held": 2, "survey.answered": 3, "campaign.sent": 4, "care.introduced": 4, "mention.posted": 5,
}
CHANNELS = ["web", "app", "email", "phone", "chat", "store", "social"]
CHANNEL_SHARES = [.38, .27, .12, .07, .09, .05, .02]
DEPARTMENTS = [
    "fulfilment", "support", "sales", "billing", "returns", "technical", "logistics", "care", "projects",
    "marketing", "quality", "legal",
]
# Kinds that no person sends, and the department whose machine does.
AUTOMATIC = {
    "order.confirmed": 0, "order.shipped": 6, "order.delivered": 6, "campaign.sent": 9, "care.introduced": 7,
    "return.credited": 4,
}
WITH_TEXT = {
    "question.asked", "question.answered", "complaint.raised", "complaint.resolved", "survey.answered",
    "mention.posted", "case.opened", "info.repeated", "status.updated", "case.handed-off", "promise.made",
}
WITHOUT_SUBJECT = [
    "campaign.sent", "care.introduced", "mention.posted", "relationship.ended-by-customer",
    "relationship.ended-by-company",
]
SUBJECT_PREFIXES = ["o", "q", "c", "m", "t", "s", "p", "h", "r"]
PROMISE_PREFIX = 6
# What happens on one subject: share of all threads, subject prefix, and steps of (kind, probability, mean delay in
# hours, whether it needs the step before it).
THREADS = [
    (.45, 0, [("order.placed", 1, 0, 0), ("order.confirmed", .98, .2, 0), ("order.shipped", .93, 20, 0),
              ("status.updated", .5, 6, 0), ("order.delivered", .92, 40, 0), ("survey.answered", .13, 30, 0),
              ("return.requested", .08, 80, 0), ("return.credited", .92, 60, 1)]),
    (.17, 1, [("question.asked", 1, 0, 0), ("question.answered", .95, 5, 0), ("info.repeated", .12, 10, 0),
              ("call.held", .15, 4, 0), ("survey.answered", .1, 24, 0)]),
    (.08, 2, [("case.opened", 1, 0, 0), ("complaint.raised", .9, .1, 0), ("info.repeated", .35, 20, 0),
              ("case.handed-off", .5, 12, 0), ("status.updated", .6, 20, 0), ("promise.made", .45, 4, 0),
              ("promise.kept", .8, 70, 1), ("call.held", .4, 10, 0), ("complaint.resolved", .85, 40, 0),
              ("survey.answered", .3, 24, 0), ("case.closed", .95, 10, 0)]),
    (.21, 3, [("campaign.sent", 1, 0, 0)]),
    (.04, 4, [("call.held", 1, 0, 0)]),
    (.025, 5, [("mention.posted", 1, 0, 0)]),
    (.005, 7, [("project.started", 1, 0, 0), ("status.updated", .8, 200, 0), ("promise.made", .7, 50, 0),
               ("promise.kept", .85, 90, 1), ("status.updated", .8, 200, 0), ("project.closed", .9, 300, 0)]),
    (.01, 8, [("care.introduced", 1, 0, 0)]),
    (.01, 6, [("promise.made", 1, 0, 0), ("promise.kept", .85, 80, 1)]),
]
CASE_THREAD = 2
ENDING_THREAD = 7
HOUR = 3_600_000
DAY = 24 * HOUR
START = int(np.datetime64("2023-01-01", "ms").astype(np.int64))


def mean_thread_length():
    def expected(steps):
        chances = []
        for index, (_, probability, _, needs_previous) in enumerate(steps):
            chances.append(probability * (steps[index - 1][1] if needs_previous else 1))
        return sum(chances)
    return sum(share * expected(steps) for share, _, steps in THREADS)


def by_kind(values, default):
    """A value for every kind code."""
    table = np.full(len(KINDS), default, np.int8)
    for kind, value in values.items():
        table[CODE[kind]] = value
    return table


def simulate(count, months, random):
    """Thread, kind and time of every event in recorded order; customer and type of every thread; customers; end."""
    end = START + int(months * 30.4375 * DAY)
    customers = max(12, count // 60)
    # Customers are numbered in the order in which they join; some leave after days, the others after months.
    join = START + ((end - START) * np.sort(random.random(customers) ** .85)).astype(np.int64)
    short = random.random(customers) < .18
    life = np.where(short, random.exponential(4 * DAY, customers), random.exponential(430 * DAY, customers))
    stop = np.minimum(join + life.astype(np.int64), end)
    weight = random.lognormal(0, 1.1, customers) * ((stop - join) / DAY + 20)
    total = count / mean_thread_length()
    threads_each = 1 + random.poisson(weight * max(total - customers, 0) / weight.sum())
    customer = np.repeat(np.arange(customers, dtype=np.int32), threads_each)
    threads = len(customer)
    begin = join[customer] + (random.random(threads) * (stop - join)[customer]).astype(np.int64)
    is_first = np.zeros(threads, bool)
    is_first[np.cumsum(threads_each) - threads_each] = True
    begin[is_first] = join
    shares = np.array([share for share, _, _ in THREADS])
    kind_of_thread = random.choice(len(THREADS), threads, p=shares / sum(shares.tolist())).astype(np.int8)
    kind_of_thread[is_first & (random.random(threads) < .8)] = 0  # most relationships begin with an order
    order = np.argsort(begin, kind="stable")
    customer, begin, kind_of_thread = customer[order], begin[order], kind_of_thread[order]
    del order, is_first

    thread_parts, kind_parts, time_parts = [], [], []
    for thread_type, (_, _, steps) in enumerate(THREADS):
        members = np.flatnonzero(kind_of_thread == thread_type).astype(np.int32)
        at = begin[members].copy()
        previous = np.ones(len(members), bool)
        for kind, probability, mean_delay, needs_previous in steps:
            if mean_delay:
                at = at + random.exponential(mean_delay * HOUR, len(members)).astype(np.int64) + 1
            happens = random.random(len(members)) < probability
            if needs_previous:
                happens &= previous
            previous = happens
            thread_parts.append(members[happens])
            time_parts.append(at[happens])
            kind_parts.append(np.full(int(happens.sum()), CODE[kind], np.int8))
    # An ending that someone says is a thread of its own, of one event.
    gone = np.flatnonzero((stop < end) & (random.random(customers) < .3)).astype(np.int32)
    by_company = random.random(len(gone)) < .05
    thread_parts.append(np.arange(threads, threads + len(gone), dtype=np.int32))
    time_parts.append(stop[gone])
    kind_parts.append(np.where(by_company, CODE["relationship.ended-by-company"],
                               CODE["relationship.ended-by-customer"]).astype(np.int8))
    customer = np.concatenate([customer, gone])
    kind_of_thread = np.concatenate([kind_of_thread, np.full(len(gone), ENDING_THREAD, np.int8)])

    thread, kind, time = np.concatenate(thread_parts), np.concatenate(kind_parts), np.concatenate(time_parts)
    del thread_parts, kind_parts, time_parts
    inside = time < end
    thread, kind, time = thread[inside], kind[inside], time[inside]
    recorded = time.copy()
    is_late = random.random(len(recorded)) < .01
    recorded[is_late] += (random.random(int(is_late.sum())) * 7 * DAY).astype(np.int64)
    order = np.argsort(recorded)
    del recorded, is_late, inside
    if len(order) < count:
        sys.exit(f"generate.py: only {len(order)} events came about; another --seed may give {count}")
    order = order[:count]
    return thread[order], kind[order], time[order], customer, kind_of_thread, customers, end


def words(random):
    real = (
        "the to my order is not and it still has was for please you delivered late again thanks parcel "
        "waiting refund number call called twice wrong size colour broken very good service quick answer no reply "
        "invoice missing address change when will arrive damaged box help friendly never promised today tomorrow "
        "week since monday return label sent back money account cancelled subscription upgrade question about "
        "payment card charged double price difference stock available").split()
    syllables = ["ba", "ker", "lo", "min", "tra", "ven", "sol", "di", "pra", "ton", "ul", "ess", "gor", "hel", "ni",
                 "qua", "ris", "se", "tu", "wo"]
    made_up = sorted({"".join(random.choice(syllables, int(random.integers(2, 5)))) for _ in range(1500)})
    return np.array(real + made_up + ["“ok”", "é1", 'say "no"', "café", "naïve"])


def phrases(random, count):
    """Two to eight words each, a few of them very frequent."""
    vocabulary = words(random)
    frequency = 1 / np.arange(1, len(vocabulary) + 1) ** 1.0
    frequency /= frequency.sum()
    lengths = random.integers(2, 9, count)
    drawn = vocabulary[random.choice(len(vocabulary), int(lengths.sum()), p=frequency)]
    out, start = [], 0
    for length in lengths:
        out.append(" ".join(drawn[start:start + length]))
        start += length
    return pa.array(out)


def numbered(prefix, numbers, width=0):
    text = pc.cast(pa.array(numbers), pa.string())
    if width:
        text = pc.utf8_lpad(text, width, "0")
    return pc.binary_join_element_wise(prefix, text, "")


def random_ids(random, count):
    """UUIDs of version 4."""
    digits = np.frombuffer(random.bytes(16 * count).hex().encode(), "S32").astype("U32")
    return pa.array([f"{d[:8]}-{d[8:12]}-4{d[13:16]}-a{d[17:20]}-{d[20:]}" for d in digits])


class Shop:
    """What every batch of events is looked up in, drawn once."""

    def __init__(self, thread_count, thread_customer, thread_type, customers, has_random_ids, random):
        self.customer, self.thread_type, self.has_random_ids = thread_customer, thread_type, has_random_ids
        rank = (random.pareto(1.2, thread_count) * 25).astype(np.int64) % 400
        self.agent = random.permutation(400).astype(np.int16)[rank]
        self.agent_department = random.integers(0, 12, 400).astype(np.int8)
        self.channel = random.choice(7, thread_count, p=CHANNEL_SHARES).astype(np.int8)
        account = np.where(random.random(customers) < .4, random.integers(0, max(customers // 6, 1), customers), -1)
        self.customer_ids = numbered("cu-", np.arange(customers), 8)
        self.account_ids = pc.if_else(pa.array(account >= 0), numbered("ac-", account, 7), None)
        self.agent_ids = numbered("ag-", np.arange(400), 3)
        self.heads, self.tails = phrases(random, 32768), phrases(random, 32768)
        self.source = by_kind(SOURCE_OF, 1)
        self.automatic = by_kind(AUTOMATIC, -1)
        self.is_inbound = np.array([kind in INBOUND for kind in KINDS])
        self.has_text = np.array([kind in WITH_TEXT for kind in KINDS])
        self.prefix = np.array([prefix for _, prefix, _ in THREADS], np.int8)
        self.next_id = np.zeros(len(SOURCES), np.int64)

    def ids(self, source, random):
        if self.has_random_ids:
            return random_ids(random, len(source))
        numbers = np.empty(len(source), np.int64)
        for code in range(len(SOURCES)):
            where = source == code
            count = int(where.sum())
            numbers[where] = self.next_id[code] + np.arange(count)
            self.next_id[code] += count
        return numbered("", numbers, 9)

    def amounts(self, thread, kind, is_call, random):
        """Money is a function of the thread, so that an order and its return agree."""
        money = np.isin(kind, [CODE[k] for k in ("order.placed", "order.confirmed", "return.requested",
                                                 "return.credited")])
        cents = np.abs(np.sin(thread.astype(np.float64) * 12.9898)) * 43758.5453 % 1
        cents = np.round(np.exp(2.3 + cents * 3.2) * 20).astype(np.int64) * 5
        cents[is_call] = random.lognormal(5.3, .8, int(is_call.sum())).astype(np.int64) * 100
        raw = np.zeros((len(kind), 2), np.int64)
        raw[:, 0] = np.minimum(cents, 999_999_999)
        decimals = pa.Array.from_buffers(pa.decimal128(9, 2), len(kind), [None, pa.py_buffer(raw)])
        return pc.if_else(pa.array(money | is_call), decimals, None)

    def events(self, thread, kind, time, random):
        """A table of these events; the order of the draws is part of what a seed means."""
        count = len(kind)
        customer, source = self.customer[thread], self.source[kind]
        ids = self.ids(source, random)
        direction = np.where(self.is_inbound[kind], 0, 1).astype(np.int8)
        is_call = kind == CODE["call.held"]
        direction[is_call & (random.random(count) < .35)] = 1
        channel = self.channel[thread].copy()
        channel[is_call] = 3
        channel[kind == CODE["mention.posted"]] = 6
        channel[kind == CODE["campaign.sent"]] = 2
        agent = self.agent[thread].copy()
        moved_on = np.isin(kind, [CODE["complaint.resolved"], CODE["case.closed"], CODE["case.handed-off"]])
        agent[moved_on] = (agent[moved_on] + thread[moved_on] % 37) % 400
        is_automatic = self.automatic[kind] >= 0
        is_silent = (direction == 0) & ~is_call
        department = np.where(is_automatic, self.automatic[kind], self.agent_department[agent]).astype(np.int8)
        is_promise = (kind == CODE["promise.made"]) | (kind == CODE["promise.kept"])
        prefix = np.where(is_promise, PROMISE_PREFIX, self.prefix[self.thread_type[thread]]).astype(np.int8)
        subject = pc.binary_join_element_wise(
            pa.array(SUBJECT_PREFIXES).take(pa.array(prefix)),
            pc.utf8_lpad(pc.cast(pa.array(thread), pa.string()), 9, "0"), "-")
        has_no_subject = np.isin(kind, [CODE[k] for k in WITHOUT_SUBJECT])
        amount = self.amounts(thread, kind, is_call, random)
        is_scored = np.isin(kind, [CODE["survey.answered"], CODE["mention.posted"]])
        is_unhappy = (self.thread_type[thread] == CASE_THREAD) | (customer % 7 == 0)
        happy = random.choice(5, count, p=[.05, .05, .15, .35, .40]) + 1
        unhappy = random.choice(5, count, p=[.35, .25, .2, .12, .08]) + 1
        score = pa.array(np.where(is_unhappy, unhappy, happy).astype(np.int8), mask=~is_scored)
        due = (time + (random.random(count) * 9 * DAY).astype(np.int64) + DAY) // HOUR * HOUR
        has_text = self.has_text[kind] & (random.random(count) < .316)
        text = pc.binary_join_element_wise(
            self.heads.take(pa.array(random.integers(0, 32768, count), mask=~has_text)),
            self.tails.take(pa.array(random.integers(0, 32768, count))), " ")
        milliseconds = pa.timestamp("ms", tz="UTC")

        def words_of(codes, names, mask=None):
            return pa.array(names).take(pa.array(codes, mask=mask))

        return pa.table({
            "source": words_of(source, SOURCES),
            "id": ids,
            "customer": self.customer_ids.take(pa.array(customer)),
            "account": self.account_ids.take(pa.array(customer)),
            "kind": words_of(kind, KINDS),
            "time": pa.array(time).cast(milliseconds),
            "channel": words_of(channel, CHANNELS),
            "direction": words_of(direction, ["in", "out"]),
            "agent": self.agent_ids.take(pa.array(agent, mask=is_automatic | is_silent)),
            "department": words_of(department, DEPARTMENTS, is_silent),
            "subject": pc.if_else(pa.array(has_no_subject), None, subject),
            "amount": amount,
            "score": score,
            "due": pa.array(due, mask=kind != CODE["promise.made"]).cast(milliseconds),
            "text": text,
        })


def write_json_lines(db, parquet, path):
    def iso(column):
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%gZ')"

    def quoted(column):
        return f"""'"' || {column} || '"'"""

    def optional(column, value):
        return f"""CASE WHEN {column} IS NULL THEN '' ELSE ',"{column}":' || {value} END"""

    line = " || ".join([
        """'{"source":"' || source || '","id":"' || id || '","customer":"' || customer || '"'""",
        optional("account", quoted("account")),
        """',"kind":"' || kind || '","time":"' || """ + iso("time"),
        """'","channel":"' || channel || '","direction":"' || direction || '"'""",
        optional("agent", quoted("agent")), optional("department", quoted("department")),
        optional("subject", quoted("subject")), optional("amount", "amount"), optional("score", "score"),
        optional("due", quoted(iso("due"))), optional("text", "to_json(text)"), "'}'"])
    db.execute(f"""COPY (SELECT {line} FROM {parquet}) TO '{path}'
                   (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')""")


def write_csv(db, parquet, path):
    db.execute(f"""COPY (SELECT * REPLACE (strftime(time, '%Y-%m-%dT%H:%M:%S.%gZ') AS time,
                                           strftime(due, '%Y-%m-%dT%H:%M:%S.%gZ') AS due) FROM {parquet})
                   TO '{path}' (FORMAT csv, HEADER true)""")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--ids", choices=["seq", "uuid"], default="seq")
    parser.add_argument("--formats", default="zstd,jsonl,csv")
    parser.add_argument("--row-group", type=int, default=250_000)
    return parser.parse_args()


def main():
    options = arguments()
    os.makedirs(options.out, exist_ok=True)
    formats = set(options.formats.split(","))
    text_formats = {"jsonl", "csv"} & formats
    codecs = [(name, level) for name, level in (("zstd", 3), ("lz4", None))
              if name in formats or (name == "zstd" and text_formats)]
    count, started = options.events, clock.time()

    def say(what):
        print(f"{what} after {clock.time() - started:.0f} s", file=sys.stderr, flush=True)

    random = np.random.default_rng(options.seed)
    thread, kind, time, thread_customer, thread_type, customers, end = simulate(count, options.months, random)
    threads = len(thread_customer)
    say(f"{count} events of {customers} customers drawn")
    shop = Shop(threads, thread_customer, thread_type, customers, options.ids == "uuid", random)
    writers, kind_counts, texts = {}, np.zeros(len(KINDS), np.int64), 0
    for low in range(0, count, options.row_group * 4):
        batch = slice(low, min(count, low + options.row_group * 4))
        table = shop.events(thread[batch], kind[batch], time[batch], np.random.default_rng([options.seed, low]))
        kind_counts += np.bincount(kind[batch], minlength=len(KINDS))
        texts += len(table) - table["text"].null_count
        jobs = []
        for name, level in codecs:
            if name not in writers:
                writers[name] = pq.ParquetWriter(
                    f"{options.out}/events.{name}.parquet", table.schema, compression=name, compression_level=level,
                    store_decimal_as_integer=True)
            jobs.append(threading.Thread(target=writers[name].write_table, args=(table, options.row_group)))
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
    for writer in writers.values():
        writer.close()
    say("Parquet written")
    if text_formats:
        import duckdb
        db = duckdb.connect()
        db.execute("SET TimeZone='UTC'; SET preserve_insertion_order=true")
        parquet = f"read_parquet('{options.out}/events.zstd.parquet')"
        if "jsonl" in formats:
            write_json_lines(db, parquet, f"{options.out}/events.jsonl")
        if "csv" in formats:
            write_csv(db, parquet, f"{options.out}/events.csv")
    files = sorted(name for name in os.listdir(options.out) if name.startswith("events."))
    meta = {
        "events": count, "seed": options.seed, "customers": customers, "threads": threads, "ids": options.ids,
        "text_share": texts / count, "as_of": str(np.datetime64(end, "ms")) + "Z",
        "kinds": {name: int(n) for name, n in zip(KINDS, kind_counts)},
        "bytes": {name: os.path.getsize(f"{options.out}/{name}") for name in files},
    }
    with open(f"{options.out}/meta.json", "w") as file:
        json.dump(meta, file, indent=1)
    say("done")


if __name__ == "__main__":
    main()
