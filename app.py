"""The one entry: screens, map tiles and map assets in one process. Start with ``streamlit run app.py``."""

import streamlit as st

from screens import routes

app = st.App("main.py", routes=routes.routes(), middleware=routes.middleware())
