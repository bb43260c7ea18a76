"""What the data set holds and lacks, and whom to ask."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning.workspace import Inventory, LayerState
from screens import figure, scene, state


def render() -> None:
    """Draw the list of what to ask for, then the layers."""
    found = state.latest_inventory()
    if scene.extent() is None:
        _asks(found)
    else:
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _asks(found)
        with right:
            drawn = (*scene.ground(), *scene.of_layer("site", label=False), *scene.names())
            scene.show(drawn, key="map_inventory", height_px=300)
    st.subheader(state.tr("screen.dataset.layers"), anchor=False)
    rows = [_row(layer) for layer in found.layers if layer.spec.name != "coverage5g"]
    st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True, height=37 * (len(rows) + 1))


def _asks(found: Inventory) -> None:
    st.subheader(state.tr("screen.dataset.asks"), anchor=False)
    if not found.asks:
        st.markdown(state.md("screen.dataset.nothing_missing"))
    for ask in found.asks:
        words = {
            name: state.tr(key, **ask.facts)
            for name, key in (("what", ask.what_key), ("whom", ask.from_key), ("why", ask.why_key))
        }
        st.markdown("- " + state.md("screen.dataset.ask", **words))


def _row(layer: LayerState) -> dict[str, object]:
    blank = [
        f"{state.tr(f'column.{name}')} ({n})"
        for name, n in sorted(layer.missing.items(), key=lambda item: -item[1])
        if n and layer.n_rows
    ]
    return {
        state.tr("screen.dataset.layer"): state.tr(f"layer.{layer.spec.name}"),
        state.tr("screen.dataset.rows"): layer.n_rows,
        state.tr("screen.dataset.without_place"): layer.n_without_place,
        state.tr("screen.dataset.stale"): layer.n_stale,
        state.tr("screen.dataset.undated"): layer.n_undated,
        state.tr("screen.dataset.assumed"): layer.n_assumed,
        state.tr("screen.dataset.gaps"): ", ".join(blank),
    }
