# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole machine that can lose its power: user-mode Linux, with the host's files as its root and images as its disks."""

import os
import struct

from lab import Failure, Teller, check, need

MODULES = '/usr/lib/uml/modules'


class Machine(Teller):
    """Boots, runs a script as its only process, and tells what that prints. Killing it takes its power."""

    def __init__(self, lab, script, disks, variables=None):
        need('linux.uml')
        path = os.path.join(lab.folder, 'init')
        lines = ['#!/bin/sh', 'mount -t proc proc /proc', 'mount -t sysfs sysfs /sys', 'mount -t tmpfs tmpfs /mnt', 'mkdir /mnt/disk',
                 'export PATH=/usr/sbin:/usr/bin:/sbin:/bin', *(f'export {k}={v}' for k, v in (variables or {}).items()), *script,
                 'echo; echo over', 'halt -f']
        with open(path, 'w', encoding='ascii') as f:
            f.write('\n'.join(lines) + '\n')
        os.chmod(path, 0o755)
        super().__init__(['linux.uml', 'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', f'init={path}', 'mem=256M', 'con=null',
                          'con0=null,fd:1', 'quiet', f'umid={os.path.basename(lab.folder)}', f'uml_dir={lab.sub("uml")}',
                          *(f'ubd{i}={disk}' for i, disk in enumerate(disks))])
        lab.stack.callback(self.kill)


def module(name):
    """The path of a kernel module of the machine's."""
    for path, _, files in os.walk(MODULES):
        if name in files:
            return os.path.join(path, name)
    raise Failure(f'user-mode Linux has no {name}')


# ---- dm-log-writes -----------------------------------------------------------------------------------------------------

LOG_MAGIC = 0x6A736677736872
FLAG_FLUSH, FLAG_FUA, FLAG_DISCARD, FLAG_MARK = 1, 2, 4, 8


def log_entries(path):
    """(flags, sector, data) of each write to a device under dm-log-writes, in order."""
    with open(path, 'rb') as log:
        magic, version, count, sector_size = struct.unpack('<QQQI', log.read(28))
        check(magic == LOG_MAGIC and version == 1, 'this is no log of dm-log-writes')
        log.seek(sector_size)
        for _ in range(count):
            sector, sectors, flags, size = struct.unpack('<QQQQ', log.read(32))
            rest = log.read(sector_size - 32)
            if flags & FLAG_MARK:
                data = rest[:size]
            elif flags & FLAG_DISCARD:
                data = b'\0' * (sectors * 512)
            else:
                data = log.read(sectors * 512)
            yield flags, sector, data


def mark_text(data):
    """A mark's words, which had to be joined by bars."""
    return data.split(b'\0')[0].decode(errors='replace').replace('|', ' ')
