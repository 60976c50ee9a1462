"""What Katib's median stopping decides, as its service and its sidecar do the sums.

The service averages, for each succeeded trial, the first `start_step` values of the objective, and its threshold is the
mean of those averages (katib-compatibility 7.12). The sidecar counts `start_step` reports down; at the report that makes
it zero it stops the trial whose best value so far is worse than the threshold, and is not asked again (4.5, 16.7).

    python3 test/golden/medianstop-katib.py > test/golden/medianstop-katib.json      (Python 3.11, standard library)
"""

import json
import random


def threshold(ended, start_step, min_trials_required):
    averages = [sum(curve[:start_step]) / len(curve[:start_step]) for curve in ended]
    return sum(averages) / len(averages) if len(averages) >= min_trials_required else None


def stopped_at(curve, limit, start_step, objective):
    """The number of reports after which the sidecar stops the trial; None: it does not."""
    if limit is None or len(curve) < start_step:
        return None
    best = min(curve[:start_step]) if objective == "minimize" else max(curve[:start_step])
    worse = best > limit if objective == "minimize" else best < limit
    return start_step if worse else None


def main():
    draw = random.Random(5)
    vectors = []
    for i in range(60):
        objective = ("minimize", "maximize")[i % 2]
        start_step, required = draw.randint(1, 5), draw.randint(1, 4)
        # Quarters, so that sums are exact in any order.
        ended = [[draw.randint(-40, 40) / 4 for _ in range(draw.randint(1, 8))] for _ in range(draw.randint(2, 6))]
        shift = 30 if i % 4 < 2 else 0
        trial = [(draw.randint(-40, 40) + (shift if objective == "minimize" else -shift)) / 4 for _ in range(draw.randint(1, 8))]
        limit = threshold(ended, start_step, required)
        vectors.append(
            {
                "objective": objective,
                "start_step": start_step,
                "min_trials_required": required,
                "ended": ended,
                "trial": trial,
                "threshold": limit,
                "stopped_at": stopped_at(trial, limit, start_step, objective),
            }
        )
    print(json.dumps({"script": "test/golden/medianstop-katib.py", "vectors": vectors}))


main()
