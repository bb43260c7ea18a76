"""Floor 3: the screens. The only package that knows Streamlit, Folium and Starlette."""
