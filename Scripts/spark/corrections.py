"""What later events say about earlier ones: which do not count, and which customers are one.

The rules are Kept's: they act whatever the times of the events; the highest position wins; retracting a correction restores
its target; retracting a merge splits again; a merge that would close a circle is void. Corrections are few beside events,
so that they are decided in one place and what comes of it is joined.
"""


def resolve(speaking, targets):
    """(dead, merged): positions that do not count, and customer number -> the number that its events count for.

    `speaking`: rows with position, kind, source, corrects, customer_number, other_customer_number.
    `targets`: (source, id) -> position.
    """
    dead, retracted, settled, merges = set(), set(), set(), {}

    def end(customer):
        while customer in merges:
            customer = merges[customer]
        return customer

    for row in sorted(speaking, key=lambda row: -row.position):
        if row.position in retracted:
            continue
        target = targets.get((row.source, row.corrects)) if row.corrects is not None else None
        if target is not None and target != row.position:
            if row.kind == "event.retracted":
                if target not in settled:
                    settled.add(target)
                    dead.add(target)
                    retracted.add(target)
            else:
                # A later word on the same target already stands: this one is as void as what it meant to replace.
                if target in settled:
                    dead.add(row.position)
                settled.add(target)
                dead.add(target)
        if row.kind == "customer.merged" and row.customer_number is not None and row.other_customer_number is not None:
            other = row.other_customer_number
            if row.position not in dead and other not in merges and end(row.customer_number) != other:
                merges[other] = row.customer_number
    return dead, {other: end(other) for other in merges}
