"""Every screen draws, in both languages, empty and filled, and never shows a traceback."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import unicodedata
from pathlib import Path

import pytest
import streamlit_folium
from streamlit.testing.v1 import AppTest

from geo.gap import Figures
from planning import coverage, sample
from planning.scenario import CoverageOptions
from planning.workspace import open_workspace
from screens import assets, figure, state
from tests import commune

SCREENS = ("start", "layer", "coverage", "gap", "dataset")
NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
LIMIT_S = 120


def draw(name):
    import importlib  # noqa: PLC0415 - AppTest runs this body alone

    from screens.guard import guarded  # noqa: PLC0415 - AppTest runs this body alone

    guarded(importlib.import_module(f"screens.{name}").render)()


def shown(app: AppTest) -> str:
    blocks = (
        app.title,
        app.subheader,
        app.markdown,
        app.caption,
        app.success,
        app.warning,
        app.info,
        app.error,
    )
    return "\n".join(str(element.value) for block in blocks for element in block)


@pytest.fixture(autouse=True)
def without_a_browser(monkeypatch):
    monkeypatch.setattr(streamlit_folium, "st_folium", lambda *_args, **_kwargs: {"last_clicked": None})


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """A small commune whose coverage was estimated."""
    folder = tmp_path_factory.mktemp("pages") / "filled"
    found = commune.empty(folder, population=1200)
    commune.with_ground(found)
    rows, points = zip(commune.site(1, commune.at(700, 700)), commune.site(2, None), strict=True)
    hamlets = [
        {"id": f"T{i}", "name": f"Thôn {name}", "population": 600}
        for i, name in enumerate(("Tiên Kiều", "Đông Hạ"))
    ]
    homes = [*commune.houses(600, 600, 5), *commune.houses(2300, 2300, 5)]
    tables = {
        "site": commune.table(list(rows), list(points)),
        "hamlet": commune.table(hamlets, [commune.block(0, 0, 1500), commune.block(1500, 1500, 1500)]),
        "building": commune.table(
            [{"id": f"B{i}", "kind": "house", "height_m": 6.0} for i in range(len(homes))], homes
        ),
        "place": commune.table(
            [{"id": "P1", "name": "NVH <b>1</b>", "kind": "cultural_house"}], [commune.at(620, 620)]
        ),
    }
    found.store.replace(tables)
    coverage.run(found, CoverageOptions(), now=NOW)
    found.store.close()
    return folder


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    """The starter set: a name, and nothing else."""
    folder = tmp_path_factory.mktemp("bare") / "starter"
    sample.make_starter(folder, now=NOW)
    return folder


def app_of(name: str, folder: Path, language: str = "vi") -> AppTest:
    app = AppTest.from_function(draw, args=(name,), default_timeout=LIMIT_S)
    app.session_state["folder"] = str(folder)
    app.session_state["language"] = language
    return app.run()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_draws_a_filled_workspace(filled, name, language):
    app = app_of(name, filled, language)
    assert not app.exception
    assert not app.error, shown(app)
    assert app.title[0].value == state.text.tr(f"screen.{name}.title", language)


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_draws_an_empty_workspace(bare, name):
    app = app_of(name, bare)
    assert not app.exception
    assert not app.error, shown(app)


def test_without_a_workspace_the_start_offers_three_ways(tmp_path, monkeypatch):
    monkeypatch.setenv("HATANGSO_WORKSPACE", str(tmp_path / "none"))
    app = app_of("start", tmp_path / "none")
    assert not app.error
    assert [button.label for button in app.button] == [
        state.text.tr(f"screen.choice.{way}.do", "vi") for way in ("sample", "own", "starter")
    ]


def test_the_starter_set_says_what_to_ask_from_whom(bare):
    words = shown(app_of("dataset", bare))
    assert "Danh sách trạm BTS" in words
    assert "Công an xã" in words


def test_a_workspace_that_is_none_is_told_in_words(tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "workspace.gpkg").write_bytes(b"no database at all" * 100)
    app = app_of("start", folder)
    assert not app.exception
    assert len(app.error) == 1
    assert "Traceback" not in shown(app)
    assert not app.error[0].value.startswith("error.")


def test_something_unforeseen_becomes_a_number_and_no_secret():
    def fail():
        from screens.guard import guarded  # noqa: PLC0415 - AppTest runs this body alone

        @guarded
        def broken() -> None:
            raise RuntimeError("password=hunter2 in /srv/secret")

        broken()

    app = AppTest.from_function(fail).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "hunter2" not in shown(app)
    assert "/srv" not in shown(app)


def test_what_a_file_says_cannot_act_as_markup():
    said = state.plain_md("![x](http://outside/a.png) **b** <script> $x$ :red[y]")
    bare = re.sub(r"\\.", "", said)
    assert not set(bare) & set("![](*<>$:"), bare


def test_searching_a_hamlet_needs_no_accents(filled):
    app = app_of("gap", filled)
    names = [row.name for row in state.gap.run(open_workspace(filled), now=NOW).hamlets]
    app.text_input(key="hamlet_search").set_value(state.text.plain(names[0])).run()
    tables = [table.value for table in app.dataframe]
    title = state.text.tr("screen.gap.hamlet", "vi")
    found = [
        table
        for table in tables
        if title in table.columns and state.text.tr("screen.gap.share", "vi") in table
    ]
    assert list(found[0][title]) == [name for name in names if name == names[0]]


def tables_with(app: AppTest, *titles: str):
    words = {state.text.tr(title, "vi") for title in titles}
    return [table.value for table in app.dataframe if words <= set(table.value.columns)]


def test_the_hamlet_table_of_every_operator_equals_the_json_worst_first(filled):
    answer = state.gap.to_json(state.gap.run(open_workspace(filled), now=NOW))
    app = app_of("gap", filled)
    names = ("people", "share")
    columns = [state.text.tr(f"state.{name}", "vi") for name in ("covered", "uncovered", "unknown")]
    for operator in answer["operators"]:
        app.selectbox(key="gap_operator").set_value(operator).run()
        [table] = tables_with(app, "screen.gap.hamlet", *(f"screen.gap.{name}" for name in names))
        wanted = sorted(
            (
                [-figures["uncovered"], -figures["unknown"], row["name"], figures]
                for row in answer["hamlets"]
                for figures in (row["operators"][operator],)
            ),
            key=lambda row: row[:2],
        )
        assert list(table[state.text.tr("screen.gap.hamlet", "vi")]) == [row[2] for row in wanted]
        for column, name in zip(columns, ("covered", "uncovered", "unknown"), strict=True):
            assert list(table[column]) == [round(row[3][name]) for row in wanted]
        areas = [area for area in answer["areas"] if area["operator"] == operator]
        ranked = tables_with(app, "screen.gap.rank", "screen.gap.reason")
        assert [len(table) for table in ranked] == ([len(areas)] if areas else [])


def test_fibre_that_nobody_knows_is_not_called_zero(filled):
    words = shown(app_of("gap", filled))
    assert state.text.tr("screen.gap.fiber.none", "vi") in words
    assert "0 trong 0" not in words


def test_a_share_of_which_nothing_is_known_is_said_in_words(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "vi")
    nothing = Figures(total=10, covered=0, uncovered=0, unknown=10, assumed=0)
    nobody = Figures(total=10, covered=0, uncovered=10, unknown=0, assumed=0)
    assert figure.served(nothing) == state.text.tr("state.unknown", "vi")
    assert figure.served(nobody) == figure.share(0)


def test_a_click_where_two_masts_stand_asks_which_one(filled, tmp_path):
    folder = tmp_path / "twins"
    shutil.copytree(filled, folder)
    made = open_workspace(folder)
    pairs = [commune.site(number, commune.at(700, 700)) for number in (1, 2)]
    made.store.replace({"site": commune.table([row for row, _ in pairs], [point for _, point in pairs])})
    [first, _] = made.store.read("site").geometry
    made.store.close()
    app = app_of("layer", folder)
    app.session_state["map_layer"] = {
        "last_clicked": {"lat": first.y, "lng": first.x, "reach_m": 10, "zoom": 15}
    }
    app.run()
    assert not app.error, shown(app)
    [choice] = [radio for radio in app.radio if str(radio.key).startswith("layer_pick")]
    assert choice.label == state.text.tr("screen.layer.several", "vi", n=2)
    assert len(choice.options) == 2
    choice.set_value(1).run()
    assert f"Trạm {2}" in shown(app)


def test_texts_of_the_screens_exist_in_both_languages():
    root = Path(state.__file__).parent.parent / "data" / "i18n"
    texts = {
        language: json.loads((root / f"{language}.json").read_text("utf-8")) for language in ("vi", "en")
    }
    keys = {key for key in texts["vi"] if key.startswith("screen.")}
    assert len(keys) > 200
    assert keys == {key for key in texts["en"] if key.startswith("screen.")}
    assert all(texts["vi"][key] == unicodedata.normalize("NFC", texts["vi"][key]) for key in keys)


def test_a_refusal_names_its_code_in_the_language():
    def refuse():
        from geo.errors import NotFoundError  # noqa: PLC0415 - AppTest runs this body alone
        from screens import guard  # noqa: PLC0415 - AppTest runs this body alone

        guard.show(NotFoundError("site_missing"))

    app = AppTest.from_function(refuse).run()
    assert app.error[0].value == state.text.tr("error.site_missing", "vi")


def test_without_map_assets_the_page_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("HATANGSO_WORKSPACE", str(tmp_path / "none"))
    root = Path(__file__).resolve().parents[2]
    said = shown(AppTest.from_file(str(root / "main.py"), default_timeout=LIMIT_S).run())
    assert "make setup" not in said
    monkeypatch.setattr(assets, "missing", lambda: ("leaflet/leaflet.js",))
    said = shown(AppTest.from_file(str(root / "main.py"), default_timeout=LIMIT_S).run())
    assert "make setup" in said


def test_reloading_keeps_the_data_set_that_was_open(filled, tmp_path, monkeypatch):
    monkeypatch.setenv("HATANGSO_WORKSPACE", str(filled.parent / "another"))
    app = AppTest.from_function(draw, args=("dataset",), default_timeout=LIMIT_S)
    app.query_params["bo"] = filled.name
    app.run()
    assert "Xã Thử" in shown(app)
