"""What mixes of events are drawn with: customers who come and go, threads of steps, ids and words.

A mix (mix_five.py, mix_whole.py) is a module with
  KINDS         what an event is, by code: a kind of the vocabulary, or a kind and "/" and what sets it apart;
  THREADS       what happens on one subject: share of all threads, a number for the mix's own use, and steps of (kind,
                probability, mean delay in hours, whether it needs the step before it); most customers begin with the first;
  single_events what happens outside threads;
  Shop          the table of a batch of events.
"""
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

HOUR = 3_600_000
DAY = 24 * HOUR
MILLISECONDS = pa.timestamp("ms", tz="UTC")
START = int(np.datetime64("2023-01-01", "ms").astype(np.int64))


def mean_thread_length(threads):
    def expected(steps):
        chances = []
        for index, (_, probability, _, needs_previous) in enumerate(steps):
            chances.append(probability * (steps[index - 1][1] if needs_previous else 1))
        return sum(chances)
    return sum(share * expected(steps) for share, _, steps in threads)


def simulate(mix, count, months, random):
    """Thread, kind and time of every event in recorded order; customer and type of every thread; customers; end."""
    code = {kind: number for number, kind in enumerate(mix.KINDS)}
    end = START + int(months * 30.4375 * DAY)
    customers = max(12, count // 60)
    # Customers are numbered in the order in which they join; some leave after days, the others after months.
    join = START + ((end - START) * np.sort(random.random(customers) ** .85)).astype(np.int64)
    short = random.random(customers) < .18
    life = np.where(short, random.exponential(4 * DAY, customers), random.exponential(430 * DAY, customers))
    stop = np.minimum(join + life.astype(np.int64), end)
    weight = random.lognormal(0, 1.1, customers) * ((stop - join) / DAY + 20)
    total = count / mean_thread_length(mix.THREADS)
    threads_each = 1 + random.poisson(weight * max(total - customers, 0) / weight.sum())
    customer = np.repeat(np.arange(customers, dtype=np.int32), threads_each)
    threads = len(customer)
    begin = join[customer] + (random.random(threads) * (stop - join)[customer]).astype(np.int64)
    is_first = np.zeros(threads, bool)
    is_first[np.cumsum(threads_each) - threads_each] = True
    begin[is_first] = join
    shares = np.array([share for share, _, _ in mix.THREADS])
    kind_of_thread = random.choice(len(mix.THREADS), threads, p=shares / sum(shares.tolist())).astype(np.int8)
    kind_of_thread[is_first & (random.random(threads) < .8)] = 0  # most relationships begin with an order
    order = np.argsort(begin, kind="stable")
    customer, begin, kind_of_thread = customer[order], begin[order], kind_of_thread[order]
    del order, is_first

    thread_parts, kind_parts, time_parts = [], [], []
    for thread_type, (_, _, steps) in enumerate(mix.THREADS):
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
            kind_parts.append(np.full(int(happens.sum()), code[kind], np.int8))
    # What happens once is a thread of its own, of one event; the firm's own doings have no customer.
    for whose, at, what, thread_type in mix.single_events(count, stop, end, code, random):
        thread_parts.append(np.arange(len(customer), len(customer) + len(whose), dtype=np.int32))
        time_parts.append(at)
        kind_parts.append(what.astype(np.int8))
        customer = np.concatenate([customer, whose])
        kind_of_thread = np.concatenate([kind_of_thread, np.full(len(whose), thread_type, np.int8)])

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


def words_of(codes, names, mask=None):
    return pa.array(names).take(pa.array(codes, mask=mask))


class Shop:
    """What every mix looks a batch of events up in."""

    def __init__(self, source_count, has_random_ids):
        self.has_random_ids = has_random_ids
        self.next_id = np.zeros(source_count, np.int64)

    def draw_phrases(self, random):
        self.heads, self.tails = phrases(random, 32768), phrases(random, 32768)

    def free_texts(self, has_text, random):
        """Two phrases, where there is a text."""
        count = len(has_text)
        return pc.binary_join_element_wise(
            self.heads.take(pa.array(random.integers(0, 32768, count), mask=~has_text)),
            self.tails.take(pa.array(random.integers(0, 32768, count))), " ")

    def ids(self, source, random):
        """Numbers that go up by source, or random ones."""
        if self.has_random_ids:
            return random_ids(random, len(source))
        numbers = np.empty(len(source), np.int64)
        for code in range(len(self.next_id)):
            where = source == code
            count = int(where.sum())
            numbers[where] = self.next_id[code] + np.arange(count)
            self.next_id[code] += count
        return numbered("", numbers, 9)
