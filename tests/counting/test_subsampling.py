import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spacy_domainvec.counting.subsampling import N_DRAWS, is_kept

SHARES = st.floats(0, 1)


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), SHARES), max_size=20))
def test_each_token_is_kept_for_its_share_of_the_draws(tokens):
    chance, share = (np.array([token[i] for token in tokens]) for i in (0, 1))
    n_kept = sum(is_kept(chance, share, draw).astype(int) for draw in range(N_DRAWS))
    for found, wanted in zip(n_kept.tolist(), (share * N_DRAWS).tolist()):
        assert math.floor(wanted) <= found <= math.ceil(wanted)


def test_a_draw_keeps_the_share_of_all_tokens():
    chance = np.random.default_rng(0).random(10_000)
    for draw in range(N_DRAWS):
        assert abs(is_kept(chance, np.full(10_000, 0.3), draw).mean() - 0.3) < 0.02
