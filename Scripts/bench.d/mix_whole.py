"""The mix of the whole vocabulary: every kind with the keys it may carry, accounts, parties, regions, the firm's own.

`data` is JSON, joined from four parts: ids that link the events of a thread, one of 256 texts drawn for the kind, what
is the customer's (region, offering), and an instant. Everything else is as in the mix of five.
"""
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import drawing
from drawing import DAY, HOUR, MILLISECONDS, START, numbered, words_of
from mix_five import CHANNEL_SHARES, CHANNELS, DEPARTMENTS
from whole_data import CHANGES, INSTRUMENTS, OFFERINGS, REGIONS, THREADS, pieces
from whole_data import KINDS as MADE

KINDS = list(MADE)
NAMES = [kind.split("/")[0] for kind in KINDS]
SOURCES = ["shop", "desk", "phone", "survey", "mail", "social", "crm", "erp", "web"]
DIRECTIONS = ["in", "out", "both"]
PARTIES = ["b2c", "b2b", "internal"]
VARIANTS = 256
#: Monthly amounts of contracts; a customer keeps to one.
CONTRACT_SIZES = 32
ONCE = 0
#: Events of the firm's own: share of all events, and of those the share of each.
FIRM_SHARE = .02
FIRM = {"effort.spent/firm": .578, "reward.paid": .2, "skill.trained": .1, "change.made": .002, "probe.run": .1,
        "period.declared": .02}


def single_events(count, stop, end, code, random):
    """Endings that someone says, returns after them, the firm's own doings, and one of every kind, so that few events
    have them all: (customers, times, kinds, thread type)."""
    gone = np.flatnonzero((stop < end) & (random.random(len(stop)) < .3)).astype(np.int32)
    is_ahead = random.random(len(gone)) < .2
    yield gone, stop[gone], np.where(is_ahead, code["relationship.ended/ahead"], code["relationship.ended"]), ONCE
    back = gone[random.random(len(gone)) < .12]
    later = stop[back] + DAY + random.exponential(60 * DAY, len(back)).astype(np.int64)
    yield back, later, np.full(len(back), code["relationship.resumed"]), ONCE
    ours = int(count * FIRM_SHARE)
    kinds = random.choice([code[kind] for kind in FIRM], ours, p=list(FIRM.values()))
    kinds[:len(FIRM)] = [code[kind] for kind in FIRM]
    at = START + (random.random(ours) * (end - START)).astype(np.int64)
    yield np.full(ours, -1, np.int32), np.sort(at), kinds, ONCE
    each = np.array([number for kind, number in code.items() if kind not in FIRM])
    yield (each % 10).astype(np.int32), START + (30 + each) * DAY, each, ONCE


def codes(names, of):
    """By kind: the place of a name in a list, -1 where there is none."""
    return np.array([names.index(of(made)) if of(made) else -1 for made in MADE.values()], np.int8)


class Shop(drawing.Shop):
    """What every batch of events is looked up in, drawn once."""

    def __init__(self, thread_count, thread_customer, thread_type, customers, has_random_ids, random):
        super().__init__(len(SOURCES), has_random_ids)
        self.customer = thread_customer
        self.has_trouble = np.array([any(kind == "emotion.expressed" for kind, *_ in steps) for _, _, steps in THREADS])[
            thread_type]
        self.agent = random.permutation(400).astype(np.int16)[
            (random.pareto(1.2, thread_count) * 25).astype(np.int64) % 400]
        self.agent_department = random.integers(0, 12, 400).astype(np.int8)
        self.channel = random.choice(7, thread_count, p=CHANNEL_SHARES).astype(np.int8)
        account = np.where(random.random(customers) < .4, random.integers(0, max(customers // 6, 1), customers), -1)
        is_internal = (account < 0) & (random.random(customers) < .02)
        self.party = np.where(is_internal, 2, np.where(account >= 0, 1, 0)).astype(np.int8)
        self.customer_ids = numbered("cu-", np.arange(customers), 8)
        self.account_ids = pc.if_else(pa.array(account >= 0), numbered("ac-", account, 7), None)
        self.agent_ids = numbered("ag-", np.arange(400), 3)
        self.draw_phrases(random)
        self.region = random.integers(0, len(REGIONS), customers).astype(np.int8)
        self.offering = random.integers(0, len(OFFERINGS), customers).astype(np.int8)
        self.draw_kinds()
        self.draw_data(random)

    def draw_kinds(self):
        self.source = codes(SOURCES, lambda made: made.source)
        self.direction = codes(DIRECTIONS, lambda made: made.direction)
        self.own_channel = codes(CHANNELS + ["in_person"], lambda made: made.channel)
        self.machine = codes(DEPARTMENTS, lambda made: made.machine)
        self.prefixes = sorted({made.subject for made in MADE.values() if made.subject})
        self.subject = codes(self.prefixes, lambda made: made.subject)
        self.money = codes(["order", "small", "large"], lambda made: made.amount)
        self.text_share = np.array([made.text for made in MADE.values()])
        self.is_ours = np.array([made.has_agent or made.direction == "out" for made in MADE.values()])
        self.due = np.array([made.due or (0, 0) for made in MADE.values()])
        self.instant = np.array([made.instant[1:] if made.instant else (0, 0, 0) for made in MADE.values()])

    def draw_data(self, random):
        """The texts of every kind, one after the other, and what stands around the number of the thread."""
        texts, self.first_text, self.text_count = [], [], []
        for kind, made in MADE.items():
            self.first_text.append(len(texts))
            comma = "," if made.links else ""
            for one in self.texts_of(kind, random):
                texts.append(comma + one if one else "")
            self.text_count.append(len(texts) - self.first_text[-1])
        self.texts = pa.array(texts)
        self.first_text, self.text_count = np.array(self.first_text), np.array(self.text_count)
        links = [[f'"{key}":"{prefix}-' for key, prefix in made.links.items()] for made in MADE.values()]
        self.links = [pa.array([("," if place else "") + link[place] if len(link) > place else None for link in links])
                      for place in range(2)]
        self.regions = pa.array([f',"region":"{name}"' for name in REGIONS])
        self.offerings = pa.array([f',"offering":"{name}"' for name in OFFERINGS])
        self.instants = pa.array([f',"{made.instant[0]}":"' if made.instant else "" for made in MADE.values()])

    def texts_of(self, kind, random):
        if kind == "survey.answered":
            for instrument, scale in INSTRUMENTS.items():
                for _ in range(VARIANTS):
                    about = ["order", "case", "project", "shop"][int(random.integers(0, 4))]
                    said = f'"instrument":"{instrument}","about":"{about}"'
                    if scale:
                        yield said + f',"scale_min":{scale[0]},"scale_max":{scale[1]}'
                    else:
                        yield said + f',"reason":"{random.choice(["care", "people", "price", "habit", "service"])}"'
        elif kind.startswith("contract.changed"):
            # All the changes of one size, then those of the next: a customer's contracts are of one size.
            changes = ["new"] if kind.endswith("/new") else ["renewed"] * 4 + list(CHANGES)[2:]
            for size in range(CONTRACT_SIZES):
                for change in changes:
                    before, after = (round((20 + 15 * size) * part) for part in CHANGES[change])
                    yield f'"change":"{change}","mrr_before":{before},"mrr_after":{after},"currency":"EUR"'
        else:
            for _ in range(VARIANTS if MADE[kind].data else 1):
                yield pieces(kind, random)

    def amounts(self, thread, kind):
        """Money is a function of the thread, so that an order, its invoice and its return agree."""
        cents = np.abs(np.sin(thread.astype(np.float64) * 12.9898)) * 43758.5453 % 1
        cents = np.round(np.exp(2.3 + cents * 3.2) * 20).astype(np.int64) * 5
        money = self.money[kind]
        cents = np.where(money == 1, cents // 4, np.where(money == 2, cents * 8, cents))
        raw = np.zeros((len(kind), 2), np.int64)
        raw[:, 0] = np.minimum(cents, 999_999_999)
        decimals = pa.Array.from_buffers(pa.decimal128(9, 2), len(kind), [None, pa.py_buffer(raw)])
        return pc.if_else(pa.array(money >= 0), decimals, None)

    def scores(self, thread, customer, is_answer, instrument, random):
        """From 0 to 4 by mood, put on the instrument's scale."""
        count = len(thread)
        unhappy = self.has_trouble[thread] | (customer % 7 == 0)
        mood = np.where(unhappy, random.choice(5, count, p=[.35, .25, .2, .12, .08]),
                        random.choice(5, count, p=[.05, .05, .15, .35, .40]))
        least, most = np.array([scale or (0, 0) for scale in INSTRUMENTS.values()])[instrument].T
        scores = np.round(least + mood * (most - least) / 4).astype(np.int8)
        return pa.array(scores, mask=~is_answer | (least == most))

    def data(self, kind, thread, customer, number, instrument, time, random):
        count = len(kind)
        which = self.first_text[kind] + random.integers(0, VARIANTS, count) % self.text_count[kind]
        is_answer = kind == KINDS.index("survey.answered")
        which[is_answer] = (self.first_text[kind] + instrument * VARIANTS + random.integers(0, VARIANTS, count))[is_answer]
        for name in ("contract.changed", "contract.changed/new"):
            code = KINDS.index(name)
            where = kind == code
            changes = self.text_count[code] // CONTRACT_SIZES
            which[where] = (self.first_text[code] + customer % CONTRACT_SIZES * changes
                            + random.integers(0, changes, count))[where]
        parts = []
        for links in self.links:
            link = links.take(pa.array(kind))
            parts.append(pc.coalesce(pc.binary_join_element_wise(link, number, pa.scalar('"'), ""), pa.scalar("")))
        parts.append(self.texts.take(pa.array(which)))
        for words, said, of in ((self.regions, self.region, lambda made: made.region),
                                (self.offerings, self.offering, lambda made: made.offering)):
            is_said = np.array([of(made) for made in MADE.values()])[kind]
            parts.append(pc.coalesce(words.take(pa.array(said[customer], mask=~is_said)), pa.scalar("")))
        low, high, chance = self.instant[kind].T
        is_said = random.random(count) < chance
        at = time + ((low + (high - low) * random.random(count)) * HOUR).astype(np.int64)
        seconds = pa.array(at[is_said] // 1000).cast(pa.timestamp("s"))
        said = pc.binary_join_element_wise(
            self.instants.take(pa.array(kind[is_said])), pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ"),
            pa.scalar('"'), "")
        parts.append(pc.coalesce(said.take(pa.array(np.cumsum(is_said) - 1, mask=~is_said)), pa.scalar("")))
        return pc.binary_join_element_wise(pa.scalar("{"), *parts, pa.scalar("}"), "")

    def events(self, thread, kind, time, random):
        """A table of these events; the order of the draws is part of what a seed means."""
        count = len(kind)
        customer, source = self.customer[thread], self.source[kind]
        is_firm = customer < 0
        ids = self.ids(source, random)
        direction = self.direction[kind].copy()
        direction[(kind == KINDS.index("call.handled")) & (random.random(count) < .2)] = 1
        own = self.own_channel[kind]
        channel = np.where(own >= 0, own, self.channel[thread])
        agent = self.agent[thread].copy()
        moved_on = np.isin(kind, [KINDS.index(k) for k in ("case.resolved", "case.assigned/on", "case.closed")])
        agent[moved_on] = (agent[moved_on] + thread[moved_on] % 37) % 400
        machine = self.machine[kind]
        is_desk = source == SOURCES.index("desk")
        has_agent = (machine < 0) & (self.is_ours[kind] | (is_desk & (direction < 0)))
        department = np.where(machine >= 0, machine, self.agent_department[agent]).astype(np.int8)
        number = pc.utf8_lpad(pc.cast(pa.array(thread), pa.string()), 9, "0")
        prefix = self.subject[kind]
        subject = pc.binary_join_element_wise(
            pa.array(self.prefixes).take(pa.array(prefix, mask=prefix < 0)), number, "-")
        instrument = random.choice(len(INSTRUMENTS), count, p=[.25, .35, .1, .08, .06, .08, .08])
        low, high = self.due[kind].T
        due = (time + ((low + (high - low) * random.random(count)) * HOUR).astype(np.int64)) // HOUR * HOUR
        has_text = random.random(count) < self.text_share[kind]
        text = self.free_texts(has_text, random)

        scores = self.scores(thread, customer, kind == KINDS.index("survey.answered"), instrument, random)
        return pa.table({
            "source": words_of(source, SOURCES),
            "id": ids,
            "customer": self.customer_ids.take(pa.array(customer, mask=is_firm)),
            "account": self.account_ids.take(pa.array(customer, mask=is_firm)),
            "kind": words_of(kind, NAMES),
            "time": pa.array(time).cast(MILLISECONDS),
            "party": words_of(self.party[customer], PARTIES, is_firm),
            "channel": words_of(channel, CHANNELS + ["in_person"], is_firm & (own < 0)),
            "direction": words_of(direction, DIRECTIONS, direction < 0),
            "agent": self.agent_ids.take(pa.array(agent, mask=~has_agent)),
            "department": words_of(department, DEPARTMENTS, ~has_agent & (machine < 0)),
            "subject": subject,
            "amount": self.amounts(thread, kind),
            "currency": words_of(np.zeros(count, np.int8), ["EUR"], self.money[kind] < 0),
            "score": scores,
            "due": pa.array(due, mask=high == 0).cast(MILLISECONDS),
            "text": text,
            "data": self.data(kind, thread, customer, number, instrument, time, random),
        })
