# SPDX-License-Identifier: GPL-3.0-or-later
"""System calls that fail, once or for good: no crash, no hang, an event in time, and no failed sync told as success."""

import collections
import os
import shutil

from lab import SUFFIXES, check, decodes, in_parallel, need, recover, syscalls

WORDS = {'EIO': 'io', 'ENOSPC': 'nospace', 'EDQUOT': 'nospace', 'EROFS': 'readonly'}
EVENT_S_MAX = 1.0
SECONDS = 2  # long enough to tell a late event from one that came with the end
# How often a recording of this length makes each call. The later ones of fsync, and those of renameat and write, are the note's and the report's.
CALLS = {'openat2': 3, 'pwritev': 8, 'fdatasync': 4, 'fsync': 6, 'renameat2': 1, 'renameat': 2, 'write': 2, 'ftruncate': 1, 'flock': 3}


def before_report(calls):
    """Those that make the recording itself; its report comes last, and fails alone."""
    for i, call in enumerate(calls):
        if 'r0.json' in call[2]:
            return calls[:i]
    return calls


def one_error(lab, index, call, error, when):
    """The name of the last event."""
    folder = lab.sub(f'error{index}')
    trace = os.path.join(lab.folder, f'trace{index}')
    files = [os.path.join(folder, 'r0' + suffix) for suffix in SUFFIXES]
    watched = [argument for path in (folder, *files) for argument in ('-P', path)]
    feed = lab.feed('record', '--seconds', SECONDS, '--flush-interval', 300, '--report', '--writers', 1, folder,
                    wrapper=('strace', '-f', '-y', '-qq', '-ttt', '-o', trace, *watched, '-e', f'inject={call}:error={error}:when={when}'))
    where = f'{call} {error} {when}'
    check(feed.wait(30) == 0, f'{where}: feed ended badly: {feed.log[-3:]}')
    calls = syscalls(trace)
    injected = [c for c in calls if 'INJECTED' in c[2]]
    # A note that cannot be written is told in the log; the recording goes on.
    fatal = [c for c in before_report(calls) if 'INJECTED' in c[2] and 'r0.recording.json' not in c[2]]
    outcome = judge(feed, folder, where, error, fatal)
    shutil.rmtree(folder)
    return outcome if injected else 'not reached'


def judge(feed, folder, where, error, fatal):
    created = feed.told('created', 0)[0][2]
    if created != 'ok':
        check(created == WORDS[error], f'{where}: told as {created}')
        check(os.listdir(folder) == [], f'{where}: not created, but there is {os.listdir(folder)}')
        return 'refused'
    name, word, size, path = feed.last_event()
    if fatal and fatal[0][1] not in ('ftruncate', 'openat2'):
        check((name, word) != ('finished', 'ok'), f'{where}: told as success: {fatal[0][2]}')
        check(word == WORDS[error], f'{where}: told as {word}')
        late = [t for t, w in feed.lines if w[:1] == ['event'] and w[2] == name][0] - fatal[0][3]
        check(late <= EVENT_S_MAX, f'{where}: told after {late:.2f} s')
    check(path != '-' or size == 0, f'{where}: {size} bytes nowhere')
    if path == '-':
        check(not [n for n in os.listdir(folder) if n.endswith('.ts')], f'{where}: {os.listdir(folder)} without a path')
        return name
    check(os.path.getsize(path) == size, f'{where}: {size} bytes told, {os.path.getsize(path)} there')
    if path.endswith('.recording.ts'):
        check(name == 'failed', f'{where}: {name} with {path}')
        results = recover(folder)
        check(results and results[0][1] == 'ok', f'{where}: recovery says {results}')
        path = results[0][4]
    decodes(path)
    return name


def test_calls(lab):
    need('strace', 'ffmpeg')
    jobs = []
    for call, count in CALLS.items():
        for error in WORDS if lab.long else ('EIO', 'ENOSPC'):
            for n in range(1, count + 1) if lab.long else sorted({1, count}):
                jobs += [(one_error, lab, len(jobs) + i, call, error, when) for i, when in enumerate((n, f'{n}+'))]
    outcomes = collections.Counter(in_parallel(jobs, workers=6))
    check(outcomes['not reached'] <= len(jobs) // 4, f'too few were reached: {dict(outcomes)}')
    return f'{len(jobs)} failing calls: ' + ', '.join(f'{count} {name}' for name, count in sorted(outcomes.items()))
