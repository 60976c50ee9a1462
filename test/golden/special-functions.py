"""Writes special-functions.json: Python 3.11, numpy 2, SciPy 1.17.1, mpmath 1.3 (120 digits), mmh3 5."""
import mmh3, numpy as np, json
from scipy import special
from scipy.stats import qmc
import struct
out={}
out['hash']={s:list(struct.unpack('<4I', mmh3.hash_bytes(s.encode(),0,x64arch=False))) for s in ['','a','abc','hello, world','0123456789abcdef','0123456789abcdefX','tpe\u00007 naïve λ']}
xs=[-30,-8,-5.5,-3,-1.2,-0.4688,-0.3,-1e-3,-1e-300,0,1e-300,1e-9,0.1,0.46,0.47,0.9,1.7,3.9,4.1,7,12,26,100,1e8]
out['erf']=[[x,float(special.erf(x)),float(special.erfc(x)),float(special.erfcx(x)) if np.isfinite(special.erfcx(x)) else None] for x in xs]
zs=[-1e8,-300,-40,-38.5,-12,-5,-1.5,-1,-0.7,0,0.3,1,3,8,20]
import mpmath as mp
mp.mp.dps=120
out['logNormalCdf']=[[z,float(mp.log(mp.ncdf(z))) if z>-1e4 else float(special.log_ndtr(z))] for z in zs]
ps=[1e-300,1e-100,1e-20,1e-8,0.001,0.02,0.0749,0.0751,0.3,0.5,0.71,0.95,0.999,1-1e-12]
out['normalQuantile']=[[p,float(special.ndtri(p))] for p in ps]
ls=[-1e9,-1e4,-744,-50,-6,-4.9,-1,-0.3,-1e-2,-1e-5,-1e-14]
out['normalLogQuantile']=[[l,float(special.ndtri_exp(l))] for l in ls]
s=qmc.Sobol(6,scramble=False)
out['sobol']=s.random(16).tolist()
s=qmc.Sobol(1024,scramble=False); P=s.random(64)
out['sobolLast']=P[[1,7,33,63],1023].tolist()
out['sobolMid']=P[[1,7,33,63],500].tolist()
json.dump(out,open('test/golden/special-functions.json','w'))
