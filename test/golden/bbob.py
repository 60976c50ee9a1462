"""Values of the 24 BBOB functions at random points, less the best value: golden numbers for bench/problems/bbob.

Run: python bbob.py > bbob.json   (ioh 0.4.2, an implementation independent of ours; numpy 2.4.6)
Rows: [function, dimensions, instance, x, value]. Instances are those of the COCO platform.
"""
import json
import random

import ioh

random.seed(20261126)
rows = []
for function in range(1, 25):
    for dimensions in (2, 5):
        for instance in (1, 3):
            problem = ioh.get_problem(function, instance, dimensions, ioh.ProblemClass.BBOB)
            for bound in (5, 5, 6):
                x = [random.uniform(-bound, bound) for _ in range(dimensions)]
                rows.append([function, dimensions, instance, x, problem(x) - problem.optimum.y])
print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")
