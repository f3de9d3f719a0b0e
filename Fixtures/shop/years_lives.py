"""What happens to one of the crowd - an order, a case, a project, an end - and what the firm does for itself."""
from datetime import datetime

from years_drawing import (
    AGENTS, FAIRS, FIRST, LAST, Person, VIA, at_work, chance, counters, draw, exponential, gamma, iso, later,
    number, pick)


def order(one, at, amount, device=None):
    """An order and what became of it; gives its number."""
    name = number("O")
    is_repeat = one.name in counters
    counters[one.name] = 1
    one.touch("order.placed", at, subject=name, amount=amount, direction="in",
              device=device or pick("phone", "laptop", "tablet", "telephone", "handheld"), steps=2 + int(draw() * 6),
              reidentified=chance(.2) if is_repeat else None)
    if chance(.1):
        one.touch("order.approved", later(at, 1), subject=name, told_customer=True)
    one.touch("order.confirmed", later(at, .01 if chance(.8) else 5 * draw()), subject=name, told_customer=True)
    if chance(.35):
        due = later(at, days=4 + int(draw() * 3))
        one.touch("promise.made", later(at, .02), subject=name, due=iso(due), promise_id=number("P"), by="us",
                  promise="delivery", phase=pick("service", "courtship"), promise_kind="estimate")
    if chance(.03):
        one.touch("order.cancelled", later(at, 3), subject=name, told_customer=True)
        return name
    if chance(.08):
        one.touch("order.backordered", later(at, 20), subject=name, told_customer=chance(.7),
                  expected_at=iso(later(at, days=8)))
        at = later(at, days=5)
    sent = at_work(later(at, 10 + 30 * draw()))
    one.touch("order.shipped", sent, subject=name, told_customer=chance(.7))
    if chance(.3):
        one.touch("message.sent", later(sent, 1 + 30 * draw()), agent=False, order_id=name, about="shipping",
                  automated=True, by_name=chance(.5), words=30, words_managing=1, purpose="admin", benefits="customer")
    one.touch("order.delivered", later(sent, 20 + 60 * draw()), subject=name)
    if chance(.08):
        one.touch("order.corrected", later(sent, 2), subject=name, error_kind=pick("colour", "quantity", "address"),
                  our_fault=chance(.6))
    if chance(.12):
        send_back(one, later(sent, days=4 + 5 * draw()), name, amount)
    if chance(.12):
        pay(one, later(sent, 20), amount, order_id=name)
    if chance(.15):
        rate(one, later(sent, days=5), "order")
    return name


def send_back(one, at, order_id, amount):
    name = number("R")
    more = {"return_id": name, "order_id": order_id}
    one.touch("return.requested", at, subject=name, reason=pick("wrong size", "broken", "late", "whatever"),
              label_supplied=chance(.8), same_packaging=chance(.7), **more)
    if chance(.15):
        one.touch("return.refused", later(at, 30), subject=name, reason="used", **more)
        return
    got = at_work(later(at, 30 + 60 * draw()))
    one.touch("return.received", got, subject=name, told_customer=chance(.8), **more)
    one.touch("return.credited", later(got, 2 + 80 * draw()), subject=name, amount=amount, told_customer=chance(.8), **more)


def pay(one, at, amount, **of):
    name = number("N")
    due = later(at, days=14)
    one.touch("invoice.issued", at, agent="ole", subject=name, amount=amount, due=iso(due), invoice_id=name, **of)
    if chance(.04):
        one.touch("charge.written_off", later(due, days=60), agent="ole", subject=name, amount=amount, invoice_id=name, **of)
    else:
        paid = later(due, days=-12 + 14 * draw() + (25 if chance(.1) else 0))
        one.touch("payment.received", paid, agent="ole", subject=name, amount=amount, due=iso(due), invoice_id=name, **of)


def rate(one, at, about, mood=None):
    """An answer, sometimes asked for; mood from 0 to 1."""
    mood = mood if mood is not None else 1 - draw() ** 2
    instrument = pick("csat", "csat", "nps", "nps", "ces", "ease", "enjoyment", "respect", "reason_to_stay",
                      "reason_to_stay")
    asked = number("S") if chance(.7) else None
    if asked:
        one.touch("survey.sent", at, agent=False, channel="email", instrument=instrument, asked_id=asked, about=about)
        if chance(.3):
            return
    answer = later(at, 1 + 20 * draw())
    if instrument == "reason_to_stay":
        one.touch("survey.answered", answer, channel="email", instrument=instrument, asked_id=asked,
                  reason=pick("care", "people", "price", "habit"))
        return
    low, high = {"nps": (0, 10), "ces": (1, 7)}.get(instrument, (1, 5))
    one.touch("survey.answered", answer, channel="email", score=round(low + mood * (high - low)), instrument=instrument,
              scale_min=low, scale_max=high, asked_id=asked, about=about)


def case(one, at, case_kind=None, mood=None, **about):
    """A matter of theirs, from its opening to its end; gives its number."""
    name, clerk = number("K"), pick("noor", "noor", "kim")
    case_kind = case_kind or pick("question", "question", "request", "complaint", "fault")
    mood = mood if mood is not None else draw()
    if chance(.4):
        in_store = chance(.2)
        one.touch("info.sought", later(at, -.5), agent=clerk if in_store else False, channel="store" if in_store else "web", found=mood > .5, steps=1 + int(6 * draw()),
                  self_service=not in_store, direction="in")
    one.touch("case.opened", at, agent=False, subject=name, case_kind=case_kind, severity=pick("normal", "high"), **about)
    one.touch("case.assigned", later(at, .1), agent=clerk, subject=name)
    if chance(.5):
        wait = int(exponential(120 if mood > .4 else 900))
        one.touch("call.handled", later(at, .05), agent=clerk, channel="phone", case_id=name, wait_s=wait,
                  hold_s=int(exponential(60)), talk_s=180, apologies=wait // 400, abandoned=wait > 1500,
                  human_reached=wait <= 1500)
        one.touch("info.requested", later(at, .1), agent=clerk, channel="phone", fields=["name", "order", "postcode"],
                  already_known=["name"] if mood < .5 else [])
    reply = at_work(later(at, .4 + exponential(4 if mood > .4 else 40)))
    one.touch("message.sent", reply, agent=clerk, channel="email", case_id=name, in_reply_to=name, automated=False,
              by_name=chance(.7), words=80, words_managing=int(4 * draw()), purpose="serve",
              benefits=pick("customer", "both", "us"))
    promise = number("P")
    due = at_work(later(reply, days=2))
    if chance(.6):
        one.touch("promise.made", later(reply, .1), agent=clerk, subject=name, due=iso(due), promise_id=promise, by="us",
                  phase="service", promise_kind="commitment")
    else:
        promise = None
    if mood < .35:
        one.touch("emotion.expressed", later(reply, 5), channel="email", level=pick("anger", "frustration", "annoyance"),
                  heard_from=pick("customer_words", "agent_note"), confidence=.9, subject=name, case_id=name)
        on = pick("ravi", "ole", "max")
        one.touch("case.assigned", later(reply, 6), agent=on, subject=name, from_agent=clerk, from_dept=AGENTS[clerk])
        if chance(.5):
            one.touch("case.paused", later(reply, 7), agent=on, subject=name)
            one.touch("case.assigned", later(reply, 20), agent=clerk, subject=name, from_agent=on, from_dept=AGENTS[on])
        if chance(.5):
            one.touch("statement.contradicted", later(reply, 21), agent=on, case_id=name, subject=name, topic="refund",
                      dept_a=AGENTS[on], dept_b=AGENTS[clerk],
                      contradiction=pick("inconsistent", "inconsistent", "misleading", "false"))
        if promise and chance(.4):
            due = later(due, days=2)
            one.touch("promise.revised", later(reply, 22), agent=clerk, subject=name, due=iso(due), promise_id=promise,
                      by="us", asked_by=pick("us", "customer"))
    for step in range(int(3 * draw())):
        one.touch("status.reported", later(reply, 24 * (step + .5)), agent=clerk, channel="email", case_id=name,
                  subject=name, stage="in work", asked_for=chance(.3),
                  estimate_at=iso(later(reply, days=step + 2)) if chance(.6) else None)
    if chance(.3):
        one.touch("case.updated", later(reply, 10), agent=clerk, subject=name)
    done = at_work(later(reply, exponential(20 if mood > .4 else 200)))
    if promise:
        is_broken = mood < .35 and chance(.6)
        one.touch("promise.broken" if is_broken else "promise.kept", later(due, -2) if chance(.3) else later(done, .2),
                  agent=clerk, subject=name, promise_id=promise, by="us")
    one.touch("case.resolved", done, agent=clerk, subject=name, by_bot=chance(.15))
    if chance(.15):
        one.touch("case.reopened", later(done, days=2), agent=False, subject=name, case_kind=case_kind)
        one.touch("message.sent", at_work(later(done, days=2.2)), agent=clerk, channel="email", case_id=name,
                  automated=False, by_name=True, words=60, words_managing=0, purpose="care", benefits="customer")
        done = later(done, days=4)
        one.touch("case.resolved", done, agent=clerk, subject=name, by_bot=False)
    one.touch("case.closed", later(done, days=1), agent=clerk, subject=name, by_bot=False)
    if mood < .3:
        if chance(.5):
            one.touch("care.given", later(done, 3), agent="kim", care_kind="apology", prompted=True, personal=False)
        if chance(.4):
            one.touch("mention.posted", later(done, days=6 + 20 * draw()), agent=pick("kim", False), channel="social", case_id=name,
                      platform="reviews", valence=round(-.3 - .6 * draw(), 2), reach=int(exponential(900)))
    if chance(.5):
        rate(one, later(done, 20), "case", mood)
    return name


def kindness(one, at, by="kim"):
    """What nobody has to do, on either side."""
    what = draw()
    if what < .45:
        one.touch("care.given", at, agent=by, channel=pick("phone", "email"), prompted=chance(.3), personal=chance(.8),
                  care_kind=pick("check_in", "proactive_fix", "lesson", "gift", "congratulation"), purpose="care",
                  benefits="customer")
        if chance(.35):
            one.touch("thanks.given", later(at, 5 + 30 * draw()), agent=by, channel="email", public=chance(.2))
        if chance(.12):
            one.touch("referral.made", later(at, days=9), agent=by, channel="email", referred=1, public=False)
        if chance(.15):
            one.touch("mention.posted", later(at, days=3), agent=False, channel="social", platform="photo",
                      valence=round(.3 + .6 * draw(), 2), reach=int(exponential(200)))
        if chance(.3):
            one.touch("emotion.expressed", later(at, 2), agent=by, channel="phone", level=pick("delight", "gratitude"),
                      heard_from="customer_words", confidence=.9)
    elif what < .6:
        one.touch("circumstance.noted", at, agent=by, channel="phone", topic=pick("moving", "new place", "travelling"),
                  valid_until=iso(later(at, days=120)))
    elif what < .75:
        need = number("W")
        one.touch("need.stated", at, agent=by, need_id=need, horizon=pick("now", "long"), topic=pick("space", "time"))
        if chance(.7):
            one.touch("need.met" if chance(.6) else "need.declined", later(at, days=1 + 12 * draw()), agent=by, need_id=need,
                      topic="space", reason=pick(None, "not ours"))
    elif what < .9:
        one.touch("ask.made", at, agent=pick("max", "kim"), channel="email", benefits=pick("us", "us", "both"),
                  ask_kind=pick("upsell", "referral", "survey", "payment", "use_our_tool", "follow_our_process"),
                  accepted=chance(.4), purpose="sell")
    else:
        one.touch("message.sent", at, agent=False, channel="email", about="news", template="T-NEWS", automated=True,
                  by_name=chance(.3), words=120, words_managing=int(9 * draw()), purpose=pick("sell", "admin"),
                  benefits="us")


def part(one, at, ended_by):
    """The end of a relationship, and what came before it."""
    by_them = ended_by == "customer"
    if by_them and chance(.7):
        one.touch("competitor.mentioned", later(at, days=-3 - 30 * draw()), channel="email", competitor="Atlas",
                  intent=pick("leaving", "compare"))
    if ended_by == "us":
        for step in range(3):
            one.touch("burden.imposed", later(at, days=-9 * (step + 1)), channel="phone", reported_by=pick("kim", "max", "noor"),
                      burden=pick("abuse", "dispute", "reversal", "scope_change"))
    reason = {"customer": pick("price", "service", "not_best", "moved"), "external": pick("acquired", "closed")}
    one.touch("relationship.ended", at, ended_by=ended_by, reason=reason.get(ended_by, "no fit"), regretted=chance(.6),
              destination=pick("Atlas", "Gastro Nord") if by_them and chance(.6) else None,
              notice_at=iso(later(at, days=-20)))
    one.has_left = True
    if by_them and chance(.25):
        one.touch("relationship.resumed", later(at, days=40 + 60 * draw()), channel="email", reason="care",
                  acquirer_agent="kim")
        one.has_left = False


def begin(one, at, via=None):
    if chance(.4):
        one.touch("prospect.evaluated", later(at, days=-4), agent="max", compared_with=["Teller & Co", "Atlas"],
                  sources=[pick(*VIA), pick(*VIA)], stage="shortlist")
    one.touch("relationship.started", at, found_via=via or pick(*VIA), acquirer_agent=pick("max", "lena", "kim"))
    fit = round(.2 + .75 * draw(), 2)
    if chance(.5):
        one.touch("fit.assessed", later(at, 2), agent="max", channel="in_person", score=fit, required_skills=["fit-out", "repair"],
                  held_skills=["repair", "crockery"] + (["fit-out"] if fit > .6 else []), their_clients_signal=pick(-1, 0, 1, 1))
    if chance(.5):
        one.touch("contact.assigned", later(at, 4), agent=one.agent, channel="email", role=pick("lead", "finance", "executive"),
                  stage="start", told_customer=chance(.8), introduced=chance(.5))
    if chance(.4):
        one.touch("promise.made", later(at, 1), agent="max", subject=number("G"), due=iso(later(at, days=21)), by="us",
                  promise_id=number("P"), phase="courtship", promise_kind=pick("guarantee", "commitment"))
        if chance(.6):
            one.touch("promise.kept", later(at, days=pick(12, 18, 25)), agent="max", by="us",
                      subject=f"G-{counters['G']}", promise_id=f"P-{counters['P']}")
    return fit


def buyer(name, account, joined):
    """Buys at a rate of their own until, after some order, they have lost interest: at home, or for a small café."""
    one = Person(name, "b2b" if account else "b2c", account)
    begin(one, joined)
    # Rates and losses differ much between people, as the models of purchases have it (metrics 3.6, 3.7).
    rate_of_orders = exponential(1 / 50)  # orders a day
    loses_interest = draw() ** 2
    worth = 160 / gamma(5, 5)
    at, last, orders = later(joined, 1.3), joined, 0
    while at <= LAST:
        amount = round(max(6, gamma(6, worth)), 2)
        number_of_order = order(one, at, amount)
        last = at
        if chance(.18):
            case(one, later(at, days=6 + draw()), order_id=number_of_order)
        if chance(.04):
            one.touch("order.abandoned", later(at, days=8), agent=False, device="phone", steps=4, direction="in")
        orders += 1
        # A business that has once chosen a supplier orders again at least once.
        if orders > bool(account) and chance(loses_interest):
            break
        at = later(at, days=exponential(1 / rate_of_orders))
    for _ in range(int(4 * draw())):
        kindness(one, at_work(later(joined, days=5 + draw() * (min(later(last, days=60), LAST) - joined).days)))
    return one, last


def account(name, joined):
    """A business: a contract, fit-outs with a beginning and an end, two people."""
    people = [Person(f"B-{counters.setdefault('B', 2100) + i}", "b2b", name) for i in (1, 2)]
    counters["B"] += 2
    lead, second = people
    for one in people:
        one.offering, one.region, one.agent = "fit-out", lead.region, "lena"
    begin(lead, joined, "show" if chance(.4) else None)
    worth = 240 / gamma(5, 5)
    contract, monthly = number("T"), 60 + 20 * int(8 * draw())
    lead.touch("contract.changed", later(joined, days=2), contract_id=contract, change="new", mrr_before=0,
               mrr_after=monthly, ends_at=iso(later(joined, days=370)), currency="EUR")
    at, step = later(joined, days=45), 0
    while at < LAST:
        month_mood = draw()
        if step % 3 == 0:
            pay(lead, at, 3 * monthly, contract_id=contract)
        if chance(.35):
            order(second, later(at, days=3), round(gamma(6, worth), 2), "laptop")
        if chance(.3):
            case(second, later(at, days=8), mood=month_mood)
        if chance(.35):
            kindness(pick(lead, second), at_work(later(at, days=12)))
        if chance(.25):
            lead.touch("meeting.held", at_work(later(at, days=15)), channel="in_person", direction="both", joint=chance(.5),
                       minutes=60)
        if chance(.06):
            lead.touch("meeting.missed", at_work(later(at, days=16)), channel="in_person", direction="both", joint=True,
                       missed_by=pick("us", "customer"), minutes=0)
        if chance(.08):
            lead.touch("burden.imposed", later(at, days=18), burden=pick("late_approval", "scope_change"), reported_by="lena")
        if chance(.15):
            lead.touch("effort.spent", later(at, days=20), amount=round(40 + 200 * draw(), 2), minutes=90, target="existing",
                       effort=pick("keep", "serve"), channel="in_person")
        if step % 12 == 10:
            change = pick("renewed", "renewed", "expanded", "contracted")
            before, monthly = monthly, {"expanded": monthly + 40, "contracted": max(20, monthly - 30)}.get(change, monthly)
            lead.touch("contract.changed", at, contract_id=contract, change=change, mrr_before=before, mrr_after=monthly,
                       ends_at=iso(later(at, days=370)), currency="EUR")
        if chance(.25):
            lead.touch("fit.assessed", later(at, days=21), agent="max", channel="in_person", score=round(draw(), 2),
                       required_skills=["fit-out"], held_skills=["fit-out"], their_clients_signal=pick(-1, 0, 1))
        if chance(.6):
            rate(pick(lead, second), later(at, days=22), "shop", min(1, month_mood + .3))
        at, step = later(at, days=30.4), step + 1
    project(lead, second, later(joined, days=20 + 40 * draw()))
    if chance(.5):
        project(lead, second, later(joined, days=300 + 60 * draw()))
    return lead, contract, monthly


def project(lead, second, at):
    name = number("J")
    promise, theirs = number("P"), number("P")
    days = 30 + 60 * draw()

    def say(kind, share, who=lead, hours=0.0, **fields):
        return who.touch(kind, at_work(later(at, hours, days * share)), subject=name, project_id=name, **fields)
    say("project.started", 0, channel="in_person", stage="design")
    say("contact.assigned", .02, role="lead", stage="design", told_customer=chance(.7), introduced=True)
    say("promise.made", .05, due=iso(later(at, days=days)), promise_id=promise, by="us", phase="project",
        promise_kind="commitment")
    say("promise.made", .06, direction="in", due=iso(later(at, days=days / 3)), promise_id=theirs, by="customer",
        phase="project", promise_kind="commitment")
    say("promise.kept" if chance(.8) else "promise.broken", .3 if chance(.7) else .45, direction="in", promise_id=theirs,
        by="customer")
    for part_done in (.2, .5, .8):
        if chance(.7):
            say("status.reported", part_done, channel="email", stage="building", asked_for=chance(.25),
                estimate_at=iso(later(at, days=days * (1 + .2 * draw()))))
        if chance(.6):
            say("meeting.held", part_done, channel="in_person", direction="both", joint=chance(.6), minutes=75, hours=3)
        if chance(.5):
            say("message.sent", part_done, second, hours=30, agent=pick("lena", "ole"), channel="email", automated=False,
                by_name=chance(.8), words=90, words_managing=int(3 * draw()), purpose="serve", benefits="both")
    say("project.advanced", .6, stage="building")
    if chance(.3):
        say("statement.contradicted", .65, agent="ole", topic="date", dept_a="accounting", dept_b="projects",
            contradiction="inconsistent")
    outcome = number("OC")
    say("outcome.delivered", .97, outcome_id=outcome, accepted=chance(.85))
    say("promise.kept", 1 if chance(.6) else 1.2, promise_id=promise, by="us")
    is_well = chance(.6)
    closed = say("project.closed", 1.02, stage="closed")
    if is_well:
        say("closeout.held", 1.02, hours=40, channel="in_person", attendees=4, open_items=int(3 * draw()))
        say("contact.assigned", 1.02, hours=60, agent="kim", role="care", stage="after", told_customer=True, introduced=True)
        say("care.given", 1.02, hours=400, agent="kim", channel="phone", care_kind="check_in", prompted=False, personal=True)
    elif closed and chance(.6):
        question = number("K")
        asked = at_work(later(closed, 26))
        lead.touch("case.opened", asked, agent=False, channel="email", subject=question, case_kind="question",
                     project_id=name)
        lead.touch("message.sent", later(asked, 3), agent="lena", channel="email", case_id=question, project_id=name,
                     automated=False, by_name=True, words=50, words_managing=0, purpose="serve", benefits="customer")
        lead.touch("case.resolved", later(asked, 4), agent="lena", subject=question, by_bot=False)
    else:
        say("ask.made", 1.02, hours=900, agent="max", channel="phone", ask_kind="upsell", benefits="us", accepted=chance(.3))
    for after in (95, 185):
        say("outcome.checked", 1, hours=24 * after, agent="kim", outcome_id=outcome, accepted=True, holding=chance(.8))
    say("effort.spent", .9, amount=round(200 + 500 * draw(), 2), effort="serve", target="existing", minutes=480)
    rate(lead, later(at, days=days * 1.1), "project")


def firm():
    """What we do for ourselves: where money and minutes go, what we try, learn and change, and the times."""
    us = Person()
    us.agent, us.region, us.offering = "max", None, None
    at, month = later(FIRST, days=5), 0
    while at < LAST:
        for effort, target, agent, amount in (("acquire", "new", "max", 500 + 60 * month), ("keep", "existing", "kim", 150),
                                              ("serve", "existing", "noor", 300)):
            us.touch("effort.spent", later(at, 3), agent=agent, amount=round(amount * (.7 + .6 * draw()), 2), effort=effort,
                     target=target, minutes=int(amount * (.5 + .4 * draw())), channel="in_person")
        if month % 3 == 2:
            for agent, basis in (("max", "sales"), ("lena", "quality"), ("kim", "satisfaction")):
                us.touch("reward.paid", later(at, 5), agent=agent, amount=round(200 + 300 * draw(), 2), basis=basis,
                         clawback=40 if chance(.3) else None)
        if month % 4 == 1:
            us.touch("skill.trained", later(at, 6), agent=pick(*AGENTS), skill=pick("listening", "fit-out"), soft=chance(.6))
        if month % 2 == 0:
            for channel in ("phone", "web", "social", "email"):
                us.touch("probe.run", later(at, days=2), agent="kim", channel=channel, score=round(1 + 4 * draw(), 1),
                         task="find the return label", solved=chance(.6))
        at, month = later(at, days=30.4), month + 1
    for week in FAIRS:
        us.touch("effort.spent", later(week, days=1, hours=8), agent="max", amount=round(300 + 900 * draw(), 2),
                 effort="acquire", target="new", minutes=int(400 + 800 * draw()), channel="in_person")
    for at, signal, change_kind in (
            ("2022-06-01", "hold_min", "process"), ("2022-11-15", "probe", "tool"), ("2023-02-01", "repeat_asks", "process"),
            ("2023-05-10", "reply", "organization"), ("2023-09-01", "csat", "culture"), ("2024-01-15", "probe", "tool")):
        us.touch("change.made", datetime.fromisoformat(at + "T09:00:00+00:00"), agent="noor", change_id=number("CH"),
                 signal=signal, change_kind=change_kind)
    for at, until, kind in (("2022-10-01", "2023-03-31", "recession"), ("2023-06-15", "2023-08-01", "crisis"),
                            ("2023-11-20", "2023-12-31", "season")):
        us.region = "Berlin"
        us.touch("period.declared", datetime.fromisoformat(at + "T08:00:00+00:00"), period_kind=kind,
                 until=until + "T23:00:00Z")
