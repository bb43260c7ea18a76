"""Gợi ý vị trí khảo sát: chọn vị trí phủ được nhiều người nhất (best next sites with a proven gap)."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from geo.siting import Answer, warm
from planning import siting_instance
from planning.text import number, tr

Result = tuple[int, object, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--instance", type=Path, required=True, metavar="NPZ")
    parser.add_argument("--k", type=int, default=None, metavar="K", help="số vị trí, kể cả vị trí đã khóa")
    parser.add_argument("--budget", type=float, default=None, metavar="B", help="tổng chi phí tối đa")
    parser.add_argument("--seconds", type=float, default=120.0, metavar="S", help="giây bộ xử lý tối đa")


def run(options: argparse.Namespace) -> Result:
    """
    Choose sites.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    warm()
    # Seconds of the processor: other work on the machine takes none of the time allowed.
    start_s = time.process_time()
    answer = siting_instance.run(
        options.instance,
        n_sites=options.k,
        budget=options.budget,
        seconds_s=options.seconds,
        clock=time.process_time,
    )
    record = to_json(answer, seconds_s=time.process_time() - start_s)
    return 0, record, _text(answer, options.language)


def to_json(answer: Answer, *, seconds_s: float) -> dict[str, object]:
    """
    An answer as scripts read it.

    Parameters
    ----------
    answer
        The answer.
    seconds_s
        Seconds that it took.

    Returns
    -------
    record
        Candidates chosen, people covered, what no choice exceeds, the gap as a share.
    """
    return {
        "selected": list(answer.selected),
        "covered": _whole(answer.covered),
        "upper_bound": _whole(answer.upper_bound),
        "gap": answer.gap,
        "seconds": round(seconds_s, 3),
    }


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _text(answer: Answer, language: str) -> str:
    lines = [
        tr(
            "cli.siting.answer",
            language,
            n=len(answer.selected),
            covered=number(answer.covered, language),
            bound=number(answer.upper_bound, language),
            gap=number(100 * answer.gap, language, digits=2),
        )
    ]
    lines += [
        tr(
            "cli.siting.reason",
            language,
            candidate=one.candidate,
            added=number(one.added, language),
            lost=number(one.lost_without, language),
        )
        for one in answer.reasons
    ]
    return "\n".join(lines)
