# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fault tests share: a folder and file systems of their own, the feed program, strace, and a decoder as judge.

Everything that a test makes is taken down again when it ends, however it ends."""

import concurrent.futures
import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('TSR_BUILD', os.path.join(TOP, 'build'))
VIDEO_MS = 1000 / 30
CONTAINERS = ('ts', 'mkv', 'mp4')


def suffixes(container):
    """What may lie there of a recording, however it ended."""
    return (f'.recording.{container}', f'.{container}', '.recording.json', '.recording.json.new', '.json', '.json.new')


SUFFIXES = suffixes('ts')
AUDIO_MS = 20


class Failure(Exception):
    """What was promised was not kept."""


class Skip(Exception):
    """The test cannot run here; the text says why."""


def check(condition, text):
    if not condition:
        raise Failure(text)


def run(*command, timeout=120, good=True):
    """Runs a command to its end; its output. Fails the test when it fails, unless good=False."""
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=timeout, text=True, errors='replace')
    if good and done.returncode != 0:
        raise Failure(f'{" ".join(map(str, command))}: {done.returncode}: {done.stdout.strip()[-500:]}')
    return done.stdout


def need(*commands):
    for command in commands:
        if shutil.which(command) is None:
            raise Skip(f'there is no {command}')


def feed_path(variant=''):
    """The test program; variants leave out a call on which durability rests."""
    path = os.path.join(BUILD, 'tests/faults/feed' + variant)
    if not os.access(path, os.X_OK):
        raise Failure(f'{path} is not built')
    return path


class Teller:
    """A running process and what it tells: lines (time, words) on stdout, and its log on stderr."""

    def __init__(self, command):
        self.lines = []
        self.log = []
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors='replace',
                                        env=dict(os.environ, srcdir=TOP), start_new_session=True)
        self.readers = [threading.Thread(target=self._read, args=(stream, into), daemon=True)
                        for stream, into in ((self.process.stdout, self.lines), (self.process.stderr, self.log))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, into):
        for line in stream:
            if line.endswith('\n'):  # a kill may cut the last one
                into.append((time.time(), line.split()))

    def kill(self):
        """Kills it and what wraps it, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.wait()

    def wait(self, timeout=60):
        """Its exit code; a failure when it hangs."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f'hung for {timeout} s') from None
        for reader in self.readers:
            reader.join()
        return code

    def told(self, word, number=None):
        """The lines that begin with the word (and a recording's number), split."""
        return [w for _, w in list(self.lines) if w and w[0] == word and (number is None or w[1] == str(number))]

    def wait_for(self, word, timeout=20, count=1):
        """Until it told so many such lines."""
        end = time.monotonic() + timeout
        while len(self.told(word)) < count:
            if time.monotonic() > end:
                raise Failure(f'did not tell "{word}" within {timeout} s')
            if self.process.poll() is not None and not any(r.is_alive() for r in self.readers):
                check(len(self.told(word)) >= count, f'ended without telling "{word}"')
                return
            time.sleep(0.01)

    def pushed(self, number=0):
        """Video and audio frames pushed, as told last."""
        lines = self.told('pushed', number)
        return (int(lines[-1][2]), int(lines[-1][3])) if lines else (0, 0)

    def stats(self, number=0):
        """The numbers at the end."""
        lines = self.told('stats', number)
        check(lines, f'recording {number} told no statistics')
        return {key: int(value) for key, value in (pair.split('=') for pair in lines[-1][2:])}

    def events(self, number=0):
        """(name, error, bytes, path) of each event."""
        return [(w[2], w[3], int(w[4]), w[5]) for w in self.told('event', number)]

    def last_event(self, number=0):
        """FINISHED or FAILED; exactly one of the two must have come, as the last one."""
        ends = [e for e in self.events(number) if e[0] in ('finished', 'failed')]
        check(len(ends) == 1, f'recording {number} ended {len(ends)} times')
        return ends[0]


class Feed(Teller):
    """A running feed."""

    def __init__(self, *args, wrapper=(), variant=''):
        super().__init__([*map(str, wrapper), feed_path(variant), *map(str, args)])


class Lab:
    """One test's own folder, file systems and processes."""

    def __init__(self, long):
        self.long = long
        self.stack = contextlib.ExitStack()
        self.folder = tempfile.mkdtemp(prefix='tsr-faults-', dir=os.environ.get('TSR_FAULTS_TMP', '/var/tmp'))
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.loops = []

    def close(self):
        self.stack.close()

    def sub(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        return path

    def feed(self, *args, **kwargs):
        feed = Feed(*args, **kwargs)
        self.stack.callback(feed.kill)
        return feed

    def loop(self, image):
        """A loop device for an image."""
        if os.geteuid() != 0:
            raise Skip('loop devices need root')
        need('losetup', 'mount')
        done = subprocess.run(['losetup', '-f', '--show', '--direct-io=on', image], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise Skip(f'no loop devices here: {done.stdout.strip()}')
        device = done.stdout.strip()
        self.loops.append(device)
        self.stack.callback(self.unloop, device)
        return device

    def unloop(self, device):
        """Once: its number may be somebody else's soon."""
        if device in self.loops:
            self.loops.remove(device)
            run('losetup', '-d', device, good=False)

    def mount(self, device, name, *options):
        path = self.sub(name)
        run('mount', *options, device, path)
        self.stack.callback(self.unmount, path)
        return path

    @staticmethod
    def unmount(path):
        for _ in range(50):
            if not os.path.ismount(path):
                return
            run('fsfreeze', '-u', path, good=False)
            run('umount', path, good=False)
            time.sleep(0.1)
        run('umount', '-l', path, good=False)

    def image(self, kind, mib, name=None):
        """A file with a new file system in it."""
        need(f'mkfs.{kind}')
        image = os.path.join(self.folder, f'{name or kind}.img')
        with open(image, 'wb') as f:
            f.truncate(mib << 20)
        run(f'mkfs.{kind}', '-q', *(('-F', '-m', '0') if kind == 'ext4' else ('-f',)), image)
        return image

    def file_system(self, kind, mib, name=None):
        """(mount point, loop device) of a new file system."""
        device = self.loop(self.image(kind, mib, name))
        return self.mount(device, name or kind), device


def recovered(feed):
    """(id, word, bytes, cut, path, {codec: frames}) of each left-over that a "feed recover" told."""
    result = []
    for w in feed.told('recovered'):
        frames = {codec: int(count) for codec, count in (pair.split('=') for pair in w[6:])}
        result.append((w[1], w[2], int(w[3]), int(w[4]), w[5], frames))
    return result


def recover(path, *options, wrapper=(), timeout=60):
    """Runs recovery to its end; as recovered()."""
    feed = Feed('recover', *options, path, wrapper=wrapper)
    feed.wait(timeout)
    return recovered(feed)


def decodes(path):
    """Fails unless the file decodes without a single error."""
    need('ffmpeg')
    # Frames as they are: at a frame rate that ffmpeg makes up from their times, two of them may fall on one.
    done = subprocess.run(['nice', 'ffmpeg', '-nostdin', '-v', 'error', '-xerror', '-threads', '1', '-i', path, '-map', '0',
                           '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'null', '-'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', timeout=300, check=False)
    check(done.returncode == 0 and done.stdout == '', f'{path} does not decode clean: {done.stdout.strip()[:300]}')


def digest(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def frames_in(path):
    """{type: [pts in seconds]} of a file."""
    text = run('ffprobe', '-v', 'error', '-show_entries', 'packet=codec_type,pts_time', '-of', 'csv=p=0', path)
    frames = {'video': [], 'audio': []}
    for line in text.split():
        kind, pts = line.split(',')[:2]
        frames[kind].append(float(pts))
    return frames


def loss_ms(pushed, frames):
    """How much of what was pushed is not in the file, in milliseconds, of the track that lost more."""
    return max((pushed[0] - frames.get('h264', 0)) * VIDEO_MS, (pushed[1] - frames.get('opus', 0)) * AUDIO_MS, 0)


def big_video(lab, kbit=2500):
    """H.264 at a given rate, 4 s, a keyframe each second."""
    need('ffmpeg')
    path = os.path.join(lab.folder, f'{kbit}.h264')
    if not os.path.exists(path):
        run('ffmpeg', '-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=30:d=4', '-vf', 'noise=alls=20:allf=t',
            '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-b:v', f'{kbit}k', '-minrate',
            f'{kbit}k', '-maxrate', f'{kbit}k', '-bufsize', f'{kbit}k', '-g', '30', '-x264-params',
            'aud=1:scenecut=0:nal-hrd=cbr:filler=1:info=0', '-bsf:v', 'filter_units=remove_types=6', '-f', 'h264', path)
    return path


def in_parallel(jobs, workers=None):
    """Calls job[0](*job[1:]) for each; the results in order."""
    with concurrent.futures.ThreadPoolExecutor(workers or max(2, os.cpu_count() or 2)) as pool:
        return list(pool.map(lambda job: job[0](*job[1:]), jobs))


def syscalls(path):
    """What strace -f -ttt -o wrote: (time, name, text) of each finished call, in order of their starts."""
    calls, open_calls = [], {}
    pattern = re.compile(r'^(\d+)\s+([\d.]+) (?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$')
    with open(path, encoding='utf-8', errors='replace') as f:
        for line in f:
            match = pattern.match(line.rstrip('\n'))
            if match is None:
                continue
            pid, at, resumed, name, rest = match.groups()
            if resumed is not None:
                started = open_calls.pop((pid, resumed), None)
                if started is not None:
                    started[2] += rest
                    started[3] = float(at)
            else:
                call = [float(at), name, rest, float(at)]
                calls.append(call)
                if rest.endswith('<unfinished ...>'):
                    open_calls[(pid, name)] = call
    return calls
