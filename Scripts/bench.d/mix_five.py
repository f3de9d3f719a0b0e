"""The mix that the five queries know: 26 kinds of an older vocabulary, 15 fields, everything of a customer's."""
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import drawing
from drawing import DAY, HOUR, MILLISECONDS, numbered, words_of

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

def by_kind(values, default):
    """A value for every kind code."""
    table = np.full(len(KINDS), default, np.int8)
    for kind, value in values.items():
        table[CODE[kind]] = value
    return table

def single_events(count, stop, end, code, random):
    """An ending that someone says: (customers, times, kinds, thread type)."""
    gone = np.flatnonzero((stop < end) & (random.random(len(stop)) < .3)).astype(np.int32)
    by_company = random.random(len(gone)) < .05
    yield gone, stop[gone], np.where(by_company, code["relationship.ended-by-company"],
                                     code["relationship.ended-by-customer"]), ENDING_THREAD


class Shop(drawing.Shop):
    """What every batch of events is looked up in, drawn once."""

    def __init__(self, thread_count, thread_customer, thread_type, customers, has_random_ids, random):
        super().__init__(len(SOURCES), has_random_ids)
        self.customer, self.thread_type = thread_customer, thread_type
        rank = (random.pareto(1.2, thread_count) * 25).astype(np.int64) % 400
        self.agent = random.permutation(400).astype(np.int16)[rank]
        self.agent_department = random.integers(0, 12, 400).astype(np.int8)
        self.channel = random.choice(7, thread_count, p=CHANNEL_SHARES).astype(np.int8)
        account = np.where(random.random(customers) < .4, random.integers(0, max(customers // 6, 1), customers), -1)
        self.customer_ids = numbered("cu-", np.arange(customers), 8)
        self.account_ids = pc.if_else(pa.array(account >= 0), numbered("ac-", account, 7), None)
        self.agent_ids = numbered("ag-", np.arange(400), 3)
        self.draw_phrases(random)
        self.source = by_kind(SOURCE_OF, 1)
        self.automatic = by_kind(AUTOMATIC, -1)
        self.is_inbound = np.array([kind in INBOUND for kind in KINDS])
        self.has_text = np.array([kind in WITH_TEXT for kind in KINDS])
        self.prefix = np.array([prefix for _, prefix, _ in THREADS], np.int8)

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
        text = self.free_texts(has_text, random)

        return pa.table({
            "source": words_of(source, SOURCES),
            "id": ids,
            "customer": self.customer_ids.take(pa.array(customer)),
            "account": self.account_ids.take(pa.array(customer)),
            "kind": words_of(kind, KINDS),
            "time": pa.array(time).cast(MILLISECONDS),
            "channel": words_of(channel, CHANNELS),
            "direction": words_of(direction, ["in", "out"]),
            "agent": self.agent_ids.take(pa.array(agent, mask=is_automatic | is_silent)),
            "department": words_of(department, DEPARTMENTS, is_silent),
            "subject": pc.if_else(pa.array(has_no_subject), None, subject),
            "amount": amount,
            "score": score,
            "due": pa.array(due, mask=kind != CODE["promise.made"]).cast(MILLISECONDS),
            "text": text,
        })
