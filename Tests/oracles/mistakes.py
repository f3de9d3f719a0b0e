"""Events that correct some of a generated shop's: retractions, replacements, merges, and retractions of these.

usage: mistakes.py EVENTS.jsonl
"""

import json
import sys

TIME = "2025-12-01T00:00:00Z"


def main():
    events = [json.loads(line) for line in open(sys.argv[1])]
    customers = sorted({event["customer"] for event in events})

    def some(kind, *places):
        found = [event for event in events if event["kind"] == kind]
        return [found[place] for place in places]

    def retracted(event, name):
        return {"source": event["source"], "id": name, "kind": "event.retracted", "time": TIME,
                "customer": event["customer"], "corrects": event["id"], "data": {"reason": "never happened"}}

    def merged(customer, other, name):
        return {"source": "crm", "id": name, "kind": "customer.merged", "time": TIME, "customer": customer,
                "other_customer": other}

    first, second = some("survey.answered", 0, 1)
    orders = some("order.placed", 0, 3, 5)
    corrected = {**second, "id": "second-1", "corrects": second["id"], "score": 1}
    undone = merged(customers[20], customers[21], "merge-4")
    corrections = [retracted(event, f"no-order-{place}") for place, event in enumerate(orders)]
    corrections += [retracted(event, f"no-promise-{event['id']}") for event in some("promise.made", 1)]
    corrections += [retracted(event, f"not-kept-{event['id']}") for event in some("promise.kept", 4)]
    corrections += [
        # Two words on one answer, of which the later stands; one word that is taken back; merges in a row and in a circle.
        {**first, "id": "first-1", "corrects": first["id"], "score": 1},
        {**first, "id": "first-2", "corrects": first["id"], "score": 5},
        corrected, retracted(corrected, "second-2"),
        merged(customers[10], customers[11], "merge-1"), merged(customers[12], customers[10], "merge-2"),
        merged(customers[11], customers[12], "merge-3"), undone, retracted(undone, "merge-5")]
    for event in corrections:
        print(json.dumps(event))


main()
