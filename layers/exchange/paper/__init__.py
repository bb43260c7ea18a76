"""Official papers: one value, written as DOCX to be edited and as PDF to be sent."""
