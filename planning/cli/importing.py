"""Đưa một tệp vào một lớp (bring a file into a layer; all rows or none)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from geo.crs import parse_epsg
from planning import antenna, exchange, raster
from planning.cli.faults import issue_lines, issues_json
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
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--layer", required=True)
    parser.add_argument("--crs", default=None, metavar="N")
    parser.add_argument("--map", action="append", default=[], type=_pair, metavar="col=field", dest="mapping")
    parser.add_argument("--sheet", default=None, help="trang tính hoặc lớp của tệp")
    parser.add_argument("--scheme", default=None, help="cách đọc ảnh lớp phủ: worldcover, nlcd, height, dsm…")
    parser.add_argument("--licence", default="", help="giấy phép của ảnh")
    parser.add_argument("--replace", action="store_true", help="thay cả lớp thay vì thêm dòng")
    parser.add_argument(
        "--update", action="store_true", help="dòng có mã đã biết thì bổ sung vào dòng cũ, ô trống giữ nguyên"
    )
    parser.add_argument("--yes", action="store_true", help="đồng ý với mọi đề xuất")


def _pair(text: str) -> str:
    """A heading and its field; anything else is wrong usage."""
    if "=" not in text:
        raise argparse.ArgumentTypeError(tr("error.mapping_malformed", "vi", text=text))
    return text


def run(options: argparse.Namespace) -> Result:
    """
    Import the file.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    if options.layer == antenna.LAYER:
        return _antenna(options)
    if options.layer in raster.LAYERS:
        return _raster(options)
    done = exchange.import_file(
        open_workspace(options.workspace),
        options.file,
        layer=options.layer,
        epsg=None if options.crs is None else parse_epsg(options.crs),
        mapping=exchange.parse_mapping(options.mapping),
        sheet=options.sheet,
        replace=options.replace,
        confirmed=options.yes,
        now=dt.datetime.now(dt.UTC),
        actor=options.actor,
        update=options.update,
    )
    record = {
        "layer": options.layer,
        "rows": len(done.table),
        "skipped": done.n_skipped,
        "epsg": done.epsg,
        "columns": dict(done.columns),
        "issues": issues_json(done.issues, options.language),
    }
    return (
        0,
        record,
        "\n".join([f"{options.layer}: {len(done.table)}", *issue_lines(done.issues, options.language)]),
    )


def _antenna(options: argparse.Namespace) -> Result:
    kept = antenna.import_file(
        open_workspace(options.workspace), options.file, replace=options.replace or options.yes
    )
    frequency_mhz = kept.pattern.frequency_mhz
    record = {
        "layer": antenna.LAYER,
        "antenna": kept.name,
        "gain_dbi": kept.pattern.gain_dbi,
        "is_gain_unit_stated": kept.pattern.is_gain_unit_stated,
        "frequency_mhz": frequency_mhz,
        "digest": kept.digest,
    }
    facts = {"name": kept.name, "gain": number(kept.pattern.gain_dbi, options.language, digits=1)}
    lines = [tr("cli.antenna.kept", options.language, **facts)]
    if not kept.pattern.is_gain_unit_stated:
        lines.append(tr("cli.antenna.unit", options.language))
    return 0, record, "\n".join(lines)


def _raster(options: argparse.Namespace) -> Result:
    taken = raster.import_file(
        open_workspace(options.workspace),
        options.file,
        layer=options.layer,
        scheme=options.scheme,
        licence=options.licence,
        now=dt.datetime.now(dt.UTC),
    )
    grid = taken.grid
    record = {
        "layer": taken.layer,
        "scheme": taken.scheme,
        "cell_m": grid.cell_m,
        "rows": grid.rows,
        "cols": grid.cols,
        "covered_share": round(taken.covered_share, 4),
        "low": round(taken.low, 2),
        "high": round(taken.high, 2),
        "sha256": taken.sha256,
        "issues": issues_json(taken.issues, options.language),
    }
    facts = {
        "layer": taken.layer,
        "rows": grid.rows,
        "cols": grid.cols,
        "cell": number(grid.cell_m, options.language),
        "covered": number(100 * taken.covered_share, options.language),
    }
    lines = [tr("cli.raster.kept", options.language, **facts), *issue_lines(taken.issues, options.language)]
    return 0, record, "\n".join(lines)
