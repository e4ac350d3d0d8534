"""A dense featurizer with domain vectors for Rasa 3. Import it only where Rasa is installed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import DENSE_FEATURIZABLE_ATTRIBUTES, SPACY_DOCS, TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab, create_vocab

from .errors import DomainVectorsError, Errors
from .exchange.read import read_vectors
from .pipeline.extensions import lookup_of
from .pipeline.lookup import VectorLookup
from .table.rows import Rows
from .table.table import VectorTable

POOLING = ("mean", "max")
TABLE, SETTINGS = "table", "settings.json"
# The length of rows, relative to rows of other dense features. A classifier that adds up features
# is influenced most by the longest.
BESIDE_OTHERS = 4.0


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class DomainVecFeaturizer(DenseFeaturizer, GraphComponent):  # type: ignore[misc]
    """Features for each token, its `token._.dvec`, and for the whole message, their mean or maximum.

    After SpacyNLP, with a pipeline that has domain vectors, and SpacyTokenizer, it needs no
    settings. It can be used together with SpacyFeaturizer. With another tokenizer, `vectors` names
    a table or a file of vectors, which is stored in the Rasa model.

    If other dense featurizers come before it, training scales its rows to four times the mean
    length of theirs. Without this, the base's rows can be a hundred times as long and hide the
    domain's rows. Nothing of the base is lost, as the domain's rows contain the base's vectors,
    too.

    vectors: The folder of a table, or a file that `read.read_vectors` takes, such as one of word2vec.
    pooling: "mean" or "max" over the tokens with a vector.
    attr_name: The attr_name of the pipeline's component.
    alias: The alias, as for any featurizer of Rasa.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """The components that must come before it."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The default settings."""
        defaults = DenseFeaturizer.get_default_config()
        return {**defaults, "vectors": None, "pooling": "mean", "attr_name": "dvec"}

    @staticmethod
    def supported_languages() -> list[str] | None:
        """The supported languages: None stands for all."""
        return None

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        storage: ModelStorage,
        resource: Resource,
        table: VectorTable | None = None,
        factor: float = 1.0,
    ) -> None:
        super().__init__(name, config)
        self._storage, self._resource, self._factor = storage, resource, factor
        self._vocab = create_vocab(None, Language.Defaults)
        # Without the base there is nothing that a base's part could be read from.
        own = None if table is None else replace(table, base=None)
        self._lookup = None if own is None else VectorLookup(own, ["ORTH", "LOWER"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "DomainVecFeaturizer":
        """Create the featurizer for training, with the table in `vectors`.

        RAISES: InvalidConfigException.
        """
        cls.validate_config(config)
        try:
            table = _opened(config["vectors"]) if config["vectors"] else None
        except DomainVectorsError as e:
            raise InvalidConfigException(str(e)) from None
        return cls(config, execution_context.node_name, model_storage, resource, table)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "DomainVecFeaturizer":
        """Load the featurizer of a trained model, with its table and factor."""
        with model_storage.read_from(resource) as folder:
            table = VectorTable.from_disk(folder / TABLE) if config["vectors"] else None
            factor = srsly.read_json(folder / SETTINGS)["factor"]
        return cls(config, execution_context.node_name, model_storage, resource, table, factor)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """RAISES: InvalidConfigException for an unknown pooling."""
        if config["pooling"] not in POOLING:
            shown = {"name": "pooling", "value": repr(config["pooling"]), "expected": ", ".join(POOLING)}
            raise InvalidConfigException(str(DomainVectorsError(Errors.DV045.format(**shown))))

    def train(self, training_data: TrainingData) -> Resource:
        """Compute the factor for the length of rows, and store it and the table in the model."""
        self._factor = self._found_factor(training_data.training_examples)
        with self._storage.write_to(self._resource) as folder:
            srsly.write_json(folder / SETTINGS, {"factor": self._factor})
            if self._lookup is not None:
                self._lookup.table.to_disk(folder / TABLE)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the training messages."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add features to the texts and responses of messages. A text without tokens gets none."""
        for message in messages:
            for attribute in DENSE_FEATURIZABLE_ATTRIBUTES:
                sequence = self._rows(message, attribute) * np.float32(self._factor)
                if len(sequence):
                    sentence = self.aggregate_sequence_features(sequence, self._config["pooling"])
                    self.add_features_to_message(sequence, sentence.astype("f"), attribute, message)
        return messages

    def _found_factor(self, messages: list[Message]) -> float:
        total, total_of_others = 0.0, 0.0
        for message in messages:
            others, _ = message.get_dense_features(TEXT)
            if others is not None:
                total += float(np.linalg.norm(self._rows(message, TEXT), axis=1).sum())
                total_of_others += float(np.linalg.norm(others.features, axis=1).sum())
        return BESIDE_OTHERS * total_of_others / total if total and total_of_others else 1.0

    def _rows(self, message: Message, attribute: str) -> np.ndarray:
        """A row for each token of a message, shape (n_tokens, width), float32."""
        words = [token.text for token in message.get(TOKENS_NAMES[attribute]) or []]
        if self._lookup is not None:
            return self._of_words(self._lookup, words, self._vocab)
        doc = message.get(SPACY_DOCS[attribute])
        if doc is None or not words:
            return np.zeros((0, 0), dtype="f")
        try:
            lookup = lookup_of(self._config["attr_name"], doc)
        except DomainVectorsError as e:
            raise InvalidConfigException(Errors.DV085.format(why=e)) from None
        kept = [i for i, token in enumerate(doc) if token.text.strip()]
        if [doc[i].text for i in kept] == words:
            return lookup.vectors(doc)[kept]
        # Another tokenizer was used, or a pattern has split spaCy's tokens.
        return self._of_words(lookup, words, doc.vocab)

    @staticmethod
    def _of_words(lookup: VectorLookup, words: Sequence[str], vocab: Vocab) -> np.ndarray:
        rows = np.zeros((len(words), lookup.width), dtype="f")
        # WhitespaceTokenizer turns an empty message into one empty token.
        kept = [i for i, word in enumerate(words) if word]
        if kept:
            rows[kept] = lookup.vectors(Doc(vocab, words=[words[i] for i in kept]))
        return rows


def _opened(path: str) -> VectorTable:
    """RAISES: DomainVectorsError (DV020 to DV022, DV062, DV066, DV071)."""
    if (Path(path) / "meta.json").is_file() and not (Path(path) / "config.cfg").is_file():
        return VectorTable.from_disk(path)
    found = read_vectors(path)
    return VectorTable(found.words, Rows(found.vectors), np.ones(len(found.words), dtype="i8"))
