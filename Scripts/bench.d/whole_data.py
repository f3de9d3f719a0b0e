"""What the events of the whole mix say: for every kind of the vocabulary where it comes from and what it carries.

A kind that says different things at different times stands several times, set apart by what follows "/".
"""
import json
from dataclasses import dataclass, field


# -- values: each is a function of a random generator that gives something JSON can say, or None for nothing -----------

def one_of(*words, shares=None):
    return lambda random: words[int(random.choice(len(words), p=shares))]


def share(of_true):
    return lambda random: bool(random.random() < of_true)


def number(low, high):
    return lambda random: int(random.integers(low, high + 1))


def decimal(low, high, digits=2):
    return lambda random: round(float(low + (high - low) * random.random()), digits)


def about(typical, spread=.8):
    """Positive whole numbers around a typical one, few of them much larger."""
    return lambda random: int(typical * float(random.lognormal(0, spread)))


def several(words, low, high):
    return lambda random: [words[i] for i in sorted(random.permutation(len(words))[:int(random.integers(low, high + 1))])]


def maybe(chance, value):
    return lambda random: value(random) if random.random() < chance else None


def always(value):
    return lambda random: value


@dataclass
class Kind:
    """How the events of a kind are made."""
    source: str
    #: in, out, both, or nothing said.
    direction: str | None
    #: Keys that link it, and the prefix of the id they name; the number is that of the thread.
    links: dict = field(default_factory=dict)
    data: dict = field(default_factory=dict)
    #: Prefix of the subject's id.
    subject: str | None = None
    channel: str | None = None
    #: Whose machine sends it; nothing: a person does.
    machine: str | None = None
    #: Whether one of ours is named although the touch is theirs.
    has_agent: bool = False
    #: What sort of money it carries.
    amount: str | None = None
    #: Hours from the event to its `due`, at least and at most.
    due: tuple | None = None
    #: A key of `data` that holds an instant: name, hours from the event at least and at most, share that say it.
    instant: tuple | None = None
    #: Whether it says the customer's region and offering.
    region: bool = False
    offering: bool = False
    #: Share with free text.
    text: float = 0


OFFERINGS = ["crockery", "fit-out", "repair", "tea box", "rental", "training"]
REGIONS = ["DACH", "Nordics", "Benelux", "Iberia"]
TEAMS = ["support", "billing", "logistics", "sales", "technical", "care"]
SKILLS = ["fit-out", "crockery", "listening", "planning", "repair", "teaching"]
KNOWN = ["name", "customer number", "postcode", "password", "order"]
VIA = ["web", "blog", "social", "referral", "vendor", "guide", "show", "press"]
AGENTS = [f"ag-{number:03d}" for number in range(400)]
ORDER, CASE, RETURN = {"order_id": "o"}, {"case_id": "k"}, {"return_id": "r", "order_id": "o"}
PROJECT, PROMISE, CONTRACT = {"project_id": "j"}, {"promise_id": "p"}, {"contract_id": "t"}
NEED, OUTCOME = {"need_id": "w"}, {"outcome_id": "u", "project_id": "j"}
INVOICE, SERVICE = {"invoice_id": "n", "order_id": "o"}, {"invoice_id": "n", "contract_id": "t"}
TOLD = {"told_customer": share(.85)}
CASE_KINDS = one_of("question", "complaint", "request", "fault", shares=[.35, .3, .2, .15])
MESSAGE = {"automated": share(.45), "by_name": share(.6), "words": about(70), "words_managing": maybe(.5, number(0, 6)),
           "template": maybe(.4, one_of("T-ACK", "T-NEWS", "T-BILL", "T-SHIP")),
           "purpose": one_of("care", "serve", "sell", "admin", "research", shares=[.1, .4, .2, .25, .05]),
           "benefits": one_of("customer", "us", "both", shares=[.4, .35, .25]),
           "initiator": one_of("us", "system", "customer")}
OURS = {"by": always("us"), "phase": one_of("courtship", "service", "project", shares=[.2, .6, .2]),
        "promise_kind": one_of("guarantee", "estimate", "commitment")}
#: The scales of the instruments: least and most; none: it is answered in words.
INSTRUMENTS = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "ease": (1, 5), "enjoyment": (1, 5), "respect": (1, 5),
               "reason_to_stay": None}
CHANGES = {"new": (0, 1), "renewed": (1, 1), "expanded": (1, 1.3), "contracted": (1, .7), "cancel_notice": (1, 0),
           "lapsed": (1, 0)}

KINDS = {
    "prospect.evaluated": Kind("crm", "in", data={
        "compared_with": several(["Teller & Co", "Gastro Nord", "Atlas", "Ikon"], 0, 3), "sources": several(VIA, 1, 4),
        "stage": one_of("first look", "shortlist", "decision")}),
    "relationship.started": Kind("crm", "in", region=True, offering=True, instant=("since", -400 * 24, 0, .05), data={
        "found_via": one_of(*VIA, shares=[.3, .1, .15, .2, .05, .05, .1, .05]), "acquirer_agent": one_of(*AGENTS),
        "reason": maybe(.2, one_of("care", "price", "people"))}),
    "relationship.resumed": Kind("crm", "in", region=True, offering=True, data={
        "reason": one_of("care", "price", "people"), "acquirer_agent": maybe(.5, one_of(*AGENTS))}),
    "relationship.ended": Kind("crm", None, offering=True, instant=("notice_at", -60 * 24, 0, .6), data={
        "ended_by": one_of("customer", "us", "mutual", "external", shares=[.8, .08, .06, .06]),
        "reason": maybe(.8, one_of("price", "service", "not_best", "moved", "closed", "acquired")),
        "destination": maybe(.4, one_of("Atlas", "Gastro Nord", "Ikon")), "regretted": maybe(.7, share(.6))}),
    "relationship.ended/ahead": Kind("crm", None, offering=True, instant=("effective_at", 0, 60 * 24, 1), data={
        "ended_by": one_of("customer", "us", shares=[.8, .2]), "reason": one_of("price", "service", "moved"),
        "regretted": share(.5)}),
    "contract.changed/new": Kind("crm", "both", CONTRACT, subject="t", offering=True,
                                 instant=("ends_at", 80 * 24, 400 * 24, .9)),
    "contract.changed": Kind("crm", "both", CONTRACT, subject="t", offering=True,
                             instant=("ends_at", 10 * 24, 400 * 24, .9)),
    "order.placed": Kind("shop", "in", ORDER, subject="o", amount="order", region=True, offering=True, data={
        "device": one_of("telephone", "laptop", "phone", "tablet", "handheld"), "steps": number(1, 9),
        "reidentified": maybe(.8, share(.2))}),
    "order.approved": Kind("shop", "out", ORDER, TOLD, "o", machine="fulfilment"),
    "order.confirmed": Kind("shop", "out", ORDER, TOLD, "o", machine="fulfilment",
                            instant=("expected_at", 24, 120, .2)),
    "order.shipped": Kind("shop", "out", ORDER, TOLD, "o", machine="logistics",
                          instant=("expected_at", 24, 120, .6)),
    "order.backordered": Kind("shop", "out", ORDER, TOLD, "o", instant=("expected_at", 72, 600, .7)),
    "order.delivered": Kind("shop", "out", ORDER, {}, "o", machine="logistics"),
    "order.cancelled": Kind("shop", "in", ORDER, TOLD, "o"),
    "order.abandoned": Kind("shop", "in", ORDER, {"device": one_of("laptop", "phone", "tablet")}, "o"),
    "order.corrected": Kind("shop", "out", ORDER, {
        "error_kind": one_of("address", "quantity", "colour", "price"), "our_fault": share(.6)}, "o"),
    "return.requested": Kind("shop", "in", RETURN, {
        "reason": one_of("wrong size", "broken", "late", "changed my mind", "whatever"), "label_supplied": share(.8),
        "same_packaging": share(.7)}, "r", region=True, text=.2),
    "return.refused": Kind("shop", "out", RETURN, {"reason": one_of("used", "too late", "not ours")}, "r"),
    "return.received": Kind("shop", "out", RETURN, TOLD, "r", machine="returns"),
    "return.credited": Kind("shop", "out", RETURN, TOLD, "r", machine="returns", amount="order"),
    "invoice.issued": Kind("erp", "out", INVOICE, {}, "o", machine="billing", amount="order", due=(14 * 24, 30 * 24)),
    "payment.received": Kind("erp", "in", INVOICE, {}, "o", amount="order", due=(-25 * 24, 20 * 24)),
    "invoice.issued/contract": Kind("erp", "out", SERVICE, {}, "t", machine="billing", amount="order",
                                    due=(14 * 24, 30 * 24)),
    "payment.received/contract": Kind("erp", "in", SERVICE, {}, "t", amount="order", due=(-25 * 24, 20 * 24)),
    "charge.written_off": Kind("erp", None, INVOICE, {}, "o", amount="order"),
    "case.opened": Kind("desk", "in", CASE, {"case_kind": CASE_KINDS, "severity": one_of("low", "normal", "high")}, "k",
                        region=True, text=.6),
    "case.opened/order": Kind("desk", "in", {**CASE, **ORDER}, {
        "case_kind": always("complaint"), "severity": one_of("normal", "high")}, "k", region=True, text=.6),
    "case.opened/project": Kind("desk", "in", {**CASE, **PROJECT}, {"case_kind": CASE_KINDS}, "k", region=True, text=.6),
    "case.reopened": Kind("desk", "in", CASE, {
        "case_kind": maybe(.5, CASE_KINDS), "severity": maybe(.5, one_of("normal", "high"))}, "k", text=.3),
    "case.resolved": Kind("desk", "out", CASE, {"by_bot": share(.12)}, "k", text=.3),
    "case.closed": Kind("desk", "out", CASE, {"by_bot": share(.5)}, "k", machine="support"),
    "case.assigned": Kind("desk", None, CASE, {}, "k"),
    "case.assigned/on": Kind("desk", None, CASE, {"from_agent": one_of(*AGENTS), "from_dept": one_of(*TEAMS)}, "k"),
    "case.updated": Kind("desk", None, CASE, {}, "k", text=.5),
    "case.paused": Kind("desk", None, CASE, {}, "k"),
    "status.reported": Kind("desk", "out", CASE, {"stage": one_of("waiting", "in work", "tested"),
                                                  "asked_for": share(.3)}, "k", instant=("estimate_at", 4, 120, .5)),
    "status.reported/project": Kind("desk", "out", PROJECT, {
        "stage": one_of("design", "building", "handing over"), "asked_for": share(.2)}, "j",
        instant=("estimate_at", 48, 600, .6)),
    "call.handled": Kind("phone", "in", CASE, {
        "wait_s": about(160, 1.2), "hold_s": maybe(.6, about(90, 1.2)), "talk_s": about(280),
        "apologies": maybe(.4, number(0, 5)), "abandoned": share(.06), "human_reached": share(.85)}, "k",
        channel="phone", has_agent=True, region=True),
    "message.sent": Kind("mail", "out", {**CASE, "in_reply_to": "k"}, MESSAGE, "k", text=.3),
    "message.sent/order": Kind("mail", "out", ORDER, {**MESSAGE, "about": always("shipping"), "automated": share(.9)},
                               "o", channel="email", machine="logistics", region=True),
    "message.sent/project": Kind("mail", "out", PROJECT, {**MESSAGE, "about": always("project")}, "j", text=.3),
    "message.sent/news": Kind("mail", "out", data={**MESSAGE, "about": always("news"), "automated": share(.97)},
                              channel="email", machine="marketing", region=True),
    "meeting.held": Kind("crm", "both", PROJECT, {"joint": share(.4), "minutes": about(60, .5)}, "j",
                         channel="in_person", has_agent=True),
    "meeting.missed": Kind("crm", None, PROJECT, {"joint": share(.4), "missed_by": one_of("us", "customer"),
                                                  "minutes": always(0)}, "j", has_agent=True),
    "info.requested": Kind("desk", "out", data={"fields": several(KNOWN, 1, 4), "already_known": several(KNOWN, 0, 2)}),
    "info.sought": Kind("web", "in", region=True, data={
        "found": share(.7), "steps": number(1, 8), "self_service": share(.8)}),
    "promise.made": Kind("crm", "out", PROMISE, OURS, "k", due=(24, 240), text=.3),
    "promise.made/delivery": Kind("shop", "out", PROMISE, {**OURS, "promise": always("delivery")}, "o",
                                  machine="fulfilment", due=(48, 240)),
    "promise.made/project": Kind("crm", "out", PROMISE, {**OURS, "phase": one_of("courtship", "project")}, "j",
                                 due=(200, 1500)),
    "promise.made/theirs": Kind("crm", "in", PROMISE, {"by": always("customer"), "promise_kind": always("commitment"),
                                                       "phase": always("project")}, "j", due=(100, 600)),
    "promise.revised": Kind("crm", "out", PROMISE, {"by": always("us"),
                                                    "asked_by": maybe(.7, one_of("us", "customer"))}, "k",
                            due=(48, 400)),
    "promise.kept": Kind("crm", "out", PROMISE, {"by": always("us")}, "k"),
    "promise.kept/project": Kind("crm", "out", PROMISE, {"by": always("us")}, "j"),
    "promise.kept/theirs": Kind("crm", "in", PROMISE, {"by": always("customer")}, "j"),
    "promise.broken": Kind("crm", "out", PROMISE, {"by": always("us")}, "k"),
    "promise.broken/theirs": Kind("crm", "in", PROMISE, {"by": always("customer")}, "j"),
    "statement.contradicted": Kind("desk", "out", CASE, {
        "topic": one_of("refund", "date", "price"), "dept_a": one_of(*TEAMS[:3]), "dept_b": one_of(*TEAMS[3:]),
        "contradiction": one_of("inconsistent", "misleading", "false", shares=[.7, .2, .1])}, "k"),
    "care.given": Kind("crm", "out", data={
        "care_kind": one_of("check_in", "proactive_fix", "lesson", "gift", "congratulation", "apology"),
        "prompted": share(.4), "personal": share(.7), "purpose": always("care"), "benefits": always("customer")}),
    "ask.made": Kind("crm", "out", data={
        "ask_kind": one_of("upsell", "referral", "survey", "payment", "use_our_tool", "follow_our_process"),
        "benefits": one_of("us", "both", "customer", shares=[.6, .3, .1]), "accepted": maybe(.8, share(.4)),
        "purpose": one_of("sell", "admin")}),
    "need.stated": Kind("crm", "in", NEED, {"horizon": one_of("now", "long"), "topic": one_of("space", "time", "taste")},
                        "w", offering=True),
    "need.met": Kind("crm", "out", NEED, {"horizon": one_of("now", "long")}, "w"),
    "need.declined": Kind("crm", "out", NEED, {"horizon": one_of("now", "long"), "reason": maybe(.7, one_of("not ours", "too dear"))}, "w"),
    "circumstance.noted": Kind("crm", "in", data={"topic": one_of("moving", "new place", "travelling", "growing")},
                               instant=("valid_until", 30 * 24, 300 * 24, .5)),
    "contact.assigned": Kind("crm", None, data={
        "role": one_of("lead", "finance", "executive", shares=[.8, .1, .1]), "stage": one_of("start", "design"),
        "told_customer": share(.8), "introduced": share(.5)}, has_agent=True),
    "contact.assigned/care": Kind("crm", None, data={
        "role": always("care"), "stage": always("after"), "told_customer": share(.9), "introduced": share(.7)},
        has_agent=True),
    "project.started": Kind("crm", "both", PROJECT, {"stage": always("design")}, "j", offering=True, has_agent=True),
    "project.advanced": Kind("crm", "out", PROJECT, {"stage": one_of("building", "handing over")}, "j", offering=True),
    "project.closed": Kind("crm", "out", PROJECT, {"stage": always("closed")}, "j", offering=True),
    "closeout.held": Kind("crm", "both", PROJECT, {"attendees": number(2, 7), "open_items": number(0, 4)}, "j",
                          has_agent=True),
    "outcome.delivered": Kind("crm", "out", OUTCOME, {"accepted": share(.85)}, "j"),
    "outcome.checked": Kind("crm", "out", OUTCOME, {"accepted": share(.9), "holding": share(.8)}, "j"),
    "survey.sent": Kind("survey", "out", {"asked_id": "s"}, {
        "instrument": one_of(*INSTRUMENTS), "about": one_of("order", "case", "project")}, machine="care",
        channel="email"),
    "survey.answered": Kind("survey", "in", {"asked_id": "s"}, channel="email", region=True, text=.3),
    "emotion.expressed": Kind("desk", "in", {}, {
        "level": one_of("frustration", "annoyance", "anger", "delight", "gratitude"),
        "heard_from": one_of("customer_words", "agent_note", "model", shares=[.6, .2, .2]),
        "confidence": decimal(.4, 1)}, "k"),
    "thanks.given": Kind("crm", "in", data={"public": share(.2)}),
    "referral.made": Kind("crm", "in", data={"referred": number(1, 3), "public": share(.3)}),
    "mention.posted": Kind("social", None, {}, {
        "platform": one_of("reviews", "forum", "video", "short"), "valence": decimal(-1, 1), "reach": about(300, 1.5)},
        channel="social", text=.5),
    "mention.posted/case": Kind("social", None, CASE, {
        "platform": one_of("reviews", "forum"), "valence": decimal(-1, -.2), "reach": about(900, 1.5)},
        channel="social", text=.5),
    "competitor.mentioned": Kind("crm", None, data={
        "competitor": one_of("Atlas", "Gastro Nord", "Ikon"), "intent": one_of("compare", "leaving", shares=[.8, .2])}),
    "burden.imposed": Kind("crm", None, data={
        "burden": one_of("scope_change", "reversal", "late_approval", "dispute", "abuse", "no_show"),
        "reported_by": one_of(*AGENTS)}),
    "fit.assessed": Kind("crm", None, data={
        "score": decimal(.1, 1), "required_skills": several(SKILLS, 1, 3), "held_skills": several(SKILLS, 1, 5),
        "their_clients_signal": maybe(.6, number(-1, 1))}),
    "effort.spent": Kind("erp", None, data={
        "effort": one_of("keep", "serve"), "target": always("existing"), "minutes": about(60)}, amount="small",
        has_agent=True),
    "effort.spent/firm": Kind("erp", None, data={
        "effort": one_of("acquire", "keep", "serve", shares=[.5, .2, .3]), "target": one_of("new", "existing"),
        "minutes": about(400)}, amount="large", has_agent=True),
    "reward.paid": Kind("erp", None, data={
        "basis": one_of("sales", "quality", "satisfaction", "margin", shares=[.6, .1, .2, .1]),
        "clawback": maybe(.1, number(10, 300))}, amount="large", has_agent=True),
    "skill.trained": Kind("erp", None, data={"skill": one_of(*SKILLS), "soft": share(.4)}, has_agent=True),
    "change.made": Kind("erp", None, {"change_id": "g"}, {
        "signal": one_of("hold_min", "repeat_asks", "probe", "csat"),
        "change_kind": one_of("process", "organization", "culture", "tool")}),
    "probe.run": Kind("erp", None, data={"task": one_of("find the label", "reach a person", "ask a question"),
                                         "solved": share(.6), "score": number(1, 5)}),
    "period.declared": Kind("erp", None, instant=("until", 20 * 24, 120 * 24, 1), data={
        "period_kind": one_of("recession", "crisis", "season"), "region": one_of(*REGIONS)}),
}

#: What happens on one subject, as drawing.py has it; a customer begins with the first, and nobody with it twice.
THREADS = [
    (0, 0, [("prospect.evaluated", .35, 0, 0), ("relationship.started", 1, 30, 0), ("contact.assigned", .25, 4, 0),
            ("fit.assessed", .2, 20, 0), ("contract.changed/new", .25, 10, 0), ("promise.made/delivery", .3, 1, 0),
            ("order.placed", .8, .1, 0), ("order.confirmed", .98, .1, 0), ("order.shipped", .93, 20, 0),
            ("order.delivered", .95, 40, 0)]),
    (.22, 0, [("order.placed", 1, 0, 0), ("order.confirmed", .97, .2, 0), ("promise.made/delivery", .3, .1, 0),
              ("order.backordered", .05, 8, 0), ("order.shipped", .95, 20, 0), ("message.sent/order", .6, 1, 0),
              ("order.delivered", .96, 40, 0), ("invoice.issued", .5, 10, 0), ("payment.received", .93, 400, 1),
              ("survey.sent", .2, 24, 0), ("survey.answered", .5, 20, 1), ("return.requested", .08, 60, 0),
              ("return.received", .95, 60, 1), ("return.credited", .95, 40, 1)]),
    (.03, 0, [("order.placed", 1, 0, 0), ("order.approved", .5, 2, 0), ("order.confirmed", .95, .2, 0),
              ("order.corrected", .6, 10, 0), ("order.shipped", .9, 20, 0), ("order.delivered", .95, 40, 0),
              ("case.opened/order", .7, 20, 0), ("case.assigned", .9, .2, 1), ("message.sent", .9, 8, 0),
              ("emotion.expressed", .3, 4, 0), ("case.resolved", .85, 40, 0), ("return.requested", .4, 10, 0),
              ("return.refused", .2, 30, 1), ("charge.written_off", .1, 900, 0)]),
    (.02, 0, [("order.placed", 1, 0, 0), ("order.confirmed", .9, .2, 0), ("order.cancelled", 1, 12, 0)]),
    (.02, 0, [("order.abandoned", 1, 0, 0)]),
    (.14, 0, [("info.sought", .5, 0, 0), ("case.opened", 1, .2, 0), ("case.assigned", .5, .1, 0),
              ("message.sent", .93, 4, 0), ("case.resolved", .92, 10, 0), ("survey.answered", .1, 24, 0),
              ("case.closed", .8, 50, 0)]),
    (.08, 0, [("case.opened", 1, 0, 0), ("case.assigned", .95, .2, 0), ("call.handled", .6, .1, 0),
              ("info.requested", .35, .1, 0), ("emotion.expressed", .25, 2, 0), ("message.sent", .8, 6, 0),
              ("promise.made", .4, 4, 0), ("case.assigned/on", .5, 10, 0), ("statement.contradicted", .06, 10, 0),
              ("status.reported", .6, 20, 0), ("case.paused", .1, 4, 0), ("promise.revised", .1, 10, 0),
              ("promise.kept", .3, 40, 0), ("case.updated", .5, 4, 0), ("case.resolved", .88, 20, 0),
              ("survey.sent", .5, 4, 0), ("survey.answered", .4, 20, 1), ("mention.posted/case", .02, 20, 0),
              ("promise.broken", .05, 1, 0), ("case.reopened", .12, 30, 0), ("case.resolved", .9, 40, 1),
              ("case.closed", .8, 60, 0)]),
    (.08, 0, [("call.handled", 1, 0, 0), ("info.requested", .3, .1, 0)]),
    (.2, 0, [("message.sent/news", 1, 0, 0)]),
    (.04, 0, [("ask.made", 1, 0, 0)]),
    (.04, 0, [("care.given", 1, 0, 0), ("thanks.given", .15, 20, 0), ("referral.made", .04, 100, 0)]),
    (.015, 0, [("need.stated", 1, 0, 0), ("need.met", .55, 200, 0), ("need.declined", .25, 20, 0)]),
    (.015, 0, [("circumstance.noted", 1, 0, 0)]),
    (.02, 0, [("mention.posted", 1, 0, 0)]),
    (.01, 0, [("competitor.mentioned", 1, 0, 0)]),
    (.01, 0, [("burden.imposed", 1, 0, 0)]),
    (.03, 0, [("contract.changed", 1, 0, 0), ("invoice.issued/contract", .9, 20, 0),
              ("payment.received/contract", .95, 400, 1)]),
    (.01, 0, [("effort.spent", 1, 0, 0)]),
    (.008, 0, [("project.started", 1, 0, 0), ("contact.assigned", .9, 8, 0), ("promise.made/project", .8, 30, 0),
               ("promise.made/theirs", .4, 20, 0), ("meeting.held", .9, 60, 0), ("message.sent/project", .8, 40, 0),
               ("status.reported/project", .8, 90, 0), ("project.advanced", .9, 90, 0), ("effort.spent", .6, 30, 0),
               ("meeting.missed", .15, 40, 0), ("case.opened/project", .3, 10, 0), ("case.resolved", .9, 60, 1), ("promise.kept/theirs", .35, 30, 0), ("promise.broken/theirs", .05, 10, 0),
               ("status.reported/project", .7, 90, 0), ("outcome.delivered", .95, 60, 0),
               ("promise.kept/project", .7, 4, 0), ("closeout.held", .55, 60, 0), ("project.closed", .95, 20, 0),
               ("contact.assigned/care", .45, 60, 0), ("ask.made", .3, 300, 0), ("outcome.checked", .6, 2200, 0),
               ("outcome.checked", .4, 2200, 0)]),
]


def pieces(kind, random):
    """One event's own part of `data`, as JSON without braces."""
    said = {key: value(random) for key, value in KINDS[kind].data.items()}
    return json.dumps({key: value for key, value in said.items() if value is not None}, separators=(",", ":"),
                      ensure_ascii=False)[1:-1]
