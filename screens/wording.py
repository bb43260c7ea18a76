"""Streamlit's own words in the language of the session: its uploader, menus and lists know English only."""

from __future__ import annotations

import streamlit as st

from screens import state

UPLOADER = '[data-testid="stFileUploader"]'
MENU = '[data-testid="stDataFrameColumnMenu"]'
ITEM = '[role="menuitem"]'
MENU_ITEMS = ("ascending", "descending", "autosize", "pin", "hide")
"""Entries of a column's menu that open nothing further, in Streamlit's order."""
REPLACED = (
    (f'{UPLOADER} [data-testid="stBaseButton-secondary"] [data-testid="stMarkdownContainer"]', "p", "choose"),
    (f'{UPLOADER} [data-testid="stFileUploaderDropzoneInstructions"]', "*", "drop"),
    ('[data-testid="stSelectboxVirtualDropdown"] [data-empty="true"] [role="option"]', "span", "no_result"),
)
"""Element, what in it is not shown, and the text that stands there instead."""


def sheet() -> str:
    """
    Style sheet that shows our words where Streamlit writes its own.

    Returns
    -------
    sheet
        A ``<style>`` element. Toolbars of tables are left out: their words are English and their download
        knows no sharing level.
    """
    limit_mb = int(st.get_option("server.maxUploadSize"))
    rules = [
        f"{place} > {hidden} {{ display: none; }} {place}::after {{ content: {_quoted(name, n=limit_mb)}; }}"
        for place, hidden, name in REPLACED
    ]
    error = f'{UPLOADER} [role="alert"]'
    rules += [
        '[data-testid="stElementToolbar"], [data-testid="InputInstructions"] { display: none; }',
        f"{error} {{ font-size: 0; }}",
        f"{error}::after {{ font-size: .85rem; content: {_quoted('refused', n=limit_mb)}; }}",
        f"{MENU} {ITEM}[aria-haspopup] {{ display: none; }}",
        f"{MENU} {ITEM} {{ font-size: 0; }} {MENU} {ITEM}::after {{ font-size: .9rem; }}",
    ]
    rules += [
        f"{MENU} {ITEM}:nth-child({number} of {ITEM}:not([aria-haspopup]))::after "
        f"{{ content: {_quoted(name)}; }}"
        for number, name in enumerate(MENU_ITEMS, start=1)
    ]
    return "<style>\n" + "\n".join(rules) + "\n</style>"


def _quoted(name: str, **facts: object) -> str:
    """A text as a string of CSS, harmless within a ``<style>`` element."""
    text = state.tr(f"screen.wording.{name}", **facts)
    safe = "".join(char if char.isalnum() or char in " .,…()" else f"\\{ord(char):x} " for char in text)
    return f'"{safe}"'
