"""A page on a pipeline or a comparison: what is known of its words, charts, and the page as HTML, Markdown and JSON."""
