"""Counts what changed between two catalog tables, with pandas and numpy alone.

usage: events.py OLD NEW KIND   (KIND: koi, toi-nasa, toi-exofop)
Prints one line: added removed changed cells new retired disposition ephemeris
radius other, then the matrix of dispositions, sorted.
"""
import gzip, io, sys
import numpy as np
import pandas as pd

ROLES = {
    'koi': dict(key='kepoi_name', disp='koi_disposition', p='koi_period', pe=['koi_period_err1', 'koi_period_err2'], t='koi_time0bk',
                te=['koi_time0bk_err1', 'koi_time0bk_err2'], dur='koi_duration', r='koi_prad', zero=2454833.0, lim={}),
    'toi-nasa': dict(key='toi', disp='tfopwg_disp', p='pl_orbper', pe=['pl_orbpererr1', 'pl_orbpererr2'], t='pl_tranmid', te=['pl_tranmiderr1', 'pl_tranmiderr2'],
                     dur='pl_trandurh', r='pl_rade', zero=0.0, lim={'p': 'pl_orbperlim', 't': 'pl_tranmidlim'}),
    'toi-exofop': dict(key='TOI', disp='TFOPWG Disposition', p='Period (days)', pe=['Period error'], t='Transit Epoch (BJD)', te=['Transit Epoch error'],
                       dur='Duration (hours)', r='Planet Radius (R_Earth)', zero=0.0, lim={}),
}
c = ROLES[sys.argv[3]]


def load(path):
    text = gzip.open(path, 'rt', encoding='utf-8-sig', newline='').read()
    lines = text.splitlines(keepends=True)
    while lines[0].startswith('#') or lines[0].startswith('This file') or not lines[0].strip():
        lines.pop(0)
    return pd.read_csv(io.StringIO(''.join(lines)), dtype=str, keep_default_na=False).set_index(c['key'])


def number(t, name):
    if name not in t.columns:
        return np.full(len(t), np.nan)
    return pd.to_numeric(t[name].str.strip(), errors='coerce').to_numpy(float)


def error(t, names):
    return np.max([np.abs(np.nan_to_num(number(t, n))) for n in names], axis=0)


def limit(t, role):
    name = c['lim'].get(role)
    return np.nan_to_num(number(t, name)) != 0 if name else np.zeros(len(t), bool)


def joint(s, u):
    s, u = np.where(s == 0, u, s), np.where(u == 0, s, u)
    return np.hypot(s, u)


def same(u, v):
    u, v = u.strip(), v.strip()
    if u == v:
        return True
    try:
        return float(u) == float(v)
    except ValueError:
        return False


a, b = load(sys.argv[1]), load(sys.argv[2])
both = b.index[b.index.isin(a.index)]
columns = [n for n in b.columns if n in a.columns]
x, y = a.loc[both], b.loc[both]
differ = x[columns].to_numpy() != y[columns].to_numpy()
changed = differ.any(axis=1)
disposition = (x[c['disp']].str.strip() != y[c['disp']].str.strip()).to_numpy()

p1, p2, t1, t2 = number(x, c['p']), number(y, c['p']), number(x, c['t']) + c['zero'], number(y, c['t']) + c['zero']
known1, known2 = p1 > 0, p2 > 0
pe1, pe2, te1, te2 = error(x, c['pe']), error(y, c['pe']), error(x, c['te']), error(y, c['te'])
with np.errstate(all='ignore'):
    s = joint(pe1, pe2)
    d = np.abs(p2 - p1)
    period = np.where(s > 0, d / s > 3, d / p1 > 1e-4)
    period = np.where(known1 & known2, period, known1 != known2) & ~limit(x, 'p') & ~limit(y, 'p')
    # The epoch: the old one carried by whole old periods to the new one.
    first, second = known1 & ~limit(x, 'p'), known2 & ~limit(y, 'p')
    old_p = np.where(first, p1, np.where(second, p2, np.nan))
    old_e = np.where(first, pe1, pe2)
    old_e = np.where(old_e == 0, pe2, old_e)
    n = np.where(np.isfinite(old_p), np.rint((t2 - t1) / old_p), 0)
    late = (t2 - t1) - n * np.nan_to_num(old_p)
    late2 = (t2 - t1) - np.rint((t2 - t1) / p2) * p2
    best = np.where(np.isfinite(old_p) & second & (np.abs(late2) < np.abs(late)), late2, late)
    dur = number(y, c['dur'])
    dur = np.where(dur > 0, dur, number(x, c['dur']))
    s = joint(te1, te2)
    epoch = np.where(s > 0, np.abs(late) / np.hypot(s, n * np.nan_to_num(old_e)) > 3, np.abs(best) > np.where(dur > 0, 0.1 * dur / 24, 0.01))
    has1, has2 = np.isfinite(t1), np.isfinite(t2)
    epoch = np.where(has1 & has2, epoch, has1 != has2) & ~limit(x, 't') & ~limit(y, 't')
ephemeris = (period | epoch) & changed

r1, r2 = number(x, c['r']), number(y, c['r'])
radius = ~((r1 == r2) | (np.isnan(r1) & np.isnan(r2)))

told = disposition | ephemeris | radius
meant = np.zeros(len(both), bool)
for i in np.flatnonzero(changed & ~told):
    meant[i] = any(not same(x[columns[j]].iat[i], y[columns[j]].iat[i]) for j in np.flatnonzero(differ[i]))
new, retired = int((~b.index.isin(a.index)).sum()), int((~a.index.isin(b.index)).sum())
print(new, retired, int(changed.sum()), int(differ.sum()), new, retired, int(disposition.sum()), int(ephemeris.sum()), int(radius.sum()), int(meant.sum()))
pairs = pd.Series(list(zip(x[c['disp']][disposition].str.strip(), y[c['disp']][disposition].str.strip()))).value_counts()
for (u, v), k in sorted(pairs.items()):
    print(f'{u or "-"} > {v or "-"} {k}')
