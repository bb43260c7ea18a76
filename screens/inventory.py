"""What the data set holds and lacks, and whom to ask."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from layers.spec import LayerSpec
from planning import holding, text
from planning.holding import HamletLacks, Holding, Lack
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
    held = {one.layer: one for one in state.remember("holdings", lambda: holding.holdings(state.opened()))}
    rows = [
        _row(layer, held.get(layer.spec.name)) for layer in found.layers if layer.spec.name != "coverage5g"
    ]
    st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True, height=37 * (len(rows) + 1))
    _hamlets(state.remember("hamlet lacks", lambda: holding.by_hamlet(state.opened())))


def _hamlets(hamlets: tuple[HamletLacks, ...]) -> None:
    """What is missing in each hamlet, one line for each who has it."""
    if not hamlets:
        return
    st.subheader(state.tr("screen.dataset.hamlets"), anchor=False)
    rows = []
    for hamlet in hamlets:
        for whom in dict.fromkeys(lack.whom for lack in hamlet.lacks):
            words = _lacks([lack for lack in hamlet.lacks if lack.whom == whom])
            rows.append((hamlet.name, words, _whom(whom)))
    if not rows:
        st.markdown(state.md("screen.dataset.complete"))
        return
    titles = [state.tr(f"screen.dataset.{name}") for name in ("hamlet", "lacks", "whom")]
    st.dataframe(pd.DataFrame(rows, columns=titles), hide_index=True, height=min(420, 35 * (len(rows) + 1)))


def _lacks(lacks: list[Lack]) -> str:
    by_layer: dict[str, list[str]] = {}
    for lack in lacks:
        by_layer.setdefault(lack.layer, []).append(_lack(lack))
    return "; ".join(f"{state.tr(f'layer.{layer}')}: {', '.join(words)}" for layer, words in by_layer.items())


def _lack(lack: Lack) -> str:
    if lack.column is None:
        return state.tr("lack.none")
    title = state.tr("lack.place" if lack.column == "geometry" else f"column.{lack.column}")
    is_counted = lack.layer != "hamlet" and lack.n > 1
    return f"{title} ({text.number(lack.n, state.language())})" if is_counted else title


def _whom(whom: str) -> str:
    is_word = whom in ("hamlet", "police", "operators")
    return state.tr(f"lack.whom.{whom}") if is_word else state.operator_name(whom)


def _days(spec: LayerSpec, held: Holding | None) -> str:
    if held is None or not held.newest:
        return ""
    days = [state.value_text(spec, "as_of", one) for one in dict.fromkeys((held.oldest, held.newest))]
    return " – ".join(days)


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


def _row(layer: LayerState, held: Holding | None) -> dict[str, object]:
    blank = [
        f"{state.tr(f'column.{name}')} ({text.number(n, state.language())})"
        for name, n in sorted(layer.missing.items(), key=lambda item: -item[1])
        if n and layer.n_rows
    ]
    return {
        state.tr("screen.dataset.layer"): state.tr(f"layer.{layer.spec.name}"),
        state.tr("screen.dataset.rows"): layer.n_rows,
        state.tr("screen.dataset.days"): _days(layer.spec, held),
        state.tr("screen.dataset.sources"): ", ".join(held.sources[:3]) if held else "",
        state.tr("screen.dataset.without_place"): layer.n_without_place,
        state.tr("screen.dataset.stale"): layer.n_stale,
        state.tr("screen.dataset.undated"): layer.n_undated,
        state.tr("screen.dataset.assumed"): layer.n_assumed,
        state.tr("screen.dataset.gaps"): ", ".join(blank),
    }
