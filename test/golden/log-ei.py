"""Writes log-ei.json: log(phi(z) + z Phi(z)) by mpmath 1.4.1 with 400 digits; beyond |z| = 1e4 its asymptotic series."""
import json
import mpmath as mp

mp.mp.dps = 400
rows = []
for z in [-1e8, -1e6, -3e4, -300, -40, -26, -10, -3, -1.001, -1, -0.999, -0.5, 0, 0.7, 3, 10, 40]:
    x = mp.mpf(z)
    if z < -1e4:
        value = -x * x / 2 - mp.log(2 * mp.pi) / 2 - 2 * mp.log(-x) + mp.log(1 - 3 / x**2 + 15 / x**4)
    else:
        value = mp.log(mp.npdf(x) + x * mp.erfc(-x / mp.sqrt(2)) / 2)
    rows.append([z, float(value)])
json.dump(rows, open("test/golden/log-ei.json", "w"))
