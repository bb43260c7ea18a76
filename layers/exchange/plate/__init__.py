"""Maps on paper, drawn without a browser: a view, marks in it, and the SVG they become."""
