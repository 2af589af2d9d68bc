"""Means over seeds, with 95 % intervals by Student's t."""

import math
import statistics

# The 97.5 % point of Student's t by degrees of freedom; behind the last one the normal distribution's is close.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
NORMAL = 1.96


class Mean:
    """The mean of some numbers, and where its interval begins and ends; a single number has none."""

    def __init__(self, numbers):
        count = len(numbers)
        self.count = count
        self.mean = statistics.fmean(numbers)
        about = 0.0
        if count > 1:
            student = STUDENT[count - 2] if count - 2 < len(STUDENT) else NORMAL
            about = student * statistics.stdev(numbers) / math.sqrt(count)
        self.low, self.high = self.mean - about, self.mean + about


def differences(left, right):
    """The mean of left minus right over the seeds that both have; `None` where there is none."""
    shared = sorted(left.keys() & right.keys())
    return Mean([left[seed] - right[seed] for seed in shared]) if shared else None


def cell(mean, digits, sign=""):
    """A mean for a table, with its interval where it has one."""
    if mean is None:
        return ""
    text = f"{mean.mean:{sign}.{digits}f}"
    return f"{text} ({mean.low:{sign}.{digits}f} … {mean.high:{sign}.{digits}f})" if mean.count > 1 else text
