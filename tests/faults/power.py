# SPDX-License-Identifier: GPL-3.0-or-later
"""Power lost: what was told as durable or finished must be there. A file system is shut down under the recorder, without
writing anything back; the long tests take the power from a whole (user-mode) machine, and look at every state between."""

import glob
import os
import random
import shutil
import signal
import time

from lab import AUDIO_MS, TOP, VIDEO_MS, Failure, check, decodes, digest, feed_path, frames_in, need, recover, run
from machine import FLAG_MARK, Machine, log_entries, mark_text, module

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


# ---- a whole machine ---------------------------------------------------------------------------------------------------

KINDS = (('ext4', 64), ('xfs', 320), ('btrfs', 128))


def unplug(lab, kind, mib, options, seed):
    """A machine that loses its power while it records; the loss in milliseconds."""
    rand = random.Random(seed)
    count = 2
    image = lab.image(kind, mib, f'disk{seed}')
    machine = Machine(lab, [
        f'mount -t {kind} /dev/ubda /mnt/disk',
        f'{feed_path()} record --recordings {count} --seconds 30 --flush-interval {INTERVAL_MS} --report'
        f' {" ".join(options)} /mnt/disk 2>/dev/null',
    ], [image], {'srcdir': TOP})
    machine.wait_for('durable', 40, count)
    time.sleep(rand.uniform(0, 2.5))
    machine.kill()
    mounted = lab.mount(lab.loop(image), f'mnt{seed}')
    lost = judge(machine, mounted, count)
    lab.unmount(mounted)
    return lost


def test_machine(lab):
    rounds = 20
    losses = [unplug(lab, *KINDS[seed % len(KINDS)], OPTIONS[seed // 3 % len(OPTIONS)], seed) for seed in range(rounds)]
    return f'{rounds} power losses: all that was told is there; lost at most {max(losses):.0f} ms'


test_machine.long = True


def record_writes(lab, kind, mib, options):
    """A recording on a device whose writes are recorded: the image before, and the log of the writes."""
    image = lab.image(kind, mib, f'{kind}-disk')
    before, log = image + '.before', os.path.join(lab.folder, f'{kind}.log')
    shutil.copyfile(image, before)
    with open(log, 'wb') as f:
        f.truncate(512 << 20)
    machine = Machine(lab, [
        f'insmod {module("dm-mod.ko")}', f'insmod {module("dm-log-writes.ko")}',
        f'dmsetup create --noudevsync log --table "0 {(mib << 20) // 512} log-writes /dev/ubda /dev/ubdb"', 'dmsetup mknodes',
        f'mount -t {kind} /dev/mapper/log /mnt/disk',
        # What is told becomes a mark in the log, behind the writes that it is about.
        f'{feed_path()} record --seconds 3 --flush-interval 500 --report {options} /mnt/disk 2>/dev/null |'
        ' while read -r line; do case $line in durable*|event*)'
        ' echo "$line"; dmsetup message log 0 mark "$(echo "$line" | tr " " "|")";; esac; done',
        'umount /mnt/disk', 'dmsetup remove --noudevsync log', 'sync',
    ], [image, log], {'srcdir': TOP})
    machine.wait_for('over', 90)
    machine.kill()
    return before, log, machine


def claims_hold(folder, marks):
    """What was told before this state of the disk must be in it."""
    size = max((os.path.getsize(p) for p in glob.glob(os.path.join(folder, 'r0*.ts'))), default=0)
    for mark in marks:
        words = mark.split()
        if words[0] == 'durable' and not glob.glob(os.path.join(folder, 'r0-*')):
            check(int(words[2]) <= size, f'"{mark}", but there are {size} bytes')
        elif words[0] == 'event' and words[2] in ('segment', 'finished') and words[3] == 'ok':
            path = os.path.join(folder, os.path.basename(words[5]))
            check(os.path.exists(path) and os.path.getsize(path) == int(words[4]), f'"{mark}", but {os.listdir(folder)}')


def check_state(lab, image, marks, played):
    """One state that a power loss can leave. What it is. `played` are digests of files that are known to decode."""
    copy = os.path.join(lab.folder, 'state.img')
    run('cp', '--sparse=always', image, copy)
    device = lab.loop(copy)
    mounted = lab.mount(device, 'state')
    try:
        claims_hold(mounted, marks)
        names = [n for n in os.listdir(mounted) if n.startswith('r0')]
        stems = [n.replace('.recording.ts', '').replace('.ts', '') for n in names if n.endswith('.ts')]
        check(len(stems) == len(set(stems)), f'both names: {names}')
        results = recover(mounted, '--report')
        check(all(r[1] == 'ok' for r in results), f'recovery of {names}: {results}')
        left = sorted(n for n in os.listdir(mounted) if n.startswith('r0'))
        check(not [n for n in left if 'recording' in n], f'{left} after recovery of {names}')
        for path in (os.path.join(mounted, name) for name in left if name.endswith('.ts')):
            if digest(path) not in played:
                decodes(path)
                played.add(digest(path))
        return 'nothing' if not left else 'left-over' if results else 'complete'
    finally:
        lab.unmount(mounted)
        lab.unloop(device)


def check_prefixes(lab, kind, mib, options):
    before, log, machine = record_writes(lab, kind, mib, options)
    check(any(w[2] == 'finished' for w in machine.told('event')), f'the recording did not finish: {machine.lines[-5:]}')
    seen, marks, played, last = {}, [], set(), None
    with open(before, 'r+b') as image:
        for flags, sector, data in log_entries(log):
            if flags & FLAG_MARK:
                marks.append(mark_text(data))
            elif data:
                image.seek(sector * 512)
                image.write(data)
                image.flush()
            last = check_state(lab, before, marks, played)
            seen[last] = seen.get(last, 0) + 1
    check(last == 'complete', f'the last state is "{last}"')
    return f'{kind} {options}: ' + ', '.join(f'{count} {name}' for name, count in seen.items())


def test_prefixes(lab):
    return '; '.join((check_prefixes(lab, 'ext4', 64, ''), check_prefixes(lab, 'ext4', 64, '--segment 1000'),
                      check_prefixes(lab, 'xfs', 320, '')))


test_prefixes.long = True
