# SPDX-License-Identifier: GPL-3.0-or-later
"""Many left-overs at a start: how long they take, and how much memory."""

import os
import random
import shutil
import time

from lab import Feed, check, decodes, need, recovered

SECONDS_MAX = 10
COUNT = 1000


def make(lab):
    folder = lab.sub('make')
    feed = lab.feed('record', '--seconds', 10, folder)
    feed.wait_for('durable', count=3)
    feed.kill()
    return os.path.join(folder, 'r0.recording.ts')


def scatter(source, folder, count, rand):
    """So many left-overs, each cut somewhere, in a few sub-folders."""
    for i in range(count):
        sub = os.path.join(folder, f'{i % 10}')
        os.makedirs(sub, exist_ok=True)
        path = os.path.join(sub, f'left{i}.recording.ts')
        shutil.copyfile(source, path)
        os.truncate(path, rand.randrange(os.path.getsize(source)))


def timed_recovery(folder):
    os.sync()
    start = time.monotonic()
    feed = Feed('recover', '--report', folder)
    feed.wait()
    seconds = time.monotonic() - start
    return recovered(feed), seconds, int(feed.told('memory')[0][1])


def test_thousand(lab):
    need('ffmpeg')
    rand = random.Random(1)
    source = make(lab)
    few, many = lab.sub('few'), lab.sub('many')
    scatter(source, few, 10, rand)
    _, _, memory_few = timed_recovery(few)
    scatter(source, many, COUNT, rand)
    results, seconds, memory = timed_recovery(many)
    check(len(results) == COUNT, f'{len(results)} recovered')
    check(all(r[1] == 'ok' for r in results), f'{[r for r in results if r[1] != "ok"][:3]}')
    check(not [n for _, _, names in os.walk(many) for n in names if 'recording' in n], 'some are left')
    check(seconds <= SECONDS_MAX, f'it took {seconds:.1f} s')
    check(memory <= memory_few * 1.1, f'{memory} KiB for {COUNT}, {memory_few} KiB for 10')
    files = [r[4] for r in results if r[4] != '-']
    for path in rand.sample(files, 200 if lab.long else 20):
        decodes(path)
    return f'{COUNT} in {seconds:.1f} s, {memory} KiB of memory (10: {memory_few} KiB)'
