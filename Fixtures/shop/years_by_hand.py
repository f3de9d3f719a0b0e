"""What of years.jsonl is written by hand: Mila, the canteen, the newcomer, the page that was rewritten."""
from datetime import datetime

from years_drawing import Person, later, number

#: Mila, C-1011, whose numbers README.md works out: when, what, who of ours, and the rest.
MILA = [
    ("2023-11-14T06:50", "relationship.started", "max", {"found_via": "blog", "acquirer_agent": "max"}),
    ("2023-11-14T07:00", "order.placed", None, {"subject": "M-1", "amount": 40, "device": "laptop", "steps": 4}),
    ("2023-11-14T07:01", "promise.made", "max", {"subject": "M-1", "due": "2023-11-18T17:00:00Z", "promise_id": "MP-1",
     "by": "us", "promise": "delivery", "phase": "courtship", "promise_kind": "estimate"}),
    ("2023-11-14T07:02", "order.confirmed", None, {"subject": "M-1", "told_customer": True}),
    ("2023-11-15T07:00", "order.shipped", "ravi", {"subject": "M-1", "told_customer": True}),
    ("2023-11-17T07:00", "order.delivered", "ravi", {"subject": "M-1"}),
    ("2023-12-20T09:00", "message.sent", "kim", {"about": "a card for the new year", "automated": False, "by_name": True,
     "words": 40, "words_managing": 0, "purpose": "care", "benefits": "customer"}),
    ("2024-02-12T07:00", "order.placed", None, {"subject": "M-2", "amount": 60, "device": "phone", "steps": 2,
     "reidentified": True}),
    ("2024-02-12T07:00:30", "order.confirmed", None, {"subject": "M-2", "told_customer": True}),
    ("2024-02-13T07:00", "order.shipped", "ravi", {"subject": "M-2", "told_customer": False}),
    ("2024-02-13T19:00", "message.sent", None, {"order_id": "M-2", "about": "shipping", "automated": True, "by_name": True,
     "words": 20, "words_managing": 1, "purpose": "admin", "benefits": "customer"}),
    ("2024-02-15T07:00", "order.delivered", "ravi", {"subject": "M-2"}),
    ("2024-02-20T07:00", "return.requested", None, {"subject": "MR-1", "return_id": "MR-1", "order_id": "M-2",
     "reason": "wrong size", "label_supplied": True, "same_packaging": True}),
    ("2024-02-22T07:00", "return.received", "ravi", {"subject": "MR-1", "return_id": "MR-1", "told_customer": True}),
    ("2024-02-23T07:00", "return.credited", "ole", {"subject": "MR-1", "return_id": "MR-1", "amount": 20,
     "told_customer": True}),
    ("2024-05-12T07:00", "info.sought", None, {"found": False, "steps": 5, "self_service": True, "channel": "web"}),
    ("2024-05-13T07:00", "case.opened", None, {"subject": "MK-1", "case_kind": "complaint", "severity": "normal",
     "order_id": "M-2", "text": "The saucers do not fit the cups."}),
    ("2024-05-13T07:10", "call.handled", "noor", {"case_id": "MK-1", "channel": "phone", "wait_s": 540, "hold_s": 180,
     "talk_s": 300, "apologies": 2, "abandoned": False, "human_reached": True}),
    ("2024-05-13T07:15", "info.requested", "noor", {"channel": "phone", "fields": ["name", "order"],
     "already_known": ["name"]}),
    ("2024-05-13T07:20", "promise.made", "noor", {"subject": "MK-1", "due": "2024-05-15T15:00:00Z", "promise_id": "MP-2",
     "by": "us", "phase": "service", "promise_kind": "commitment"}),
    ("2024-05-14T07:00", "case.assigned", "noor", {"subject": "MK-1"}),
    ("2024-05-14T08:00", "status.reported", "noor", {"subject": "MK-1", "case_id": "MK-1", "channel": "email",
     "stage": "in work", "asked_for": False, "estimate_at": "2024-05-16T15:00:00Z"}),
    ("2024-05-15T08:00", "case.assigned", "ravi", {"subject": "MK-1", "from_agent": "noor", "from_dept": "support"}),
    ("2024-05-16T07:00", "promise.kept", "noor", {"subject": "MK-1", "promise_id": "MP-2", "by": "us"}),
    ("2024-05-16T07:00", "case.resolved", "noor", {"subject": "MK-1", "by_bot": False}),
    ("2024-05-17T07:00", "survey.answered", None, {"channel": "email", "score": 4, "instrument": "csat", "scale_min": 1,
     "scale_max": 5, "about": "case"}),
    ("2024-06-11T07:00", "care.given", "kim", {"channel": "phone", "care_kind": "check_in", "prompted": False,
     "personal": True, "purpose": "care", "benefits": "customer"}),
    ("2024-06-11T07:05", "circumstance.noted", "kim", {"channel": "phone", "topic": "moving",
     "valid_until": "2024-09-30T00:00:00Z"}),
    ("2024-06-12T07:00", "thanks.given", None, {"channel": "email", "public": False}),
    ("2024-07-01T07:00", "need.stated", "kim", {"channel": "phone", "need_id": "MW-1", "horizon": "long",
     "topic": "cups for a smaller kitchen"}),
    ("2024-07-04T07:00", "need.met", "kim", {"channel": "phone", "need_id": "MW-1"}),
    ("2024-07-11T07:00", "order.placed", None, {"subject": "M-3", "amount": 50, "device": "phone", "steps": 2,
     "reidentified": False}),
    ("2024-07-11T07:00:10", "order.confirmed", None, {"subject": "M-3", "told_customer": True}),
    ("2024-07-12T07:00", "order.shipped", "ravi", {"subject": "M-3", "told_customer": True}),
    ("2024-07-15T07:00", "order.delivered", "ravi", {"subject": "M-3"}),
    ("2024-07-20T07:00", "survey.answered", None, {"channel": "email", "score": 9, "instrument": "nps", "scale_min": 0,
     "scale_max": 10, "about": "shop"}),
    ("2024-07-25T07:00", "ask.made", "max", {"channel": "email", "ask_kind": "upsell", "benefits": "us",
     "accepted": False, "purpose": "sell"}),
]


def mila():
    one = Person("C-1011", "b2c")
    one.region, one.offering, one.channel = "Berlin", "crockery", "web"
    for at, kind, agent, fields in MILA:
        one.touch(kind, datetime.fromisoformat(at + "+00:00"), agent or False, **fields)


#: When the canteen of B-2300 opened a case, and after how many days it made them frustrated; sooner each quarter.
FAULTS = [("2022-01-10", 64), ("2022-01-17", 64), ("2022-01-24", 64), ("2022-01-31", 64),
          ("2022-04-04", 52), ("2022-04-11", 52), ("2022-04-19", 52), ("2022-04-25", 52),
          ("2022-07-04", 40), ("2022-07-11", 40), ("2022-07-18", 40), ("2022-07-25", 40)]


def canteen():
    """B-2300: twelve faults that the fit-out left, each open for weeks, and what they said of it in their own words."""
    one = Person("B-2300", account="A-300")
    one.region, one.offering, one.agent, one.channel = "South", "fit-out", "lena", "email"
    for opened, patience in FAULTS:
        at, name = datetime.fromisoformat(opened + "T08:00:00+00:00"), number("K")
        one.touch("case.opened", at, agent=False, subject=name, case_kind="fault", severity="high")
        one.touch("case.assigned", later(at, .1), subject=name)
        for level, days in (("frustration", 0), ("annoyance", 1), ("anger", 2)):
            one.touch("emotion.expressed", later(at, days=patience + days), level=level, heard_from="customer_words",
                      confidence=1, subject=name, case_id=name)
        one.touch("case.resolved", later(at, days=patience + 3), subject=name, by_bot=False)


def newcomer():
    """B-2301: an account of this summer, which took 190 minutes to win, and has its next step booked."""
    one = Person("B-2301", account="A-301")
    one.region, one.offering, one.agent, one.channel = "North", "crockery", "max", "phone"
    say = lambda kind, time, **fields: one.touch(kind, datetime.fromisoformat(time + ":00+00:00"), **fields)
    say("effort.spent", "2024-06-03T07:00", effort="acquire", target="new", minutes=190)
    say("relationship.started", "2024-06-05T08:00", found_via="show", acquirer_agent="max")
    say("call.handled", "2024-06-18T08:00", agent="noor", wait_s=40, hold_s=0, talk_s=240, apologies=0, abandoned=False,
        human_reached=True, region="North", offering="crockery")
    say("return.requested", "2024-07-01T08:00", agent=False, subject="R-2301", return_id="R-2301", reason="a sample too many",
        label_supplied=True, same_packaging=True, region="North", offering="crockery")
    say("return.received", "2024-07-04T08:00", agent="ravi", subject="R-2301", return_id="R-2301", told_customer=True)
    say("promise.made", "2024-07-30T08:00", subject="R-2302", due="2024-09-20T16:00:00Z", promise_id="P-2301", by="us",
        phase="courtship", promise_kind="estimate")


def rewritten():
    """A page was rewritten: until then nobody of ours who tried found the return label on it, and then everybody did."""
    us = Person()
    us.agent, us.region, us.offering, us.channel = "kim", None, None, "web"
    changed = datetime.fromisoformat("2023-03-20T09:00:00+00:00")
    us.touch("change.made", changed, agent="noor", change_id=number("CH"), signal="probe_score", change_kind="process")
    for day in list(range(-60, 0, 3)) + list(range(3, 61, 3)):
        us.touch("probe.run", later(changed, days=day), score=5 if day > 0 else 1, task="find the return label", solved=day > 0)
