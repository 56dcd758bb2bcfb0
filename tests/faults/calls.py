# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told as durable or finished, held against the system calls before it; and how many calls there are."""

import os
import re

from lab import Failure, check, need, syscalls

SECONDS = 3
INTERVAL_MS = 500


def traced(lab, variant=''):
    folder = lab.sub('calls' + variant)
    trace = os.path.join(lab.folder, 'trace' + variant)
    feed = lab.feed('record', '--seconds', SECONDS, '--flush-interval', INTERVAL_MS, '--report', folder, variant=variant,
                    wrapper=('strace', '-f', '-y', '-qq', '-ttt', '-s', '200', '-o', trace, '-e',
                             'trace=pwritev,fdatasync,fsync,renameat,renameat2,write'))
    check(feed.wait() == 0, 'feed ended badly')
    return folder, syscalls(trace)


class Order:
    """Follows the calls of one recording and objects to a claim that they do not bear out."""

    def __init__(self, folder):
        self.folder = folder
        self.running = os.path.join(folder, 'r0.recording.ts')
        self.claims = 0
        self.written = self.synced = 0  # bytes of the file; synced also needs its name
        self.data_synced = 0
        self.name_synced = False
        self.last_write = self.file_synced = self.renamed = self.rename_synced = 0.0
        self.text_synced = self.text_renamed = self.text_rename_synced = 0.0

    def see(self, start, name, text, end):
        good = not re.search(r'= -1 ', text)
        of_file = f'<{self.running}>' in text
        of_folder = f'<{self.folder}>' in text
        of_text = 'r0.json' in text
        if name == 'pwritev' and of_file:
            self.written += int(text.rsplit('= ', 1)[1])
            self.last_write = end
        elif name in ('fdatasync', 'fsync') and of_file and good:
            self.data_synced = self.written
            self.file_synced = start
        elif name == 'fsync' and of_text and good:
            self.text_synced = end
        elif name == 'fsync' and of_folder and good:
            self.name_synced = True
            self.rename_synced = start if self.renamed else 0.0
            self.text_rename_synced = start if self.text_renamed else 0.0
        elif name == 'renameat2' and good:
            check(self.file_synced >= self.last_write, 'renamed before the file was synced')
            self.renamed = end
        elif name == 'renameat' and of_text and good:
            check(self.text_synced > 0, 'the report was renamed before it was synced')
            self.text_renamed = end
        elif name == 'write' and '"durable 0 ' in text:
            self.durable(int(re.search(r'durable 0 (\d+)', text).group(1)))
        elif name == 'write' and '"event 0 finished ok' in text:
            self.finished()

    def durable(self, count):
        check(count <= self.data_synced and self.name_synced, f'{count} bytes told as durable, synced are {self.data_synced}'
              f'{"" if self.name_synced else ", but not the name"}')
        self.claims += 1

    def finished(self):
        check(self.renamed > 0, 'told as finished before it was renamed')
        check(self.rename_synced >= self.renamed, 'told as finished before the rename was synced')
        check(self.text_rename_synced >= self.text_renamed > 0, "told as finished before the report's rename was synced")
        self.claims += 1


def follow(folder, calls):
    order = Order(folder)
    for call in calls:
        order.see(*call)
    check(order.claims >= 4, f'only {order.claims} claims')
    return order


def test_order(lab):
    need('strace')
    order = follow(*traced(lab))
    return f'{order.claims} claims, each borne out by the calls before it'


def test_counts(lab):
    need('strace')
    folder, calls = traced(lab)
    ours = [c for c in calls if f'<{folder}/r0.recording.ts>' in c[2]]
    writes = sum(c[1] == 'pwritev' for c in ours)
    syncs = sum(c[1] == 'fdatasync' for c in ours)
    check(writes <= SECONDS * 5 + 1, f'{writes} write calls in {SECONDS} s')
    check(syncs <= SECONDS * 1000 / INTERVAL_MS + 1, f'{syncs} fdatasync in {SECONDS} s')
    return f'{writes} write calls and {syncs} fdatasync in {SECONDS} s'


def test_can_fail(lab):
    need('strace')
    said = []
    for variant in ('-no-fdatasync', '-no-fsync', '-no-dirsync'):
        try:
            follow(*traced(lab, variant))
        except Failure as failure:
            said.append(f'feed{variant}: {failure}')
            continue
        raise Failure(f'feed{variant} was not noticed')
    return '; '.join(said)
