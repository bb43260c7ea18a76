"""`siting --instance`: exactly the five figures; clear sentences for unsound files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from planning.cli.main import main
from tests.facilities import bds


def given(folder, **arrays):
    path = folder / "instance.npz"
    np.savez(path, **arrays)
    return ["siting", "--instance", str(path), "--seconds", "30"]


def told(capsys, words):
    status = main([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_five_figures_and_nothing_else(tmp_path, capsys):
    cover = bds(1_000)
    status, found = told(
        capsys, [*given(tmp_path, ptr=cover.ptr, idx=cover.idx, w=cover.weight), "--k", "10"]
    )
    assert status == 0
    assert list(found) == ["selected", "covered", "upper_bound", "gap", "seconds"]
    hit = np.zeros(1_000, bool)
    for one in found["selected"]:
        hit[cover.idx[cover.ptr[one] : cover.ptr[one + 1]]] = True
    assert found["covered"] == int(cover.weight[hit].sum()) == found["upper_bound"]
    assert found["gap"] == 0.0
    assert len(found["selected"]) == 10


@pytest.mark.parametrize("fixed", [np.array([2]), np.array([False, False, True]), np.array([0, 0, 1])])
def test_locked_candidates_stand_as_indices_or_as_marks(tmp_path, capsys, fixed):
    words = given(tmp_path, ptr=[0, 2, 4, 5], idx=[0, 1, 1, 2, 3], w=[5, 5, 4, 1], fixed=fixed)
    status, found = told(capsys, [*words, "--k", "2"])
    assert (status, found["selected"], found["covered"]) == (0, [2, 0], 11)


@pytest.mark.parametrize(
    ("arrays", "words", "part"),
    [
        ({"w": [1.0, -2.0]}, ["--k", "1"], "điểm 1 có -2"),
        ({"w": [1.0, np.nan]}, ["--k", "1"], "không âm"),
        ({"idx": [0, 7, 1]}, ["--k", "1"], "idx[1] = 7"),
        ({"ptr": [0, 3, 2]}, ["--k", "1"], "tăng dần"),
        ({}, ["--k", "0"], "từ 1 đến 2"),
        ({}, ["--k", "3"], "từ 1 đến 2"),
        ({}, ["--budget", "0.5"], "không đủ cho vị trí nào"),
        ({"fixed": [0, 1]}, ["--budget", "1"], "vượt ngân sách"),
        ({}, [], "số vị trí (k) hoặc ngân sách"),
        ({"w": np.array([None, 1])}, ["--k", "1"], ".npz"),
    ],
)
def test_unsound_files_end_in_a_sentence(tmp_path, capsys, arrays, words, part):
    sound = {"ptr": [0, 2, 3], "idx": [0, 1, 1], "w": [3, 4]}
    status = main([*given(tmp_path, **(sound | arrays)), *words])
    said = capsys.readouterr()
    assert status == 3
    assert part in said.err
    assert said.out == ""


def test_a_file_that_is_no_archive_is_refused(tmp_path, capsys):
    path = tmp_path / "instance.npz"
    path.write_bytes(b"ptr,idx,w\n")
    assert main(["siting", "--instance", str(path), "--k", "1"]) == 3
    assert "instance.npz" in capsys.readouterr().err
    assert main(["siting", "--instance", str(tmp_path / "none.npz"), "--k", "1"]) == 3
