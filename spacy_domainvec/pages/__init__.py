"""A page on a pipeline or a comparison: its words and charts, as HTML, Markdown and JSON."""
