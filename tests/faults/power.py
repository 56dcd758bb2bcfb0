# SPDX-License-Identifier: GPL-3.0-or-later
"""Power lost: what was told as durable or finished must be there. A file system is shut down under the recorder, without
writing anything back; the long tests take the power from a whole (user-mode) machine, and look at every state between."""

import glob
import os
import random
import signal
import time

from lab import AUDIO_MS, VIDEO_MS, Failure, check, decodes, frames_in, need, recover, run

INTERVAL_MS = 1000
LOSS_MS_MAX = INTERVAL_MS + 250


def judge(feed, folder, count):
    """Recovers what is there after the power came back, and holds it against what was told. The loss in milliseconds."""
    sizes = {number: os.path.getsize(os.path.join(folder, f'r{number}.recording.ts'))
             if os.path.exists(os.path.join(folder, f'r{number}.recording.ts')) else 0 for number in range(count)}
    for number in range(count):
        for name, word, size, path in feed.events(number):
            if name in ('segment', 'finished') and word == 'ok':
                path = os.path.join(folder, os.path.basename(path))
                check(os.path.exists(path), f'{os.path.basename(path)} was told as complete and is not there')
                check(os.path.getsize(path) == size, f'{path}: {size} bytes told as complete, {os.path.getsize(path)} there')
                check(os.path.exists(path[:-3] + '.json'), f'the report of {path} is not there')
        durable = int((feed.told('durable', number) or [[0, 0, 0]])[-1][2])
        segments = glob.glob(os.path.join(folder, f'r{number}-*'))
        check(segments or sizes[number] >= durable, f'recording {number}: {durable} bytes told as durable, {sizes[number]} there')
    results = recover(folder)
    check(all(r[1] == 'ok' for r in results), f'recovery: {results}')
    losses = []
    for number in range(count):
        files = sorted(glob.glob(os.path.join(folder, f'r{number}.ts')) + glob.glob(os.path.join(folder, f'r{number}-*.ts')))
        video = audio = 0
        for path in files:
            decodes(path)
            frames = frames_in(path)
            video += len(frames['video'])
            audio += len(frames['audio'])
        pushed = feed.pushed(number)
        losses.append(max((pushed[0] - video) * VIDEO_MS, (pushed[1] - audio) * AUDIO_MS))
    check(max(losses) <= LOSS_MS_MAX, f'lost {max(losses):.0f} ms')
    return max(losses)


def shut_down(lab, kind, options, seed, variant=''):
    """One power loss; the loss in milliseconds."""
    need('xfs_io')
    rand = random.Random(seed)
    name = f'{kind}{seed}{variant}'
    mounted, device = lab.file_system(kind, 320 if kind == 'xfs' else 64, name)
    count = 3
    feed = lab.feed('record', '--recordings', count, '--seconds', 30, '--flush-interval', INTERVAL_MS, '--report', *options,
                    mounted, variant=variant)
    feed.wait_for('durable', count=count)
    time.sleep(rand.uniform(0, 2.5))
    os.kill(feed.process.pid, signal.SIGSTOP)
    time.sleep(0.05)
    run('xfs_io', '-x', '-c', 'shutdown', mounted)
    feed.kill()
    run('umount', mounted)
    run('mount', device, mounted)
    lost = judge(feed, mounted, count)
    lab.unmount(mounted)
    return lost


OPTIONS = ((), ('--no-video',), ('--segment', '1000'))


def check_shutdowns(lab, kind):
    rounds = 12 if lab.long else 3
    losses = [shut_down(lab, kind, OPTIONS[seed % len(OPTIONS)], seed) for seed in range(rounds)]
    return f'{rounds} times 3 recordings: all that was told is there; lost at most {max(losses):.0f} ms'


def test_shutdown_ext4(lab):
    return check_shutdowns(lab, 'ext4')


def test_shutdown_xfs(lab):
    return check_shutdowns(lab, 'xfs')


def test_can_fail(lab):
    said = []
    for variant in ('-no-fdatasync', '-no-fsync', '-no-dirsync'):
        try:
            for seed in range(6):
                shut_down(lab, 'ext4', OPTIONS[seed % len(OPTIONS)], seed, variant)
        except Failure as failure:
            said.append(f'feed{variant}: {failure}')
            continue
        raise Failure(f'feed{variant} was not noticed')
    return '; '.join(said)


test_can_fail.long = True
