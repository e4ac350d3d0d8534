"""The names of the files in an output. Higher rooms write them; `kinds` recognizes outputs by them."""

# In every output: its settings, and the sizes and hashes of its other files.
META = "meta.json"
# In a table, and in the counts of one.
WORDS, WORD_COUNTS = "words.json", "counts.npy"
BASE_MATRIX, BASE_CENTRE = "base_matrix.npy", "base_centre.npy"
# In a table.
VECTORS, SCALES = "vectors.npy", "scales.npy"
SUBWORDS, SUBWORD_SCALES = "subwords.npy", "subword_scales.npy"
# Beside a table that was trained.
COUNTS_FOLDER, CHANGES = "counts", "changes.json"
# In the counts of a table. The last two are folders.
SPANS, SPAN_COUNTS, ONCE, ROWS = "spans.json", "span_counts.npy", "once.npy", "rows.npy"
DOMAIN_MATRIX, MAP = "domain_matrix.npy", "map.npy"
PAIRS, CONTEXTS = "pairs", "contexts"
# Beside them, of a table with a teacher.
LESSONS = ("rows", "evidence", "means", "of_rows", "of_own", "of_base")
TAUGHT = tuple(f"taught_{lesson}.npy" for lesson in LESSONS)
# In a comparison.
COMPARED, COMPARED_TEXT, COMPARED_PAGE = "compare.json", "compare.md", "compare.html"
