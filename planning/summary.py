"""An evaluation in lines: what screens, papers and the command line say alike."""

from __future__ import annotations

from collections.abc import Mapping

from planning.text import number, share_text, tr

FEW = 3
"""Alternatives named one by one."""
Lines = list[tuple[str, str]]


def summary(record: Mapping[str, object], language: str) -> Lines:
    """
    An evaluation in lines: what screens, papers and the command line say alike.

    Parameters
    ----------
    record
        The evaluation.
    language
        ``vi`` or ``en``.

    Returns
    -------
    lines
        Title and value of each.
    """
    return [
        *_people(record, language),
        *_checks(record, language),
        *_rules(record, language),
        *_field(record, language),
    ]


def _part(record: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    found: object = record
    for key in keys:
        found = found[key] if isinstance(found, Mapping) and key in found else {}
    return found if isinstance(found, Mapping) else {}


def _items(record: Mapping[str, object], *keys: str) -> list[Mapping[str, object]]:
    *before, last = keys
    found = _part(record, *before).get(last)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def amount(value: object) -> float:
    """
    A number of an evaluation.

    Parameters
    ----------
    value
        A number, or None.

    Returns
    -------
    amount
        Not-a-number for None.
    """
    return float(str(value)) if value is not None else float("nan")


def _names(record: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    # Whose figures, in the order in which they are told, and the words for them.
    return (str(record.get("operator")), "own"), ("any", "any"), ("two_or_more", "two_or_more")


def _people(record: Mapping[str, object], language: str) -> Lines:
    lines: Lines = []
    for where in ("outdoor", "indoor"):
        for key, known in _names(record):
            change = _part(record, "figures", where).get(key)
            gained, confirmed = (
                amount(_part({"x": change}, "x").get(one)) for one in ("gained", "confirmed")
            )
            title = tr(f"proposal.gain.{where}.{known}", language)
            said = tr("proposal.gain", language, gained=round(gained), confirmed=round(confirmed))
            lines.append((title, said))
    figures = _part(record, "figures")
    nobody, others = (round(amount(figures.get(one))) for one in ("nobody_else", "served_by_others"))
    lines.append((tr("proposal.nobody_else", language), number(nobody, language)))
    lines.append((tr("proposal.served_by_others", language), number(others, language)))
    share = figures.get("assumed_share")
    told = share_text(amount(share), language)
    lines.append((tr("proposal.assumed_share", language), told))
    hamlets = [f"{one['name']} ({number(amount(one['gained']) + amount(one['confirmed']), language)})"
               for one in _items(record, "figures", "hamlets")]  # fmt: skip
    lines.append((tr("proposal.hamlets", language), ", ".join(hamlets) or "–"))
    places = [str(one["name"]) for one in _items(record, "figures", "places")]
    lines.append((tr("proposal.places", language), ", ".join(places) or "–"))
    roads = [_part(record, "figures", "road_km").get(key) for key, _ in _names(record)[:2]]
    road_km = [number(amount(km), language, digits=1) for km in roads]
    lines.append((tr("proposal.road_km", language), " / ".join(road_km)))
    ring = _part(record, "ring")
    facts = {name: round(amount(_part(ring, name).get("people"))) for name in ("best", "worst")}
    said = tr("proposal.ring.line", language, radius=round(amount(ring.get("radius_m"))), **facts)
    lines.append((tr("proposal.ring", language), said))
    harmed = _part(record, "harmed")
    said = tr(
        "proposal.harmed.line",
        language,
        n=round(amount(harmed.get("people"))),
        drop=amount(harmed.get("drop_db")),
    )
    lines.append((tr("proposal.harmed", language), said))
    return lines


def _checks(record: Mapping[str, object], language: str) -> Lines:
    need, sharing = _part(record, "need"), _part(record, "sharing")
    outcome = tr(f"proposal.outcome.{need.get('outcome')}", language)
    if need.get("is_unknown"):
        outcome = f"{outcome} ({tr('proposal.need.unknown', language)})"
    lines: Lines = [(tr("proposal.need", language), outcome)]
    found = tr(f"proposal.outcome.{sharing.get('outcome')}", language)
    facts = {"n": int(amount(sharing.get("n_tried"))), "radius": round(amount(sharing.get("radius_m")))}
    lines.append(
        (tr("proposal.sharing", language), f"{found}. {tr('proposal.sharing.tried', language, **facts)}")
    )
    for one in _items(record, "sharing", "tried")[:FEW]:
        lines.append((tr("proposal.alternative", language, name=str(one["name"])), _option(one, language)))
    return lines


def _option(one: Mapping[str, object], language: str) -> str:
    share = one.get("kept_share")
    return tr(
        "proposal.alternative.line",
        language,
        kind=tr(f"proposal.kind.{one['kind']}", language),
        distance=round(amount(one["distance_m"])),
        kept=share_text(amount(share), language) if share is not None else "–",
        antenna=round(amount(one["antenna_m"])),
        height=tr(f"proposal.fit.{one['has_height']}", language),
        load=tr(f"proposal.fit.{one['has_load']}", language),
    )


def _rules(record: Mapping[str, object], language: str) -> Lines:
    return [
        (tr(f"proposal.rule.{one['code']}", language), rule_text(one, language))
        for one in _items(record, "rules")
    ]


def rule_text(one: Mapping[str, object], language: str) -> str:
    """
    What a rule says, with its number, its limit, and whether it is confirmed to be in force.

    Parameters
    ----------
    one
        Item of ``rules`` of an evaluation.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        Verdict first.
    """
    parts = [tr(f"proposal.verdict.{one['verdict']}", language)]
    if one.get("value") is not None:
        parts.append(f"{number(amount(one['value']), language, digits=1)} {one.get('unit') or 'm'}")
    if one.get("limit") is not None:
        limit = number(amount(one["limit"]), language, digits=1)
        parts.append(tr("proposal.rule.limit", language, limit=limit, unit=str(one.get("unit") or "")))
    if one.get("what"):
        parts.append(str(one["what"]))
    if one.get("is_checking"):
        parts.append(tr("proposal.rule.checking", language))
    return "; ".join(parts)


def _field(record: Mapping[str, object], language: str) -> Lines:
    field = _part(record, "emf")
    verdict = tr(f"proposal.verdict.{field.get('verdict')}", language)
    facts = {
        "beam": round(amount(field.get("beam_m"))),
        "averaged": round(amount(field.get("beam_averaged_m"))),
    }
    said = tr("proposal.emf.line", language, **facts)
    return [(tr("proposal.emf", language), f"{verdict}. {said}")]
