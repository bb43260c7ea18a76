"""Antenna files, good and bad, the gain between their cuts, and tilts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geo.antenna import Pattern, parse, pattern_gain_dbi, table_gain_dbi, tabulate
from geo.beam import Array, codebook, envelope_gain_dbi
from geo.errors import FileError, RangeError
from geo.kernels.field import pattern_db
from layers.exchange import antenna

ANGLES = np.arange(360)
OFF_DEG = (ANGLES + 180) % 360 - 180
HORIZONTAL_DB = np.minimum(12.0 * (OFF_DEG / 65.0) ** 2, 30.0)
VERTICAL_DB = np.minimum(12.0 * ((OFF_DEG - 6.0) / 8.0) ** 2, 30.0)
HEAD = "NAME Sector 65\nFREQUENCY 2600\nGAIN 16 dBi\nTILT ELECTRICAL\nCOMMENT a b c"
FIRST_HORIZONTAL_LINE = 7


def cut(values_db: np.ndarray) -> list[str]:
    return [f"{angle} {value:.4f}" for angle, value in zip(ANGLES, values_db, strict=True)]


def lines(*, head: str = HEAD, sign: float = 1.0) -> list[str]:
    horizontal, vertical = cut(sign * HORIZONTAL_DB), cut(sign * VERTICAL_DB)
    return [*head.split("\n"), "HORIZONTAL 360", *horizontal, "VERTICAL 360", *vertical]


def sector() -> Pattern:
    return parse("\n".join(lines()))


def test_a_file_gives_its_gain_carrier_and_cuts() -> None:
    found = sector()
    assert (found.name, found.gain_dbi, found.frequency_mhz) == ("Sector 65", 16.0, 2600.0)
    assert np.abs(found.horizontal_db - HORIZONTAL_DB).max() <= 5e-5
    assert np.abs(found.vertical_db - VERTICAL_DB).max() <= 5e-5


@pytest.mark.parametrize(
    ("gain", "gain_dbi", "is_stated"),
    [("16 dBi", 16.0, True), ("13.85dBd", 16.0, True), ("13.85 DBD", 16.0, True), ("13.85", 16.0, False)],
)
def test_a_gain_without_unit_is_dbd_and_said_to_be_assumed(
    gain: str, gain_dbi: float, *, is_stated: bool
) -> None:
    found = parse("\n".join(lines(head=HEAD.replace("16 dBi", gain))))
    assert found.gain_dbi == pytest.approx(gain_dbi)
    assert found.is_gain_unit_stated is is_stated


def test_relative_gains_and_windows_line_ends_are_read_alike() -> None:
    turned = parse("\r\n".join(lines(sign=-1.0)) + "\r\n\r\n")
    assert turned.vertical_db.tolist() == sector().vertical_db.tolist()


def replaced(number: int, text: str) -> Callable[[list[str]], list[str]]:
    return lambda given: [*given[: number - 1], text, *given[number:]]


def without(number: int) -> Callable[[list[str]], list[str]]:
    return lambda given: [*given[: number - 1], *given[number:]]


@pytest.mark.parametrize(
    ("spoil", "code", "line"),
    [
        # the 360th line of the horizontal cut is gone: the next heading stands in its place
        (without(FIRST_HORIZONTAL_LINE + 359), "antenna_lines", FIRST_HORIZONTAL_LINE + 359),
        # the last line of the file is gone
        (without(7 + 360 + 360), "antenna_lines", 7 + 360 + 359),
        # a line inside is gone: the angles jump
        (without(FIRST_HORIZONTAL_LINE + 100), "antenna_angle", FIRST_HORIZONTAL_LINE + 100),
        (replaced(FIRST_HORIZONTAL_LINE + 5, "5 nan"), "antenna_number", FIRST_HORIZONTAL_LINE + 5),
        (replaced(FIRST_HORIZONTAL_LINE + 5, "5 inf"), "antenna_number", FIRST_HORIZONTAL_LINE + 5),
        (replaced(FIRST_HORIZONTAL_LINE + 5, "5 1,5"), "antenna_number", FIRST_HORIZONTAL_LINE + 5),
        (replaced(FIRST_HORIZONTAL_LINE + 5, "5 101"), "antenna_number", FIRST_HORIZONTAL_LINE + 5),
        (replaced(FIRST_HORIZONTAL_LINE + 5, "5"), "antenna_number", FIRST_HORIZONTAL_LINE + 5),
        (replaced(FIRST_HORIZONTAL_LINE + 5, "-5 1.5"), "antenna_angle", FIRST_HORIZONTAL_LINE + 5),
        (replaced(FIRST_HORIZONTAL_LINE + 5, "5.5 1.5"), "antenna_angle", FIRST_HORIZONTAL_LINE + 5),
        (replaced(FIRST_HORIZONTAL_LINE + 90, "90 -23"), "antenna_sign", FIRST_HORIZONTAL_LINE + 90),
        (replaced(3, "GAIN high"), "antenna_number", 3),
        (replaced(3, "GAIN 160 dBi"), "antenna_number", 3),
        (replaced(3, "PRICE 16"), "antenna_key_missing", 0),
        (replaced(6, "HORIZONTAL 359"), "antenna_lines", 6),
        (lambda given: given[:366], "antenna_key_missing", 0),
        (lambda given: [*given, "360 0.0"], "antenna_lines", 728),
        (lambda given: [*given, "VERTICAL 360"], "antenna_cut_twice", 728),
        (lambda given: [given[0]], "antenna_key_missing", 0),
    ],
)
def test_a_bad_file_is_refused_with_its_line(
    spoil: Callable[[list[str]], list[str]], code: str, line: int
) -> None:
    with pytest.raises(FileError) as caught:
        parse("\n".join(spoil(lines())))
    assert (caught.value.code, caught.value.facts["line"]) == (code, line)


def test_one_cut_positive_and_the_other_negative_is_refused() -> None:
    mixed = [*lines()[: 6 + 360], *lines(sign=-1.0)[6 + 360 :]]
    with pytest.raises(FileError) as caught:
        parse("\n".join(mixed))
    assert caught.value.code == "antenna_sign"
    assert caught.value.facts["line"] == 6 + 360 + 2


def test_a_pattern_of_wrong_length_or_sign_cannot_be_made() -> None:
    for values in (np.zeros(359), np.full(360, -1.0), np.full(360, np.nan)):
        with pytest.raises(RangeError):
            Pattern(name="", gain_dbi=10.0, horizontal_db=values, vertical_db=np.zeros(360))


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.msi", b"", "file_size"),
        ("a.msi", b"NAME\0", "antenna_binary"),
        ("a.exe", b"NAME x", "antenna_kind"),
        ("a.pln", b"NAME x" + b" " * 1_000_001, "file_size"),
    ],
)
def test_what_is_no_antenna_file_is_refused_unread(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        antenna.read(path)
    assert caught.value.code == code


def test_files_of_makers_with_accents_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.PLN"
    path.write_bytes("\n".join(lines(head=HEAD + "\nMAKE Société")).encode("latin-1"))
    assert antenna.read(path).horizontal_db.tolist() == sector().horizontal_db.tolist()
    with pytest.raises(FileError, match="file_missing"):
        antenna.read(tmp_path / "b.msi")


def test_the_cuts_come_back_exactly() -> None:
    level = Pattern(name="", gain_dbi=16.0, horizontal_db=HORIZONTAL_DB, vertical_db=np.roll(VERTICAL_DB, -6))
    right, down = np.arange(-180, 180), np.arange(-90, 91)
    assert pattern_gain_dbi(level, right, 0.0) == pytest.approx(16.0 - HORIZONTAL_DB[right % 360])
    front = pattern_gain_dbi(level, 0.0, down)
    assert front == pytest.approx(16.0 - level.vertical_db[down % 360])
    behind = pattern_gain_dbi(level, 180.0, down)
    assert behind == pytest.approx(16.0 - level.vertical_db[(180 - down) % 360])


def test_a_separable_antenna_is_near_the_formula_it_was_sampled_from() -> None:
    """Within the main lobe the interpolation equals the sum of both attenuations of TR 38.901."""
    formula = Pattern(
        name="", gain_dbi=16.0, horizontal_db=HORIZONTAL_DB, vertical_db=np.roll(VERTICAL_DB, -6)
    )
    right, down = np.meshgrid(np.arange(-40, 41, 5), np.arange(-8, 9, 2))
    sum_db = HORIZONTAL_DB[right % 360] + formula.vertical_db[down % 360]
    # beside the azimuth the vertical cut is weighed down by the share of the angle
    share = np.abs(right) / 180.0
    allowed_db = share * 30.0 + 1e-9
    found_db = 16.0 - pattern_gain_dbi(formula, right, down)
    assert (np.abs(found_db - sum_db) <= allowed_db).all()
    assert np.abs(found_db - sum_db)[share == 0].max() <= 1e-9


def test_tilts_move_the_beam_where_they_say() -> None:
    found = sector()
    down = np.arange(-90, 91)
    ahead = {
        "file": pattern_gain_dbi(found, 0.0, down),
        "electrical": pattern_gain_dbi(found, 0.0, down, electrical_tilt_deg=4.0),
        "mechanical": pattern_gain_dbi(found, 0.0, down, mechanical_tilt_deg=4.0),
    }
    assert {name: int(down[gain.argmax()]) for name, gain in ahead.items()} == {
        "file": 6,
        "electrical": 10,
        "mechanical": 10,
    }
    back = Pattern(
        name="",
        gain_dbi=0.0,
        horizontal_db=np.zeros(360),
        vertical_db=np.minimum(VERTICAL_DB, VERTICAL_DB[(180 - ANGLES) % 360]),
    )
    # behind, an electrical tilt lowers the lobe and a mechanical one raises it
    assert int(down[pattern_gain_dbi(back, 180.0, down, electrical_tilt_deg=4.0).argmax()]) == 10
    assert int(down[pattern_gain_dbi(back, 180.0, down, mechanical_tilt_deg=4.0).argmax()]) == 2


def test_the_mechanical_tilt_turns_as_the_kernel_of_the_field_does() -> None:
    ones = np.full(360, 7.0)
    rng = np.random.default_rng(5)
    level = Pattern(name="", gain_dbi=0.0, horizontal_db=HORIZONTAL_DB, vertical_db=ones)
    for right, down in rng.uniform((-180, -60), (180, 60), (40, 2)):
        a, d, t = np.radians((right, down, 8.0))
        kernel_db = pattern_db(
            np.cos(d) * np.cos(a),
            np.cos(d) * np.sin(a),
            -np.sin(d),
            np.cos(t),
            np.sin(t),
            0.0,
            65.0,
            1e9,
            0.0,
        )
        share_db = -float(pattern_gain_dbi(level, right, down, mechanical_tilt_deg=8.0))
        # the flat vertical cut adds 7 dB in front and takes 23 dB behind, in proportion to the angle
        phi = np.degrees(
            np.arctan2(np.cos(d) * np.sin(a), np.cos(d) * np.cos(a) * np.cos(t) + np.sin(d) * np.sin(t))
        )
        share = abs(phi) / 180.0
        assert share_db == pytest.approx(max(kernel_db + 7.0 * (1 - share) - 23.0 * share, 0.0), abs=0.02)


def test_a_table_gives_back_any_antenna() -> None:
    rng = np.random.default_rng(2)
    right, down = rng.uniform(-180, 180, 4000), rng.uniform(-30, 60, 4000)
    found = sector()
    table = tabulate(lambda phi, delta: pattern_gain_dbi(found, phi, delta))
    exact = pattern_gain_dbi(found, right, down, mechanical_tilt_deg=3.0)
    assert np.abs(table_gain_dbi(table, right, down, mechanical_tilt_deg=3.0) - exact).max() <= 0.05
    array, beams = Array(n_rows=8, n_columns=8), codebook(right_deg=(-30, 0, 30), down_deg=(6,))
    finer = tabulate(lambda phi, delta: envelope_gain_dbi(array, beams, phi, delta), n_per_deg=4)
    assert finer.shape == (721, 1441)
    near = envelope_gain_dbi(array, beams, right, down)
    lobe = near > near.max() - 15.0
    assert lobe.sum() > 100
    assert np.abs(table_gain_dbi(finer, right, down) - near)[lobe].max() <= 0.05
    corners = table_gain_dbi(table, [-180.0, 180.0, 0.0, 0.0], [0.0, 0.0, -90.0, 90.0])
    assert corners == pytest.approx(pattern_gain_dbi(found, [-180, 180, 0, 0], [0, 0, -90, 90]))
    with pytest.raises(RangeError):
        tabulate(lambda phi, delta: phi + delta, n_per_deg=0)
