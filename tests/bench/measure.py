# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs programs and tells what they cost; makes the inputs."""
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("TSR_BUILD", os.getcwd())
TSREC = os.path.join(BUILD, "janus-tsrec")
ENGINE = os.path.join(BUILD, "tests/bench/engine")
FRAMES = os.path.join(BUILD, "tests/bench/frames")
MAKE_CAPTURES = os.path.join(BUILD, "tests/bench/make_captures")
ENVIRONMENT = {**os.environ, "srcdir": TOP, "LC_ALL": "C.UTF-8"}


def about():
    """When, what and on what is measured."""
    def git(*arguments):
        done = subprocess.run(["git", "-C", TOP, *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip() or None

    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    return {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "commit": git("rev-parse", "HEAD"),
            "version": git("describe", "--always", "--dirty", "--tags"), "machine": platform.machine(),
            "processor": model and model.group(1), "processors": os.cpu_count(), "kernel": platform.release()}


class Cost:
    """What one or more programs used: CPU seconds, and the peak memory of the largest in MiB."""

    def __init__(self, cpu=0.0, peak=0.0):
        self.cpu, self.peak = cpu, peak

    def __add__(self, other):
        return Cost(self.cpu + other.cpu, max(self.peak, other.peak))


def run(*command, allowed=(0,)):
    """Runs a program to its end and returns its Cost (children included) and its standard output."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        said, complained = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    if process.returncode not in allowed:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{complained[-2000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), said


def cost(*commands):
    """The Cost of programs that run one after another."""
    total = Cost()
    for command in commands:
        total += run(*command)[0]
    return total


def compare(jobs, rounds, folder):
    """jobs: {name: function that returns a Cost}. They take turns, so that a busy moment hits all of them, and what one leaves in the
    folder of outputs is removed and on the disk before the next begins; medians."""
    seen = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            seen[name].append(job())
            for output in os.scandir(folder):
                os.unlink(output.path)
            os.sync()
    return {name: Cost(statistics.median(c.cpu for c in costs), max(c.peak for c in costs)) for name, costs in seen.items()}


def engine(*arguments):
    """Runs the engine's measuring program in a folder of its own, in memory where there is room."""
    where = "/dev/shm" if os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 6 << 30 else None
    with tempfile.TemporaryDirectory(prefix="tsr-bench-", dir=where) as folder:
        mode, *rest = map(str, arguments)
        return json.loads(run(ENGINE, mode, folder, *rest)[1])


def engine_rounds(rounds, *arguments):
    """The engine's measuring program, run so many times: the median of each figure; of what must not happen, the most."""
    seen = [engine(*arguments) for _ in range(rounds)]
    worst = ("refused_packets", "longest_us", "heap_growth", "heap_growth_by_starts", "descriptor_growth", "thread_growth")
    return {key: (max if key in worst else statistics.median_low)(s[key] for s in seen) for key in seen[0]}


class CannotRun(Exception):
    """A tool that is there, but not for this program on this machine."""


def instructions(*command):
    """How many instructions a program executes, start and end included. CannotRun where valgrind does not know one of them: libavcodec
    loads libhwy, which asks the processor what it can do in ways that an old valgrind dies of on some."""
    with tempfile.TemporaryDirectory(prefix="tsr-bench-") as folder:
        out = os.path.join(folder, "callgrind.out")
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command], env=ENVIRONMENT,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
        if "SIGILL" in done.stderr or done.returncode == -signal.SIGILL:
            where = re.search(r"at 0x\w+: .*\(in (.*?)\)", done.stderr)
            raise CannotRun(f"valgrind dies with SIGILL on this processor{' in ' + os.path.basename(where.group(1)) if where else ''}")
        if done.returncode != 0:
            raise RuntimeError(f"valgrind {' '.join(command)}: exit {done.returncode}\n{done.stderr}")
        with open(out, encoding="utf-8", errors="replace") as file:
            return int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.MULTILINE).group(1))


def system_calls(*command):
    """{name: how often} of a program and its threads."""
    with tempfile.NamedTemporaryFile(prefix="tsr-bench-", mode="r") as out:
        run("strace", "-f", "-c", "-o", out.name, *command)
        rows = [line.split() for line in out.read().splitlines()]
    return {row[-1]: int(row[3]) for row in rows if len(row) in (5, 6) and row[3].isdigit() and row[-1] != "total"}


# ---- inputs -----------------------------------------------------------------------------------------------------------

def ffmpeg(*arguments):
    run("ffmpeg", "-v", "error", "-y", *arguments)


class Inputs:
    """Captures of so many seconds, in the build folder; those that are there are used again."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.folder = os.path.join(BUILD, f"bench-inputs-{seconds}")
        os.makedirs(self.folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _make(self, name, maker):
        if not os.path.exists(self.path(name)):
            maker(self.path("part-" + name))
            os.rename(self.path("part-" + name), self.path(name))
        return self.path(name)

    def video(self):
        """A minute of 720p30 H.264 at 2.5 Mb/s, with a keyframe every 2 s; captures play it in a loop."""
        source = f"testsrc2=s=1280x720:r=30:d={min(self.seconds, 60)},noise=alls=12:allf=t"
        return self._make("video.h264", lambda out: ffmpeg(
            "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v",
            "baseline", "-b:v", "2500k", "-minrate", "2500k", "-maxrate", "2500k", "-bufsize", "1250k", "-g", "60",
            "-x264-params", "aud=1:scenecut=0:nal-hrd=none", "-f", "h264", out))

    def vp8(self):
        source = f"testsrc2=s=1280x720:r=30:d={self.seconds},noise=alls=4:allf=t"
        return self._make("video.ivf", lambda out: ffmpeg(
            "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2000k",
            "-g", "120", "-f", "ivf", out))

    def opus(self):
        source = f"sine=f=440:r=48000:d={self.seconds},vibrato=f=5:d=0.5"
        return self._make("audio.opus", lambda out: ffmpeg(
            "-f", "lavfi", "-i", source, "-ac", "2", "-c:a", "libopus", "-b:a", "48k", "-frame_duration", "20", "-f", "ogg", out))

    def captures(self, name, elementary, rate):
        """NAME.mjr, NAME.pcap and, for H.264, NAME.es of the input's whole length. Returns how many packets they have."""
        note = self.path(name + ".packets")
        if not os.path.exists(note):
            said = run(MAKE_CAPTURES, self.path(name), str(self.seconds), str(rate), elementary)[1]
            with open(note, "w", encoding="utf-8") as file:
                file.write(said.split()[0])
        with open(note, encoding="utf-8") as file:
            return int(file.read())
