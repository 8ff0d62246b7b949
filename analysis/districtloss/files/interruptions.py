"""How Ctrl-C, and a container or a batch system that asks the process to end, end a command."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from functools import partial
from types import FrameType

CLEARING = (
    "shutil",
    "tempfile",
    "districtloss.files.atomic",
)  # modules that take folders away or put them in their place
MOMENT = 0.01  # seconds


class Stopped(BaseException):
    """The process was asked to end. Carries the exit code.

    No KeyboardInterrupt, since the command line's library would end on that without a word.
    """


def stop_in_order() -> None:
    """Let SIGINT and SIGTERM end the process through all that clears away behind itself, and let that come to its
    end, whatever it is that runs while the signal comes."""

    stopped = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        if _clears_away(frame):
            a_moment_later(number)
        else:
            stopped = True
            raise Stopped(128 + number)  # as shells have it

    def a_moment_later(number: int) -> None:
        signal.signal(signal.SIGALRM, lambda _, frame: stop(number, frame))
        signal.setitimer(signal.ITIMER_REAL, MOMENT)

    def again(lost: sys.UnraisableHookArgs) -> None:
        if isinstance(lost.exc_value, Stopped):
            # The signal came where Python lets nothing be raised, such as the end of an object.
            a_moment_later(lost.exc_value.args[0] - 128)
        elif not stopped:  # what was half made when the signal came may well not end as it should
            sys.__unraisablehook__(lost)

    sys.unraisablehook = again
    # Once all is done there is nothing to stop, and Python's handlers go before the clock does.
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and shells leave it for what runs on its own
            signal.signal(number, stop)
            # Forks end at once: their parent clears away. A handler in Python would wait for whatever they wait for.
            os.register_at_fork(after_in_child=partial(signal.signal, number, signal.SIG_DFL))


def _clears_away(frame: FrameType | None) -> bool:
    """Return whether a call in which the process is belongs to a module of CLEARING. None of these takes long."""
    while frame is not None:
        if frame.f_globals.get("__name__") in CLEARING:
            return True
        frame = frame.f_back
    return False
