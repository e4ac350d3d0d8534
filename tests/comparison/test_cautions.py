import pytest
import spacy
from comparison_tiny import compared, row, small_settings, strange_texts
from conftest import TOPICS, labelled, make_base, make_texts

from spacy_domainvec.build.select import gather
from spacy_domainvec.comparison import cautions
from spacy_domainvec.comparison.ground import Bags, Ground
from spacy_domainvec.comparison.results import Words
from spacy_domainvec.evaluation.labelled import Labelled
from spacy_domainvec.util.jobs import Jobs
from spacy_domainvec.util.progress import no_progress

GERMAN = "das ist nicht die bank mit der ich ein konto hatte und es war auch so wie man es kennt aber"


@pytest.fixture
def ground_of(tmp_path):
    def make(texts, nlp=None):
        (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n")
        settings, nlp, jobs = (
            small_settings(tmp_path / "texts.txt", "tiny"),
            nlp or make_base(),
            Jobs(tmp_path / "work", 1),
        )
        gathered = gather(settings.paths, settings.corpus, settings.vocabulary, nlp, jobs, no_progress)
        return Ground(settings, nlp, gathered, jobs, no_progress)

    return make


def test_test_texts_in_the_training_file():
    train, test = Labelled(["A  b", "c"], ["x", "y"]), Labelled(["a b", "d"], ["x", "y"])
    assert cautions.leaked_into_training(train, test).startswith("1 of 2 test texts appears in the training file")
    assert cautions.leaked_into_training(train, Labelled(["d"], ["x"])) is None


@pytest.mark.slow
def test_test_texts_in_the_corpus(ground_of):
    texts = make_texts(100)
    ground = ground_of(texts)
    said = cautions.leaked_into_corpus(ground, [texts[3].upper(), f" {texts[5]}", "bank1 the", ""], "test")
    assert said.startswith("2 of 4 test texts appear in the corpus")
    assert cautions.leaked_into_corpus(ground, ["bank1 the"], "test") is None
    inside, short = " ".join(texts[7].split()[1:11]), " ".join(texts[7].split()[1:10])
    assert cautions.leaked_into_corpus(ground, [inside, short], "test").startswith("1 of 2 test texts appears in")


def test_labels_that_say_little():
    train = Labelled(["a", "A", "b", "c", "c"], ["x", "y", "x", "z", "x"])
    said = " ".join(cautions.of_labels(train, Labelled(["q", "r"], ["new", "x"])))
    assert "2 of 3 labels have a single text to learn from: 'y', 'z'." in said
    assert "1 test texts have labels that the training file lacks" in said and "'new'" in said
    assert "2 texts of the training file appear there with more than one label" in said
    assert "2 texts of the training file (40.0%) repeat others." in said
    assert "learned from and tested with" in " ".join(cautions.of_labels(train, None))
    assert cautions.of_labels(labelled(5), labelled(5, seed=1)) == []


@pytest.mark.slow
def test_repeated_texts(ground_of):
    texts = make_texts(50)
    assert cautions.repeated(ground_of(texts).gathered.tokens) is None
    said = cautions.repeated(ground_of([*texts, *texts[:10]]).gathered.tokens)
    assert said.startswith("10 of 60 texts of the corpus (16.7%) repeat others")


@pytest.mark.slow
def test_another_language(ground_of):
    said = cautions.foreign(ground_of([GERMAN] * 20).gathered.tokens, spacy.blank("en"))
    assert said.startswith("The corpus looks like 'de', and the base is 'en'")
    assert cautions.foreign(ground_of([GERMAN] * 20).gathered.tokens, spacy.blank("de")) is None
    english = ["it is not the bank that i had an account with and it was also as we know it but"] * 20
    assert cautions.foreign(ground_of(english).gathered.tokens, spacy.blank("en")) is None
    assert cautions.foreign(ground_of(english).gathered.tokens, spacy.blank("xx")) is None


def test_a_small_text(ground_of):
    said = cautions.small(ground_of(make_texts(100)).gathered.tokens)
    assert said.startswith("The corpus has only 2,000 tokens, and ")


@pytest.mark.slow
def test_labels_about_something_else(ground_of):
    nlp = make_base()
    letters = {topic: [f"{topic}{chr(97 + i)}" for i in range(26)] for topic in TOPICS}
    texts = [" ".join(words) for words in letters.values()]
    bags = Bags.of_texts(nlp, [*texts, "Banka banka the"], more=["unused"])
    same, other = (cautions.words_of(ground_of(corpus), bags) for corpus in (texts * 25, strange_texts(20)))
    assert same == Words(frequent=1.0, rare=0.0, rarest=[]) and cautions.unrelated(same) is None
    assert other == Words(frequent=0.0, rare=1.0, rarest=["banka", "bankb", "bankc", "bankd", "banke"])
    said = cautions.unrelated(other)
    assert "are about something else than the corpus" in said and " 0.0% " in said
    # What occurs 20 times in the corpus is not rare, and what it has 3 times is.
    assert cautions.words_of(ground_of(texts * 3), bags).rare == 1.0
    assert cautions.words_of(ground_of(texts * 3), Bags.of_texts(nlp, ["the of 1 2"])) is None
    assert cautions.unrelated(None) is None


@pytest.mark.slow
def test_warnings_and_advice_of_a_corpus_that_has_nothing_to_do_with_the_labels(tmp_path, base_path):
    (tmp_path / "strange.txt").write_text("\n".join(strange_texts()) + "\n")
    nlp = spacy.load(base_path)
    test = labelled(100, seed=1, more=["letters"])
    routes = ["base", "weighted", "domain"]
    found = compared(
        tmp_path / "strange.txt", base_path, tmp_path / "work", labelled(10, more=["letters"]), test, routes, nlp
    )
    assert any("about something else" in sentence for sentence in found.warnings)
    assert found.advice[0].startswith("Keep the base: the text is about something else than the labels")
    assert found.advice[1].startswith("Keep the base")
    # The control is run beside them, to tell what any text would give.
    assert [route.name for route in found.routes] == [*routes, "mapped"]
    assert all(score.to_mapped for score in row(found, "domain").scores)


@pytest.mark.slow
def test_200_random_test_texts_cant_tell(tmp_path, corpus_path, base_path):
    texts = make_texts(240, seed=5)
    labels = ["yes" if i % 2 else "no" for i in range(240)]
    train, test = Labelled(texts[:40], labels[:40]), Labelled(texts[40:], labels[40:])
    routes = ["base", "weighted", "domain"]
    found = compared(corpus_path, base_path, tmp_path / "work", train, test, routes, spacy.load(base_path))
    assert found.advice[0].startswith("Keep the base")
    assert any(sentence.startswith("Your 200 test texts can't tell") for sentence in found.advice)
