"""What years.jsonl is drawn with: chances, times, names, and whoever touches us or is touched."""
import math
import random
from datetime import datetime, timedelta, timezone

draw = random.Random(7).random
FIRST, LAST = datetime(2022, 1, 3, tzinfo=timezone.utc), datetime(2024, 8, 9, 16, tzinfo=timezone.utc)
AGENTS = {"kim": "care", "lena": "projects", "max": "sales", "noor": "support", "ole": "accounting", "ravi": "warehouse"}
SOURCES = {
    "webshop": "order return", "helpdesk": "case status info statement emotion", "phone": "call", "mail": "message",
    "survey": "survey", "erp": "invoice payment charge effort", "social": "mention",
    "firm": "probe change period", "hr": "reward skill"}
SOURCE = {noun: source for source, nouns in SOURCES.items() for noun in nouns.split()}
#: Kinds that say the customer's region, and what it is about.
WHERE_AND_WHAT = {
    "relationship.started", "relationship.ended", "relationship.resumed", "order.placed", "case.opened", "survey.answered",
    "contract.changed", "project.started", "care.given", "mention.posted", "effort.spent", "period.declared"}
#: Mondays of weeks in which we are at a fair to win customers, while colleagues need help.
FAIRS = [datetime(2022, 3, 7, tzinfo=timezone.utc) + timedelta(weeks=20 * place) for place in range(6)]
REGIONS = ["Berlin", "North", "South"]
VIA = ["web", "blog", "social", "referral", "vendor", "guide", "show", "press"]
events, counters = [], {}


def pick(*choices):
    return choices[int(draw() * len(choices))]


def chance(p):
    return draw() < p


def exponential(mean):
    return -mean * math.log(1 - draw())


def gamma(shape, mean):
    return sum(exponential(mean / shape) for _ in range(shape))


def later(at, hours=0.0, days=0.0):
    return at + timedelta(days=days, hours=hours)


def at_work(at):
    """The same instant if we are at work then, else the next morning that we are."""
    while at.weekday() > 4 or at.hour > 14:
        at = (at + timedelta(days=1)).replace(hour=7, minute=20 + int(draw() * 30))
    return at if at.hour >= 7 else at.replace(hour=7, minute=20 + int(draw() * 30))


def iso(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def number(prefix, start=1000):
    counters[prefix] = counters.get(prefix, start) + 1
    return f"{prefix}-{counters[prefix]}"


class Person:
    """Someone we know, or nobody: the firm itself."""

    def __init__(self, name=None, party=None, account=None):
        self.name, self.party, self.account = name, party, account
        self.region, self.offering, self.agent = pick(*REGIONS), pick("crockery", "repair", "tea box"), "kim"
        self.agent = pick("kim", "kim", "kim", "noor", "max")
        self.channel = pick("web", "web", "app", "phone", "store")
        self.has_left = False

    def segment(self):
        """What sort of customer they are; nothing is drawn for it."""
        if self.party == "internal":
            return "colleagues"
        return "homes" if not self.account else "hotels" if int(self.account[-1]) % 2 else "cafés"

    def touch(self, kind, at, /, agent=None, source=None, **fields):
        """One event; a field the envelope does not know belongs to `data`. `agent` False: none of ours."""
        if at > LAST or at < FIRST:
            return None
        event = {"source": source or SOURCE.get(kind.split(".")[0], "crm"), "kind": kind, "time": iso(at)}
        if self.name:
            # Party unsaid: b2b with an account, else b2c.
            event |= {"customer": self.name, "account": self.account}
            event["party"] = "internal" if self.party == "internal" else None
        agent = (agent or self.agent) if agent is not False else None
        event |= {"channel": fields.pop("channel", self.channel), "agent": agent, "department": AGENTS.get(agent)}
        for key in ("direction", "subject", "amount", "currency", "score", "due", "text"):
            event[key] = fields.pop(key, None)
        if event["amount"] is not None:
            event["currency"] = "EUR"
        event["data"] = fields
        if kind in WHERE_AND_WHAT:
            event["data"] |= {"region": self.region, "offering": self.offering}
        if kind in ("relationship.started", "fit.assessed"):
            event["data"]["segment"] = self.segment()
        event["data"] = {key: value for key, value in event["data"].items() if value is not None}
        events.append({key: value for key, value in event.items() if value is not None})
        return at
