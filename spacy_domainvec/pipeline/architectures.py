"""Model architectures with domain vectors, for the configs of `spacy train`."""

from typing import Any

from spacy.ml.featureextractor import FeatureExtractor
from spacy.ml.staticvectors import StaticVectors
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import (
    Dropout,
    HashEmbed,
    LayerNorm,
    Linear,
    Logistic,
    Maxout,
    Model,
    Softmax,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    reduce_max,
    reduce_mean,
    with_array,
)
from thinc.types import Floats2d

from ..errors import DomainVectorsError, Errors
from ..util.compat import growing_output, label_adder
from .layers import TUNED_ROWS, domain_rows, static_domain_vectors

AnyModel = Model[Any, Any]
# The seed of the first table in spaCy's MultiHashEmbed; each further table adds one.
FIRST_SEED = 8


@registry.architectures("spacy_domainvec.MultiHashEmbed.v1")
def multi_hash_embed(
    width: int,
    attrs: list[str | int],
    rows: list[int],
    include_static_vectors: bool,
    include_domain_vectors: bool = True,
    tune: bool = False,
) -> Model[list[Doc], list[Floats2d]]:
    """SpaCy's MultiHashEmbed with domain vectors too, as `embed` of spacy.Tok2Vec.v2.

    Without domain vectors, it has the same layers as `spacy.MultiHashEmbed.v2`.

    width: Width of the output and of each part.
    attrs: The token attributes to embed.
    rows: The number of rows of each attribute's table.
    include_static_vectors: Whether to use the vectors of the vocab.
    include_domain_vectors: Whether to use `token._.dvec`, see `layers.static_domain_vectors`.
    tune: Whether to learn offsets of the domain vectors, see `layers.domain_rows`.
    RETURNS: A model from docs to arrays of shape (n_tokens, width), float32.
    RAISES: DomainVectorsError (DV083) if attrs and rows have different lengths.
    """
    if len(rows) != len(attrs):
        raise DomainVectorsError(Errors.DV083.format(n_attrs=len(attrs), n_rows=len(rows)))
    tables: list[AnyModel] = [
        HashEmbed(width, n, column=i, seed=FIRST_SEED + i, dropout=0.0) for i, n in enumerate(rows)
    ]
    features: list[AnyModel] = [FeatureExtractor(attrs), list2ragged(), with_array(concatenate(*tables))]
    vectors: list[AnyModel] = [StaticVectors(width, dropout=0.0)] if include_static_vectors else []
    if include_domain_vectors:
        vectors.append(static_domain_vectors(width, tune=tune))
    embedded = [concatenate(chain(*features), *vectors)] if vectors else features
    concatenated_width = width * (len(tables) + len(vectors))
    mixed: AnyModel = with_array(Maxout(width, concatenated_width, nP=3, dropout=0.0, normalize=True))
    return chain(*embedded, mixed, ragged2list())


@registry.architectures("spacy_domainvec.TextCatDvec.v1")
def text_cat_dvec(
    exclusive_classes: bool,
    hidden_width: int | None = 300,
    use_reduce_max: bool = False,
    tune: bool = False,
    tuned_rows: int = TUNED_ROWS,
    attr_name: str = "dvec",
    nO: int | None = None,
) -> Model[list[Doc], Floats2d]:
    """A text classifier on the mean of a Doc's domain vectors, for data with few texts per label.

    exclusive_classes: Whether a text has exactly one label, as for `textcat`, or any number, as for
        `textcat_multilabel`.
    hidden_width: Width of the hidden layer; None for no such layer.
    use_reduce_max: Whether to concatenate the maximum of each dimension to the mean.
    tune: Whether to learn offsets of the vectors, see `layers.domain_rows`.
    tuned_rows: The number of the table's most frequent rows that have an offset.
    attr_name: The setting `attr_name` of the component `domain_vectors`.
    nO: The number of labels, set by the text classifier.
    RETURNS: A model from docs to scores, shape (n_docs, nO), float32.
    RAISES: DomainVectorsError (DV045); see also `layers.static_domain_vectors`.
    """
    if hidden_width is not None and hidden_width < 1:
        given = {"name": "hidden_width", "value": hidden_width}
        raise DomainVectorsError(Errors.DV045.format(**given, expected="a number from 1, or null"))
    rows = domain_rows(tune=tune, tuned_rows=tuned_rows, attr_name=attr_name)
    pooled = concatenate(reduce_mean(), reduce_max()) if use_reduce_max else reduce_mean()
    # The mean of a long text is a short vector; only its direction matters.
    layers: list[AnyModel] = [rows, pooled, LayerNorm(), Dropout(0.0)]
    if hidden_width is not None:
        layers.append(Maxout(hidden_width, nP=3, dropout=0.0, normalize=True))
    output: AnyModel = Softmax(nO) if exclusive_classes else Linear(nO)
    growing: AnyModel = growing_output(output, exclusive_classes)
    layers.append(growing)
    if not exclusive_classes:
        layers.append(Logistic())
    model: Model[list[Doc], Floats2d] = chain(*layers)
    if nO is not None:
        model.set_dim("nO", nO)
    model.set_ref("output_layer", output)
    model.attrs["multi_label"] = not exclusive_classes
    model.attrs["resize_output"] = label_adder(growing)
    return model
