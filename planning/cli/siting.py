"""Gợi ý vị trí khảo sát: chọn vị trí phủ được nhiều người nhất (best next sites with a proven gap)."""

from __future__ import annotations

import argparse
import datetime as dt
import time
from pathlib import Path

from geo.errors import InputError
from geo.siting import Answer, warm
from planning import data, evaluation, siting, siting_instance
from planning.siting import Suggestion, Wish
from planning.text import number, tr
from planning.workspace import open_workspace

Result = tuple[int, object, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--instance", type=Path, default=None, metavar="NPZ", help="bài toán mẫu trong tệp")
    parser.add_argument("--operator", default=None, metavar="O", help="nhà mạng cần thêm vị trí")
    parser.add_argument(
        "--kinds", default=",".join(siting.KINDS), help="loại vị trí xem xét, cách nhau dấu phẩy"
    )
    parser.add_argument(
        "--k", type=int, default=None, metavar="K", help="số vị trí (với --instance: kể cả vị trí đã khóa)"
    )
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
    return _suggested(options) if options.instance is None else _instance(options)


def _instance(options: argparse.Namespace) -> Result:
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


def _suggested(options: argparse.Namespace) -> Result:
    kinds = tuple(options.kinds.split(","))
    wrong = sorted(set(kinds) - set(siting.KINDS))
    if wrong or options.operator is None:
        code = "siting_kind_unknown" if wrong else "siting_operator_missing"
        raise InputError(code, kind=", ".join(wrong), known=", ".join(siting.KINDS))
    start_s = time.process_time()
    found = siting.suggest(
        evaluation.baseline(open_workspace(options.workspace), now=dt.datetime.now(dt.UTC)),
        Wish(
            operator=options.operator,
            n_sites=options.k,
            budget_million=options.budget,
            kinds=kinds,
            kept_share=data.setting("proposal_kept_share"),
        ),
        seconds_s=options.seconds,
        clock=time.process_time,
    )
    record = suggestion_json(found) | {"seconds": round(time.process_time() - start_s, 3)}
    return 0, record, _suggestion_text(found, options.language)


def suggestion_json(found: Suggestion) -> dict[str, object]:
    """
    A suggestion as scripts read it.

    Parameters
    ----------
    found
        The suggestion.

    Returns
    -------
    record
        Sites with what each adds and what is lost without it, the proof, the curve, the price of sharing.
    """
    answer = found.answer
    return {
        "operator": found.wish.operator,
        "people": {"covered": found.covered, "uncovered": found.uncovered, "unknown": found.unknown},
        "candidates": len(found.candidates),
        "sites": [
            {
                "id": place.id,
                "name": place.name,
                "kind": place.kind,
                "lon": place.lon,
                "lat": place.lat,
                "cost_million_vnd": place.cost_million,
                "alone": why.alone,
                "added": why.added,
                "lost_without": why.lost_without,
            }
            for place, why in zip(found.chosen, answer.reasons, strict=True)
        ],
        "gained": answer.covered,
        "upper_bound": answer.upper_bound,
        "gap": answer.gap,
        "curve": [
            {
                "sites": point.n_sites,
                "cost_million_vnd": point.cost,
                "gained": point.covered,
                "upper_bound": point.upper_bound,
            }
            for point in answer.curve
        ],
        "kept_out_by_sharing": found.n_kept_out,
        "price_of_sharing": found.price_of_sharing,
        "assumed": ["antennas", "cost"],
    }


def _suggestion_text(found: Suggestion, language: str) -> str:
    answer = found.answer
    head = tr(
        "cli.siting.suggestion",
        language,
        n=len(found.chosen),
        n_candidates=len(found.candidates),
        gained=number(answer.covered, language),
        uncovered=number(found.uncovered, language),
        gap=number(100 * answer.gap, language, digits=2),
        price=number(found.price_of_sharing, language),
        kept_out=found.n_kept_out,
    )
    lines = [
        tr(
            "cli.siting.site",
            language,
            name=place.name,
            kind=tr(f"siting.kind.{place.kind}", language),
            lon=number(place.lon, language, digits=5),
            lat=number(place.lat, language, digits=5),
            added=number(why.added, language),
            lost=number(why.lost_without, language),
            cost=number(place.cost_million, language),
        )
        for place, why in zip(found.chosen, answer.reasons, strict=True)
    ]
    return "\n".join([head, *lines, tr("cli.siting.note", language)])
