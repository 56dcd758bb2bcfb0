# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that fill up, turn read-only, stall and are too slow: on small file systems of the tests' own."""

import errno
import os
import subprocess
import time

from lab import Skip, big_video, check, decodes, frames_in, need, recover, run

EVENT_S_MAX = 1.0
PUSH_P999_US_MAX = 1000
MEMORY_CAP = 8 << 20  # the engine's default


def free_bytes(path):
    st = os.statvfs(path)
    return st.f_bavail * st.f_frsize


def fill(path, leave):
    """Leaves about so many bytes free: what a file system says of itself is not always what it then takes."""
    size = 0
    fd = os.open(os.path.join(path, 'filler'), os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        while True:
            size += os.write(fd, b'x' * (256 << 10))
            if size % (4 << 20) == 0:
                os.fsync(fd)
    except OSError as error:
        check(error.errno == errno.ENOSPC, f'the disk could not be filled: {error}')
    os.ftruncate(fd, size - leave)
    os.fsync(fd)
    os.close(fd)
    run('sync', '-f', path)


def check_whole(feed, number, folder):
    """Nothing is missing in a recording."""
    name, word, _, path = feed.last_event(number)
    check((name, word) == ('finished', 'ok'), f'recording {number}: {name} {word}')
    check(os.path.dirname(path) == folder, f'recording {number} lies at {path}')
    stats = feed.stats(number)
    lost = stats['pushed'] - stats['written']
    check(lost == 0, f'recording {number}: {lost} frames lost: {stats}')
    decodes(path)


def check_full(lab, kind, mib, leave=1 << 20, kbit=2500):
    mounted, _ = lab.file_system(kind, mib)
    elsewhere = lab.sub('elsewhere')
    fill(mounted, leave)
    feed = lab.feed('record', '--seconds', 8, '--video', big_video(lab, kbit), mounted, elsewhere)
    check(feed.wait() == 0, 'feed ended badly')
    check_whole(feed, 1, elsewhere)
    name, word, size, path = feed.last_event(0)
    check(word == 'nospace', f'told as {name} {word}')
    failed = [t for t, w in feed.log if 'failed' in w and '[r0]' in w]
    told = [t for t, w in feed.lines if w[:2] == ['event', '0'] and w[2] == 'disk_full']
    check(failed and told and told[0] - failed[0] <= EVENT_S_MAX, f'told {told}, failed {failed}')
    if path.endswith('.recording.ts'):
        result = recover(path)[0]
        check(result[1] == 'ok', f'recovery: {result}')
        path = result[4]
    decodes(path)
    check(os.path.getsize(path) == size > 0, f'{size} bytes told, {os.path.getsize(path)} there')
    return f'{kind}: {size >> 10} KiB play, {name} {told[0] - failed[0]:.2f} s later, the other recording whole'


def test_full_ext4(lab):
    return check_full(lab, 'ext4', 64)


def test_full_xfs(lab):
    return check_full(lab, 'xfs', 320)


def test_full_btrfs(lab):
    return check_full(lab, 'btrfs', 128, 6 << 20, 12000)  # it keeps some for itself


def test_min_free(lab):
    mounted, _ = lab.file_system('ext4', 64)
    fill(mounted, 5 << 20)
    feed = lab.feed('record', '--seconds', 8, '--min-free', 4 << 20, '--video', big_video(lab), mounted)
    check(feed.wait() == 0, 'feed ended badly')
    name, word, _, path = feed.last_event()
    check((name, word) == ('finished', 'ok') and path.endswith('r0.ts'), f'{name} {word} {path}')
    check(any(e[0] == 'disk_full' for e in feed.events()), f'no warning: {feed.events()}')
    decodes(path)
    feed = lab.feed('record', '--seconds', 1, '--min-free', 64 << 20, '--prefix', 'more', mounted)
    feed.wait()
    check(feed.told('created', 0)[0][2] == 'nospace', 'a new recording was not refused')
    check(sorted(os.listdir(mounted)) == ['filler', 'lost+found', 'r0.ts'], f'{os.listdir(mounted)}')
    return f'ended with {free_bytes(mounted) >> 10} KiB free; the next one was refused'


def test_read_only(lab):
    need('mkfs.ext4')
    mounted, device = lab.file_system('ext4', 64)
    run('mount', '-o', 'remount,errors=remount-ro', mounted)
    trigger = f'/sys/fs/ext4/{os.path.basename(device)}/trigger_fs_error'
    if not os.path.exists(trigger):
        raise Skip('this kernel has no trigger_fs_error')
    feed = lab.feed('record', '--seconds', 6, mounted)
    feed.wait_for('durable', count=2)
    with open(trigger, 'w', encoding='ascii') as f:
        f.write('1')
    check(feed.wait() == 0, 'feed ended badly')
    name, word, _, path = feed.last_event()
    check(name == 'failed' and word in ('readonly', 'io'), f'told as {name} {word}')
    check(path.endswith('r0.recording.ts') and os.path.exists(path), f'lies at {path}')
    return f'failed ({word}) with its path'


# ---- stalls ------------------------------------------------------------------------------------------------------------


def stall(lab, feed, mounted, seconds):
    """Freezes a file system for so long."""
    need('fsfreeze')
    feed.wait_for('durable')
    time.sleep(1)
    run('fsfreeze', '-f', mounted)
    lab.stack.callback(run, 'fsfreeze', '-u', mounted, good=False)
    start = time.time()
    time.sleep(seconds)
    run('fsfreeze', '-u', mounted)
    return start


def check_pushes(feed):
    p999, worst = (int(x) for x in feed.told('latency')[0][2:4])
    check(p999 < PUSH_P999_US_MAX, f'p99.9 of a push is {p999} us')
    return f'push p99.9 {p999} us, at most {worst} us'


def check_memory(feed, count, cap):
    most = max(feed.stats(i)['buffered_max'] for i in range(count))
    # One frame may pass it by what the muxer adds.
    check(most <= cap + (64 << 10), f'{most} bytes were buffered')
    return f'at most {most >> 10} KiB buffered'


def test_stall_5_s(lab):
    mounted, _ = lab.file_system('ext4', 128)
    feed = lab.feed('record', '--recordings', 10, '--seconds', 10, '--video', big_video(lab), mounted)
    stall(lab, feed, mounted, 5)
    check(feed.wait() == 0, 'feed ended badly')
    for i in range(10):
        check_whole(feed, i, mounted)
    return f'10 recordings, nothing lost; {check_pushes(feed)}; {check_memory(feed, 10, MEMORY_CAP)}'


def test_stall_is_local(lab):
    """Another file system does not notice, although segments begin (files are created) on the one that stalls."""
    mounted, _ = lab.file_system('ext4', 128)
    elsewhere = lab.sub('elsewhere')
    feed = lab.feed('record', '--recordings', 4, '--seconds', 9, '--segment', 1000, mounted, elsewhere)
    start = stall(lab, feed, mounted, 4)
    check(feed.wait() == 0, 'feed ended badly')
    steps = [t for t, w in feed.lines if w[:2] == ['durable', '1'] and start - 1 <= t <= start + 5]
    longest = max(b - a for a, b in zip(steps, steps[1:]))
    check(longest < 2, f'the other file system stood still for {longest:.1f} s')
    for i in range(8):
        stats = feed.stats(i)
        check(stats['pushed'] == stats['written'], f'recording {i} lost frames: {stats}')
    for folder in (mounted, elsewhere):
        files = sorted(n for n in os.listdir(folder) if n.endswith('.ts'))
        check(len(files) >= 4 * 4 and not any('recording' in n for n in files), f'{files}')
        for name in files[:8]:
            decodes(os.path.join(folder, name))
    return f'elsewhere never more than {longest:.1f} s between two flushes; all segments whole; {check_pushes(feed)}'


def check_drops(feed, count):
    """Every frame that is missing was counted, video before audio, and what is left plays. How many."""
    dropped = audio = 0
    for i in range(count):
        stats = feed.stats(i)
        missing = stats['pushed'] - stats['written']
        check(missing == stats['dropped'], f'recording {i}: {missing} frames missing, {stats["dropped"]} counted')
        check(stats['inbox_dropped'] == stats['refused'] == 0, f'recording {i}: the inbox overflowed: {stats}')
        check(missing == 0 or stats['gaps'] > 0, f'recording {i}: no gap was told')
        name, word, _, path = feed.last_event(i)
        check((name, word) == ('finished', 'ok'), f'recording {i}: {name} {word}')
        decodes(path)
        frames = frames_in(path)
        check(len(frames['video']) + len(frames['audio']) == stats['written'], f'recording {i}: {stats["written"]} frames told')
        dropped += missing
        audio += stats['dropped_audio']
    check(dropped > 0, 'nothing was dropped')
    check(audio == 0, f'{audio} of {dropped} dropped frames are audio')
    return f'{dropped} frames of video dropped and counted, none of audio'


def test_stall_30_s(lab):
    mounted, _ = lab.file_system('ext4', 256)
    feed = lab.feed('record', '--recordings', 10, '--seconds', 38, '--memory-cap', 4 << 20, '--video', big_video(lab), mounted)
    stall(lab, feed, mounted, 30)
    check(feed.wait(90) == 0, 'feed ended badly')
    return f'{check_drops(feed, 10)}; {check_pushes(feed)}; {check_memory(feed, 10, 4 << 20)}'


test_stall_30_s.long = True


def throttle(lab, device, bytes_per_second):
    """A cgroup whose tasks write no faster to the device; the file that a pid is written to."""
    number = f'{os.major(os.stat(device).st_rdev)}:{os.minor(os.stat(device).st_rdev)}'
    if os.path.isdir('/sys/fs/cgroup/blkio'):
        group, limit, text = '/sys/fs/cgroup/blkio', 'blkio.throttle.write_bps_device', f'{number} {bytes_per_second}'
    elif os.path.exists('/sys/fs/cgroup/cgroup.controllers'):
        group, limit, text = '/sys/fs/cgroup', 'io.max', f'{number} wbps={bytes_per_second}'
    else:
        raise Skip('no cgroups to slow a disk down with')
    group = os.path.join(group, os.path.basename(lab.folder))
    try:
        os.mkdir(group)
        lab.stack.callback(subprocess.run, ['rmdir', group], check=False)
        with open(os.path.join(group, limit), 'w', encoding='ascii') as f:
            f.write(text)
    except OSError as error:
        raise Skip(f'this cgroup cannot be used: {error}') from error
    return os.path.join(group, 'cgroup.procs')


def test_slow(lab):
    """1 MB/s less than 10 recordings need."""
    mounted, device = lab.file_system('ext4', 256)
    procs = throttle(lab, device, 2 << 20)
    feed = lab.feed('record', '--recordings', 10, '--seconds', 25, '--memory-cap', 1 << 20, '--video', big_video(lab), mounted)
    with open(procs, 'w', encoding='ascii') as f:
        f.write(str(feed.process.pid))
    check(feed.wait(120) == 0, 'feed ended badly')
    return f'{check_drops(feed, 10)}; {check_pushes(feed)}; {check_memory(feed, 10, 1 << 20)}'


test_slow.long = True


def test_adaptive(lab):
    """The threshold follows the disk: slow flushes make it larger, quick ones smaller."""
    mounted, device = lab.file_system('ext4', 256)
    procs = throttle(lab, device, 4 << 20)
    feed = lab.feed('record', '--recordings', 2, '--seconds', 12, '--flush-interval', 0, '--flush-threshold', 1 << 18, '--adaptive',
                    '--video', big_video(lab, 12000), mounted)
    with open(procs, 'w', encoding='ascii') as f:
        f.write(str(feed.process.pid))
    check(feed.wait() == 0, 'feed ended badly')
    slow = feed.stats(0)
    check(slow['threshold'] > 1 << 18 and slow['moves'] >= 1, f'on a slow disk: {slow}')
    feed = lab.feed('record', '--recordings', 1, '--seconds', 6, '--flush-interval', 0, '--flush-threshold', 1 << 20, '--adaptive',
                    '--video', big_video(lab, 12000), lab.sub('quick'))
    check(feed.wait() == 0, 'feed ended badly')
    quick = feed.stats(0)
    check(quick['moves'] >= 1, f'on a quick disk: {quick}')
    return f'256 KiB became {slow["threshold"] >> 10} KiB on a slow disk, 1 MiB became {quick["threshold"] >> 10} KiB on a quick one'


test_adaptive.long = True
