"""A count of what is compared, and what differs."""
import math


class Comparison:
    """Counts numbers compared and keeps the differences, by what is compared."""

    def __init__(self):
        self.counts, self.differences = {}, []

    def same(self, topic, what, found, expected, tolerance=0.0):
        """None stands for no value; NaN and infinity are none either. The tolerance is relative above 1."""
        self.counts[topic] = self.counts.get(topic, 0) + 1
        found, expected = self._plain(found), self._plain(expected)
        if isinstance(found, (int, float)) and isinstance(expected, (int, float)):
            if abs(found - expected) <= tolerance * max(1, abs(expected)):
                return
        elif found == expected:
            return
        self.differences.append(f"{topic}: {what}: snapshot {found}, expected {expected}")

    @staticmethod
    def _plain(value):
        if hasattr(value, "item"):
            value = value.item()
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return value

    def rows(self, topic, found, expected, tolerance=0.0):
        """Two dictionaries of lists of numbers: every key of one must be in the other."""
        for key in sorted(found.keys() | expected.keys(), key=str):
            if key not in found or key not in expected:
                self.same(topic, key, key in found, key in expected)
                continue
            if found[key] == expected[key]:
                self.counts[topic] = self.counts.get(topic, 0) + len(found[key])
                continue
            for place, (one, other) in enumerate(zip(found[key], expected[key], strict=True)):
                self.same(topic, f"{key}, number {place + 1}", one, other, tolerance)

    def report(self):
        """Prints how much was compared of what, and the first differences; the exit status: 0 equal, 1 not."""
        for topic, count in self.counts.items():
            print(f"{count:8d} {topic}")
        for difference in self.differences[:20]:
            print(difference)
        print(f"{sum(self.counts.values())} numbers compared, {len(self.differences)} differ")
        return 1 if self.differences or not self.counts else 0
