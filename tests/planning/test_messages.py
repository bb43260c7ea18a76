"""What goes wrong with a file is told in the user's words, never in those of a parser or of a driver."""

from __future__ import annotations

import ast
import re
import sqlite3
import zipfile
from pathlib import Path

import pytest
import shapely

from layers.catalogue import spec_of
from layers.exchange.convert import Context
from layers.issue import Issue, Severity, reason_code
from planning import data, text
from planning.intake import preview

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = re.compile(
    r"Expecting|delimiter|mismatched|not well-formed|column \d|line \d|malformed|database|unexpected end"
    r"|intersection|outside shell|\bpoint\b|\bpolygon\b|errno|No such file|Permission denied|[a-z]+_[a-z]+",
    re.IGNORECASE,
)


def told(path: Path, layer: str, language: str) -> list[str]:
    shown = preview(path, spec_of(layer), Context(aliases=data.aliases()))
    assert shown.issues
    return [" ".join(text.fault(one, language)) for one in shown.issues]


def broken(folder: Path, kind: str) -> tuple[Path, str]:
    path = folder / f"x.{kind}"
    texts = {
        "geojson": '{"type": "FeatureCollection", "features": [\n{"type": "Feature" "properties": {}}]}',
        "kml": "<kml><Document><Placemark></Document></kml>",
        "gpx": "<gpx><wpt lat='1' lon='2'>&nbsp;</wpt></gpx>",
        "json": '{"type": "FeatureCollection", "features": {}}',
        "csv": 'Tên,Vĩ độ,Kinh độ\n"a,20.8,106.4\nb,20.8,106.4\n',
    }
    if kind == "gpkg":
        sqlite3.connect(path).execute("CREATE TABLE t (a)").connection.close()
        content = bytearray(path.read_bytes())
        content[100:120] = bytes(20)
        path.write_bytes(content)
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.shp", b"\x00\x00\x27\x0a" + bytes(96))
            archive.writestr("a.dbf", b"x")
    elif kind == "xlsx":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr("xl/workbook.xml", "<x>")
    else:
        path.write_text(texts[kind], encoding="utf-8")
    return path, "site"


KINDS = ("geojson", "json", "kml", "gpx", "csv", "gpkg", "zip", "xlsx")


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_file_is_told_without_the_words_of_its_parser(tmp_path: Path, kind: str) -> None:
    path, layer = broken(tmp_path, kind)
    for sentence in told(path, layer, "vi"):
        found = ENGLISH.search(sentence)
        assert found is None, sentence
        assert "…" not in sentence
    assert all("_" not in sentence for sentence in told(path, layer, "en"))


def test_the_line_of_a_broken_file_is_named(tmp_path: Path) -> None:
    path, layer = broken(tmp_path, "geojson")
    shown = preview(path, spec_of(layer), Context(aliases=data.aliases()))
    assert [(one.code, one.row) for one in shown.issues] == [("json_syntax", 2)]
    assert "thiếu dấu phẩy" in told(path, layer, "vi")[0]


def words_in_source() -> set[str]:
    """Every word that the doors give as the detail or the reason of a fault."""
    found = set()
    for path in [*(ROOT / "layers").rglob("*.py")]:
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("issue", "refusal"):
                for keyword in node.keywords:
                    if keyword.arg in ("detail", "reason"):
                        value = keyword.value
                        assert not (isinstance(value, ast.Call) and getattr(value.func, "id", "") == "str"), (
                            path
                        )
                        found |= {value.value} if isinstance(value, ast.Constant) else set()
    tables = ("_JSON_FAULTS", "_XML_FAULTS", "_SYSTEM_WORDS", "_REASONS")
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "layers").rglob("*.py"))
    for table in tables:
        body = source[source.index(f"{table} = ") :]
        end = re.search(r"\n\)\n", body)
        assert end is not None
        found |= set(re.findall(r'"((?:json|xml|system|shape)_[a-z_]+)"', body[: end.end()]))
    return {str(word) for word in found}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_reason_has_its_words(language: str) -> None:
    words = words_in_source()
    assert len(words) > 40
    texts = data.texts(language)
    assert not [word for word in sorted(words) if f"word.{word}" not in texts]


def test_reasons_of_the_geometry_library_become_words_of_the_product() -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    hole = shapely.Polygon([(0, 0), (1, 0), (1, 1)], [[(5, 5), (6, 5), (6, 6)]])
    assert reason_code(shapely.is_valid_reason(bow)) == "shape_crosses"
    assert reason_code(shapely.is_valid_reason(hole)) == "shape_hole_outside"
    assert reason_code("Something new[1 2]") == "shape_broken"


SPOKEN = [
    (
        Issue(
            code="geometry_type",
            severity=Severity.ERROR,
            facts={"found": "point", "expected": "polygon"},
        ),
        "cần vùng, tệp có điểm",
    ),
    (
        Issue(
            code="value_vocabulary",
            severity=Severity.ERROR,
            column="wifi_status",
            facts={"value": "?", "allowed": "yes, no"},
        ),
        "Có, Chưa có",
    ),
    (
        Issue(code="value_inferred", severity=Severity.INFO, column="kind", facts={"value": "market"}),
        "“Chợ”",
    ),
    (Issue(code="value_missing", severity=Severity.ERROR, column="operators"), "“Nhà mạng”"),
    (Issue(code="column_missing", severity=Severity.ASK, facts={"missing": "name"}), "“Tên”"),
]


@pytest.mark.parametrize(("issue", "words"), SPOKEN)
def test_columns_and_values_are_named_as_people_name_them(issue: Issue, words: str) -> None:
    assert words in " ".join(text.fault(issue, "vi"))
