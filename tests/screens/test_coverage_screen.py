"""The coverage screen: what the map can show, its legends, the card "why?", and estimates compared."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit_folium
from streamlit.testing.v1 import AppTest

from geo.calibration import Samples
from geo.correction import Correction
from geo.coverage import State
from geo.crs import transform
from geo.link import Obstacle, Profile
from geo.probability import ExpectedPeople
from planning import coverage, runs
from planning.compare import compare
from planning.scenario import CoverageOptions
from planning.workspace import Workspace, open_workspace
from screens import calibrate, figure, legend, overlay, palette, section, state, territory, tiles
from tests import commune

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
LIMIT_S = 180
PLACE = tuple(
    float(value)
    for value in transform(
        commune.WEST_M + 2300, commune.SOUTH_M + 1100, epsg_from=commune.EPSG, epsg_to=4326
    )
)


def draw(name):
    import importlib  # noqa: PLC0415 - AppTest runs this body alone

    from screens.guard import guarded  # noqa: PLC0415 - AppTest runs this body alone

    guarded(importlib.import_module(f"screens.{name}").render)()


def shown(app: AppTest) -> str:
    blocks = (app.header, app.subheader, app.markdown, app.caption, app.info, app.warning, app.error)
    return "\n".join(str(element.value) for block in blocks for element in block)


@pytest.fixture(autouse=True)
def without_a_browser(monkeypatch):
    monkeypatch.setattr(streamlit_folium, "st_folium", lambda *_args, **_kwargs: {"last_clicked": None})


@pytest.fixture(scope="module")
def twice(tmp_path_factory) -> Workspace:
    """A commune estimated as a city first, then as it is, with speed."""
    found = commune.empty(tmp_path_factory.mktemp("coverage") / "twice", population=1200)
    commune.with_ground(found, clutter_m=9)
    rows, points = zip(
        commune.site(1, commune.at(500, 500)),
        commune.site(2, commune.at(1500, 2600)),
        commune.site(3, commune.at(2600, 600), operators="vnpt"),
        strict=True,
    )
    hamlets = [{"id": "T1", "name": "Thôn Đông", "population": 1200}]
    found.store.replace(
        {
            "site": commune.table(list(rows), list(points)),
            "hamlet": commune.table(hamlets, [commune.block(1800, 600, 1000)]),
        }
    )
    for options in (CoverageOptions(cell_m=50, model="uma"), CoverageOptions(cell_m=50, speed=True)):
        coverage.run(found, options, now=NOW)
    return found


def app_of(
    folder: Path, language: str = "vi", *, technical: bool = False, name: str = "coverage", **chosen: object
) -> AppTest:
    """The screen; what is chosen in English is given beforehand, for AppTest words its lists outside it."""
    app = AppTest.from_function(draw, args=(name,), default_timeout=LIMIT_S)
    app.session_state["folder"] = str(folder)
    app.session_state["language"] = language
    app.session_state["technical"] = technical
    for key, value in chosen.items():
        app.session_state[key] = value
    return app.run()


def kind_box(app: AppTest):
    [box] = [box for box in app.selectbox if str(box.key).startswith("coverage_kind")]
    return box


def test_only_what_the_estimate_holds_is_offered(twice):
    found = runs.latest(twice)
    outdoors = tuple(kind for kind in overlay.KINDS if kind != overlay.INDOOR)
    assert overlay.kinds(found, "viettel", technical=False) == outdoors
    assert overlay.kinds(found, "viettel", technical=True) == (*outdoors, overlay.SINR)
    assert overlay.kinds(found, "any", technical=True) == ("level", "state", "probability", "fast")
    assert overlay.kinds(found, "two_or_more", technical=True) == ("state",)
    [before] = [run for run in runs.history(twice) if not run.options.speed]
    assert overlay.kinds(before, "viettel", technical=True) == ("level", "state", "probability", "server")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kind_has_a_map_and_a_legend_in_words(twice, language, monkeypatch):
    styles = []
    real = tiles.url
    monkeypatch.setattr(tiles, "url", lambda path, style: styles.append(style) or real(path, style))
    every = overlay.kinds(runs.latest(twice), "viettel", technical=True)
    assert {"server", "second", "lead", "count"} <= set(every)
    for kind in every:
        chosen = {"coverage_operator": "viettel", f"coverage_kind_{len(every)}": kind}
        app = app_of(twice.folder, language, technical=True, **chosen)
        assert not app.exception
        assert not app.error, shown(app)
        words = shown(app) + "".join(str(one.proto) for one in app.main if one.type == "html")
        assert not re.search(r"\b(class|screen|why|state|model)\.[a-z_]+[._a-z0-9]*", words)
    assert len({repr(style) for style in styles}) >= len(every) - 1  # second and best may have the same masts


@pytest.mark.parametrize("quantity", list(palette.SCALES))
def test_a_class_on_the_map_has_the_colour_of_its_legend(quantity, monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "vi")
    scale, style = palette.SCALES[quantity], palette.of_scale(quantity)
    entries = legend.of_scale(quantity)
    for (lower, colour), entry in zip(scale.classes, entries, strict=False):
        assert entry.colour == colour
        assert not entry.words.startswith("class.")
        drawn = tiles.colour(np.array([[lower / scale.step]]), style)
        assert tuple(drawn[:3, 0, 0]) == tiles.rgba(colour)[:3]
    if scale.unknown is not None:
        drawn = tiles.colour(np.array([[float(scale.unknown)]]), style)
        assert tuple(drawn[:3, 0, 0]) == tiles.rgba(palette.UNKNOWN_COLOUR)[:3]
        assert len(entries) == len(scale.classes) + 1


def test_lands_that_touch_differ_in_colour():
    rng = np.random.default_rng(5)
    seeds = rng.uniform(0, 60, (14, 2))
    rows, cols = np.mgrid[:60, :60]
    land = ((rows[..., None] - seeds[:, 0]) ** 2 + (cols[..., None] - seeds[:, 1]) ** 2).argmin(axis=2)
    touch = territory.borders(land, n_lands=14)
    assert (touch == touch.T).all()
    chosen = territory.paint(touch, n_colours=len(territory.COLOURS))
    for one, other in zip(*np.nonzero(touch), strict=True):
        assert chosen[one] != chosen[other]


def test_too_few_colours_share_where_the_border_is_shortest():
    touch = np.array([[0, 9, 9], [9, 0, 1], [9, 1, 0]])
    assert territory.paint(touch, n_colours=2) == [0, 1, 1]


def test_the_servers_of_an_operator_are_its_own_masts(twice, monkeypatch):
    monkeypatch.setattr(state, "opened", lambda: twice)
    monkeypatch.setattr(state, "language", lambda: "vi")
    found = runs.latest(twice)
    assert set(territory.of_run(found, "viettel").masts) == {"S1", "S2"}
    assert len(set(territory.of_run(found, "viettel").masts.values())) == 2
    assert set(territory.of_run(found, "vnpt").masts) == {"S3"}
    entries, n_left = legend.of_servers(found, "viettel", names={"S1": "Trạm 1", "S2": "Trạm 2"})
    assert {entry.words for entry in entries} >= {"Trạm 1", "Trạm 2"}
    assert n_left == 0


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_place_is_explained_without_radio_words(twice, language):
    assert state.text.tr("why.hint", language) in shown(app_of(twice.folder, language))
    app = app_of(twice.folder, language, coverage_operator="vnpt", why_place=(str(twice.folder), *PLACE))
    assert not app.exception
    assert not app.error, shown(app)
    words = shown(app)
    assert "Trạm 3" in words
    assert "VNPT" in words
    [table] = [one.value for one in app.dataframe]
    assert state.text.tr("why.column.mast", language) in table.columns
    assert state.text.tr("why.column.loss", language) not in table.columns
    assert not re.search(r"dBm|RSRP|EIRP", words), "radio words are for specialists"
    assert not re.search(r"\bwhy\.[a-z_.]+", words)


def test_a_place_may_be_chosen_by_its_name(twice):
    app = app_of(twice.folder)
    app.selectbox(key="map_coverage_place").set_value("Thôn Đông").run()
    _, lon, lat = app.session_state["why_place"]
    assert state.text.number(lat, "vi", digits=5) in shown(app)
    assert math.dist((lon, lat), PLACE) < 0.01


def test_terms_of_the_link_stand_behind_the_technical_switch(twice):
    app = app_of(twice.folder, technical=True)
    app.selectbox(key="map_coverage_place").set_value("Thôn Đông").run()
    [table] = [one.value for one in app.dataframe]
    for name in ("planning", "eirp", "attenuation", "loss", "margin", "model"):
        assert state.text.tr(f"why.column.{name}", "vi") in table.columns


def test_of_two_operators_the_second_strongest_is_explained(twice):
    app = app_of(twice.folder)
    app.selectbox(key="map_coverage_place").set_value("Thôn Đông").run()
    strongest = re.search(r"\*\*(\S+)", shown(app)[shown(app).index("vĩ độ") - 60 :]).group(1)
    app.radio(key="coverage_operator").set_value("two_or_more").run()
    second = re.search(r"\*\*(\S+)", shown(app)[shown(app).index("vĩ độ") - 60 :]).group(1)
    assert {strongest, second} == {"Viettel:", "VNPT"}


def test_a_place_outside_is_refused_in_words(twice):
    app = app_of(twice.folder)
    app.session_state["why_place"] = (str(twice.folder), 105.0, 21.0)
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert "105" in app.error[0].value


def test_two_estimates_are_compared_in_people(twice):
    app = app_of(twice.folder)
    [see] = [box for box in app.selectbox if str(box.key).startswith("history_see")]
    assert len(see.options) == 2
    [other] = [box for box in app.selectbox if str(box.key).startswith("history_compare")]
    other.set_value(next(run.digest for run in runs.history(twice) if run.options.model == "uma")).run()
    assert not app.error, shown(app)
    gained = state.text.tr("class.change.gained", "vi")
    [table] = [one.value for one in app.table if gained in one.value.columns]
    old = next(run for run in runs.history(twice) if run.options.model == "uma")
    told_people = compare(twice, old, runs.latest(twice)).people
    written = [state.text.number(change.gained, "vi") for change in told_people.values()]
    assert list(table[gained]) == written
    assert any(change.gained > 0 for change in told_people.values())
    assert state.text.tr("screen.history.map", "vi", operator="Ít nhất một nhà mạng") in shown(app)


def test_an_older_estimate_can_be_seen_again(twice):
    app = app_of(twice.folder, technical=True)
    old = next(run for run in runs.history(twice) if run.options.model == "uma")
    [see] = [box for box in app.selectbox if str(box.key).startswith("history_see")]
    see.set_value(old.digest).run()
    assert old.digest in shown(app)
    app.radio(key="coverage_operator").set_value("viettel").run()
    assert len(kind_box(app).options) == 4


def test_the_form_recommends_a_model_with_its_reason(twice):
    app = app_of(twice.folder)
    model = app.radio(key="coverage_model")
    assert model.value == "auto"
    assert state.text.tr("screen.coverage.recommended", "vi") in model.options[0]
    assert len(model.options) == 3
    assert state.text.tr("advice.model.flat", "vi", relief=0) in shown(app)
    assert len(app_of(twice.folder, technical=True).radio(key="coverage_model").options) == 5


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_band_and_the_speed_stand_beside_presence(twice, language):
    result = state.gap.run(open_workspace(twice.folder), now=NOW)
    app = app_of(twice.folder, language, name="gap")
    assert not app.error, shown(app)
    title = state.text.tr("screen.gap.expected", language)
    [table] = [one.value for one in app.table if title in one.value.columns]
    assert "–" not in list(table[title])
    reached = state.text.tr("screen.gap.speed.covered", language)
    [fast] = [one.value for one in app.table if reached in one.value.columns]
    assert len(fast) == len(result.speed)
    words = shown(app_of(twice.folder, language, name="start"))
    assert "5G ≥ 100 Mbit/s" in words


def test_the_way_to_any_other_sector_can_be_seen_with_every_term(twice):
    app = app_of(
        twice.folder, technical=True, coverage_operator="viettel", why_place=(str(twice.folder), *PLACE)
    )
    [way] = [box for box in app.selectbox if str(box.key).startswith("why_cell")]
    assert len(way.options) == 6  # three sectors of each of the operator's two masts
    strongest = way.value
    told = shown(app)
    other = next(option for option in way.options if option.startswith("Trạm 1") != ("S1" in strongest))
    way.select(other).run()
    assert not app.error, shown(app)
    assert shown(app) != told
    assert state.text.tr("why.cell.alone", "vi", state="X").split("X")[0].strip("*") in shown(app)
    term = state.text.tr("why.term.value", "vi")
    [table] = [one.value for one in app.table if term in one.value.columns]
    names = ("eirp_dbm", "attenuation_db", "free_space_db", "loss_db", "margin_db", "planning_dbm")
    assert {state.text.tr(f"why.term.{name}", "vi") for name in names} <= set(table.index)


def test_a_mast_is_tried_and_marked_as_not_saved(twice):
    before, language = twice.store.digest("site"), "vi"
    app = app_of(twice.folder, language, whatif_on=True, whatif_mast="S3")
    height = state.text.tr("screen.whatif.height_m", language)
    [field] = [one for one in app.number_input if one.label == height]
    field.set_value(10.0)
    [do] = [one for one in app.button if one.label == state.text.tr("screen.whatif.do", language)]
    do.click().run()
    assert not app.exception
    assert not app.error, shown(app)
    assert state.text.tr("screen.whatif.unsaved", language) in shown(app)
    lost = state.text.tr("class.change.lost", language)
    tables = [one.value for one in app.table if lost in one.value.columns]
    assert len(tables) == 1
    assert len(tables[0]) == 3  # the operator of the mast, any, two or more
    assert twice.store.digest("site") == before


def test_other_models_are_told_in_one_sentence_beside_every_headline(twice):
    run = runs.latest(twice)
    runs.note_spread(twice, run.digest, {"rma": {"any": 0.871}, "p1812": {"any": 0.934}})
    try:
        for name in ("start", "coverage", "gap"):
            assert "**87–93 %**" in shown(app_of(twice.folder, name=name)), name
    finally:
        runs.note_spread(twice, run.digest, {})
    offer = state.text.tr("screen.coverage.spread.do", "vi")
    for name in ("start", "coverage", "gap"):
        assert offer in [button.label for button in app_of(twice.folder, name=name).button], name


def test_measurements_too_few_are_refused_with_the_number_needed(twice, tmp_path):
    folder = tmp_path / "measured"
    shutil.copytree(twice.folder, folder)
    made = open_workspace(folder)
    rows = [
        {"id": f"M{number}", "operator": "viettel", "technology": "5G", "rsrp_dbm": -80.0 - number % 7}
        for number in range(40)
    ]
    points = [commune.at(400 + 50 * number, 900) for number in range(40)]
    made.store.replace({"measurement": commune.table(rows, points)})
    made.store.close()
    app = app_of(folder, coverage_part="calibrate")
    assert "100" in shown(app)
    [do] = [one for one in app.button if one.label == state.text.tr("screen.calibrate.do", "vi")]
    do.click().run()
    for _ in range(300):
        if app.error:
            break
        time.sleep(0.2)
        app.run()
    assert len(app.error) == 1
    assert "100" in app.error[0].value
    assert len(open_workspace(folder).store.read("calibration")) == 0


def test_a_residual_has_the_colour_of_its_class():
    n = 5
    error_db = np.array([12.0, 7.0, 0.0, -7.0, -12.0])
    kept = Samples(
        x_m=np.full(n, commune.WEST_M),
        y_m=np.full(n, commune.SOUTH_M),
        measured_dbm=error_db,
        predicted_dbm=np.zeros(n),
        distance_m=np.full(n, 1000.0),
        clutter_height_m=np.zeros(n),
        age_days=np.zeros(n),
        accuracy_m=np.zeros(n),
    )
    fitted = SimpleNamespace(kept=kept, calibration=SimpleNamespace(correction=Correction(offset_db=-12.0)))
    drawn = [json.loads(one.payload) for one in calibrate.drawings(fitted, epsg=commune.EPSG, after=False)]
    assert {one["colour"]: len(one["points"]) for one in drawn} == dict.fromkeys(
        [colour for _, colour in calibrate.RESIDUALS], 1
    )
    moved = [json.loads(one.payload) for one in calibrate.drawings(fitted, epsg=commune.EPSG, after=True)]
    assert {one["colour"]: len(one["points"]) for one in moved} == {
        calibrate.RESIDUALS[2][1]: 2,  # 12 and 7 dB above, less 12 dB
        calibrate.RESIDUALS[4][1]: 3,
    }


def likely(covered, uncovered, deviation):
    return ExpectedPeople(covered=covered, uncovered=uncovered, unknown=0.0, deviation=deviation)


def test_a_band_is_rounded_outwards_and_never_beyond_the_people(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "vi")
    assert figure.band(likely(28_850, 4_000, 450)) == "27.900–29.800"
    assert figure.band(likely(995, 5, 10)) == "970–1.000"
    assert figure.band(likely(3, 2, 4)) == "0–5"
    assert figure.band(None) == "–"
    assert figure.band(likely(0, 0, 0)) == "–"


def profile(clutter, *, ground=0.0):
    n = len(clutter)
    share = np.linspace(0, 1, n)
    length = 10.0 * (n - 1)
    return Profile(
        x_m=share * length,
        y_m=np.zeros(n),
        distance_m=share * length,
        ground_m=np.full(n, ground),
        clutter_height_m=np.array(clutter, dtype=float),
        bulge_m=np.zeros(n),
        line_m=30.0 + share * (1.5 - 30.0),
        fresnel_m=np.sqrt(0.1 * share * (1 - share) * length),
    )


def told(found):
    return section.told(found, found.obstacle, mast="M", height_m=30.0, receiver_m=1.5)


def test_the_section_is_told_in_words_with_what_is_not_known(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "en")
    blocked = profile([0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0])
    assert "house or tree 12.0 m high, 20 m from the user" in told(blocked)
    assert section.unknown_stretches(blocked) == []
    assert "the ground 10 m from the user" in told(profile([0] * 11))
    gap = profile([0, 0, 0, math.nan, math.nan, 0, 0, 0, 0, 0, 0])
    [stretch] = section.unknown_stretches(gap)
    assert stretch == pytest.approx((25.0, 45.0))
    assert "On 20 m of the way" in told(gap)


def test_the_chart_draws_every_part_on_this_machine_with_vietnamese_numbers(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "vi")
    found = profile([0] * 100 + [15] + [math.nan] * 5 + [0] * 100)
    spec = section.chart(found, found.obstacle, words="lời").to_dict()
    marks = [layer["mark"]["type"] for layer in spec["layer"]]
    assert marks == ["area", "area", "area", "line", "rect", "point"]
    assert spec["usermeta"] == {"embedOptions": {"actions": False}}
    assert spec["description"] == "lời"
    x = spec["layer"][0]["encoding"]["x"]
    assert x["title"] == state.text.tr("why.chart.distance_km", "vi")
    assert "','" in x["axis"]["labelExpr"]
    drawn = section.samples(found)
    assert (drawn["high"] >= drawn["line"]).all()
    assert drawn["top"].max() == 15
    low = profile([0] * 11)
    assert isinstance(low.obstacle, Obstacle)
    assert not section.is_shown(low.obstacle)


def test_the_three_states_have_their_colours():
    style = palette.of_states(palette.STATE_COLOURS)
    assert dict(style.states)[int(State.COVERED)] == tiles.rgba(palette.STATE_COLOURS["covered"])
