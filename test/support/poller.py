"""A poll loop in a program of its own, over descriptors of another process.

It takes each descriptor out of the process with pidfd_getfd(2), polls it as it is told to, and says which is ready; it says
so once, until the process answers. Every command is checked against what /proc says of the process at that very moment.

    python3 poller.py PID COMMANDS ANSWERS      the last two are FIFOs; what is ready goes to standard output
"""

import ctypes
import json
import os
import select
import sys

PIDFD_OPEN, PIDFD_GETFD = 434, 438
TICK_MS = 50

libc = ctypes.CDLL(None, use_errno=True)


def system_call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"system call {number}{arguments}: {os.strerror(error)}")
    return result


class Output:
    """Standard output that never waits: whoever reads it may be waiting for an answer to a command."""

    def __init__(self, poll):
        self.poll = poll
        self.waiting = b""
        os.set_blocking(1, False)

    def say(self, *words):
        self.waiting += (" ".join(map(str, words)) + "\n").encode()
        self.flush()

    def flush(self):
        try:
            self.waiting = self.waiting[os.write(1, self.waiting) :]
        except BlockingIOError:
            pass
        if self.waiting:
            self.poll.register(1, select.POLLOUT)
        else:
            try:
                self.poll.unregister(1)
            except KeyError:
                pass


class PollArray:
    def __init__(self, pid):
        self.pid = pid
        self.pidfd = system_call(PIDFD_OPEN, pid, 0)
        self.poll = select.poll()
        self.output = Output(self.poll)
        self.copies = {}
        self.names = {}
        self.events = {}
        self.said = set()

    def file_of(self, fd):
        return os.readlink(f"/proc/{self.pid}/fd/{fd}")

    def check_same(self, fd):
        copy = self.copies[fd]
        ours = os.readlink(f"/proc/self/fd/{copy}")
        theirs = self.file_of(fd)
        if ours != theirs:
            raise ValueError(f"descriptor {fd} was {ours} and is {theirs}")

    def add(self, fd, events):
        if fd in self.copies:
            raise ValueError(f"descriptor {fd} is there already")
        copy = system_call(PIDFD_GETFD, self.pidfd, fd, 0)
        self.copies[fd] = copy
        self.names[copy] = fd
        self.events[fd] = events
        self.check_same(fd)
        self.poll.register(copy, events)

    def delete(self, fd):
        self.check_same(fd)
        copy = self.copies.pop(fd)
        if fd not in self.said:
            self.poll.unregister(copy)
        self.said.discard(fd)
        del self.names[copy], self.events[fd]
        os.close(copy)

    def mode(self, fd, events):
        self.check_same(fd)
        self.events[fd] = events
        if fd not in self.said:
            self.poll.modify(self.copies[fd], events)

    def set(self, fd, events):
        if self.events[fd] & events:
            raise ValueError(f"descriptor {fd} waits for {events} already")
        self.mode(fd, self.events[fd] | events)

    def clear(self, fd, events):
        if self.events[fd] & events != events:
            raise ValueError(f"descriptor {fd} does not wait for {events}")
        self.mode(fd, self.events[fd] & ~events)

    def done(self, fd):
        """What was said of the descriptor is dealt with. It may be gone by now."""
        if fd not in self.said:
            return
        self.said.discard(fd)
        self.poll.register(self.copies[fd], self.events[fd])

    def look(self):
        for fd in self.copies:
            self.check_same(fd)
        return {fd: [self.events[fd], self.file_of(fd)] for fd in self.copies}

    def say(self, copy, revents):
        fd = self.names[copy]
        self.said.add(fd)
        self.poll.unregister(copy)
        self.output.say("ready", fd, revents)


def obey(array, line):
    name, *numbers = line.split()
    try:
        return {"ok": getattr(array, name)(*map(int, numbers))}
    except Exception as error:
        return {"error": f"{line.strip()}: {type(error).__name__}: {error}"}


def main():
    array = PollArray(int(sys.argv[1]))
    commands = os.open(sys.argv[2], os.O_RDONLY)
    answers = os.open(sys.argv[3], os.O_WRONLY)
    array.poll.register(commands, select.POLLIN)
    array.output.say("polling")
    while True:
        ready = array.poll.poll(TICK_MS)
        if not ready:
            array.output.say("tick")
        for fd, revents in ready:
            if fd == 1:
                array.output.flush()
            elif fd == commands:
                lines = os.read(commands, 65536)  # one at a time: whoever sends waits for the answer
                if not lines:
                    return
                answer = obey(array, lines.decode())
                os.write(answers, (json.dumps(answer) + "\n").encode())
            elif fd in array.names:
                array.say(fd, revents)


main()
