"""Writes the specification of a wstest run and prints how many cases it has.

    python wstest_spec.py client|server FILE URL OUTDIR AGENT CASES EXCLUDE

CASES and EXCLUDE are comma separated patterns, '*' allowed: '1.*,7.1.2'. The count is made from the suite's own list of
cases with the suite's own rules, so that a run that stopped early is found out. The exit code is 2 when a pattern
matches nothing, or no case is left.
"""
from __future__ import print_function

import json
import sys

from autobahntestsuite.case import CaseBasename, CaseCategories, Cases, CaseSetname, CaseSubCategories
from autobahntestsuite.caseset import CaseSet


def patterns(text):
    """Splits a comma separated list."""
    return [p.strip() for p in text.split(',') if p.strip()]


def main(role, filename, url, outdir, agent, cases, exclude):
    """Writes the specification; returns the exit code."""
    spec = {'outdir': outdir, 'cases': patterns(cases), 'exclude-cases': patterns(exclude)}
    if role == 'client':  # our client against the fuzzing server
        spec['url'] = url
    else:
        spec['servers'] = [{'agent': agent, 'url': url}]

    known = CaseSet(CaseSetname, CaseBasename, Cases, CaseCategories, CaseSubCategories)
    for pattern in spec['cases'] + spec['exclude-cases']:
        if not set(known.resolveCasePatternList([pattern])) & set(known.CasesById):
            print('no case of the suite matches ' + pattern, file=sys.stderr)
            return 2
    selected = known.parseSpecCases(spec)
    if not selected:
        print('all the cases asked for are excluded', file=sys.stderr)
        return 2

    with open(filename, 'w') as out:
        json.dump(spec, out, indent=2)
    print(len(selected))
    return 0


if __name__ == '__main__':
    if len(sys.argv) != 8:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
