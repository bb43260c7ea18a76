"""The Streamlit script: it draws the product and does nothing else."""

from screens import main

main.render()
