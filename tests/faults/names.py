# SPDX-License-Identifier: GPL-3.0-or-later
"""Names chosen by somebody who wants out of the recordings folder, and folders that turn into links meanwhile."""

import ctypes
import os
import struct
import time

from lab import Skip, check

HOSTILE = 10000
SWAPS = 10000
AT_FDCWD, RENAME_EXCHANGE = -100, 2
IN_NONBLOCK = os.O_NONBLOCK
IN_ALL = 0xfff


def snapshot(folder):
    """Everything below a folder, as far as it could have been touched."""
    entries = {}
    for path, folders, files in os.walk(folder):
        for name in folders + files:
            st = os.lstat(os.path.join(path, name))
            entries[os.path.join(path, name)] = (st.st_ino, st.st_mode, st.st_size, st.st_mtime_ns)
    return entries


class Watch:
    """Sees every access to a folder and what is in it."""

    def __init__(self, folder):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(IN_NONBLOCK)
        if self.fd < 0 or self.libc.inotify_add_watch(self.fd, folder.encode(), IN_ALL) < 0:
            raise Skip('no inotify here')

    def accesses(self):
        seen = []
        while True:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                return seen
            while data:
                _, mask, _, size = struct.unpack_from('iIII', data)
                seen.append((hex(mask), data[16:16 + size].rstrip(b'\0').decode(errors='replace')))
                data = data[16 + size:]


def make_trap(lab):
    """A recordings folder with links that lead out of it, and what lies outside."""
    outside, inside = lab.sub('outside'), lab.sub('recordings')
    for folder in ('sub', 'real'):
        os.mkdir(os.path.join(inside, folder))
    os.symlink(outside, os.path.join(inside, 'link'))
    os.symlink('sub', os.path.join(inside, 'inner'))
    for name in ('victim.ts', 'victim.recording.ts', 'victim.json'):
        with open(os.path.join(outside, name), 'w', encoding='ascii') as f:
            f.write('theirs')
        os.symlink(os.path.join(outside, name), os.path.join(inside, 'sub', name))
    return outside, inside


def test_hostile(lab):
    outside, inside = make_trap(lab)
    before = snapshot(outside)
    around, watch = Watch(lab.folder), Watch(outside)
    feed = lab.feed('names', inside, HOSTILE, 7)
    check(feed.wait(120) == 0, 'feed ended badly')
    made, refused = (int(pair.split('=')[1]) for pair in feed.told('names')[0][1:])
    check(made > 0 and refused > made / 2, f'{made} made, {refused} refused')
    check(watch.accesses() == [], 'outside was looked into')
    check([a for a in around.accesses() if a[1] not in ('recordings', '')] == [], 'something beside the folder was touched')
    check(snapshot(outside) == before, 'outside was changed')
    left = [os.path.join(p, n) for p, _, names in os.walk(inside) for n in names if not os.path.islink(os.path.join(p, n))]
    check(left == [], f'left: {left[:3]}')
    return f'{HOSTILE} names: {refused} refused, {made} recorded below the folder'


def test_swap(lab):
    """A folder and a link to the outside change places while recordings are made in it."""
    outside, inside = lab.sub('outside'), lab.sub('recordings')
    folder, link = os.path.join(inside, 'sub').encode(), os.path.join(inside, 'other').encode()
    os.mkdir(folder)
    os.symlink(outside, link)
    watch = Watch(outside)
    libc = ctypes.CDLL(None, use_errno=True)
    feed = lab.feed('create', inside, 'sub/x', 20000 if lab.long else 5000)
    swaps = 0
    while swaps < SWAPS or feed.process.poll() is None:
        check(libc.renameat2(AT_FDCWD, folder, AT_FDCWD, link, RENAME_EXCHANGE) == 0, 'swap failed')
        swaps += 1
        if swaps % 10 == 0:
            time.sleep(0.0005)
    check(feed.wait(120) == 0, 'feed ended badly')
    made, refused = (int(pair.split('=')[1]) for pair in feed.told('create')[0][1:])
    check(made > 100 and refused > 100, f'{made} made, {refused} refused: not much of a race')
    check(watch.accesses() == [], 'outside was looked into')
    check(os.listdir(outside) == [], f'outside there is {os.listdir(outside)}')
    return f'{swaps} swaps: {made} recordings made, {refused} refused, outside never touched'
