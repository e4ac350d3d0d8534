"""Advice: plain sentences by rules, each with the numbers that it rests on.

A rule is a function from a comparison to a sentence, or to None where it has nothing to say.
"""

from collections.abc import Callable, Sequence

from .cautions import OCCURRENCES, how_unrelated, is_unrelated
from .results import Comparison, Interval, Score
from .routes import DOMAIN, ENCODER, FREE, NO_CANDIDATES, ROUTES, TFIDF
from .verdict import (
    Verdict,
    at,
    best_by_halves,
    gain_by_halves,
    gain_of,
    is_better,
    is_worse,
    judged,
    largest_gain,
    row_of,
)
from .wording import ALONE, REST, judgement, listed, points, ranks, share, surely, tested, texts

NOTHING = "No route could be run, so 0 routes can be compared: see why in the table."
# Spearman's rho of the orders of 8 routes by halves and by labels, see tests/benchmarks/label_free.py.
AGREEMENT = {
    "complaints, and questions to a bank, on which the check was tuned": 0.93,
    "product reviews": 0.93,
}
# A fall of Spearman's rho that is told.
FORGOTTEN = 0.02
# A smaller share of rare words is not told.
RARE = 0.01


def advice(found: Comparison) -> list[str]:
    """The sentences, most important first."""
    if found.labels is None:
        return without_labels(found)
    verdict = judged(found)
    if verdict is None:
        return [NOTHING]
    said = [rule(found, verdict) for rule in RULES]
    return [sentence for sentence in said if sentence]


def without_labels(found: Comparison) -> list[str]:
    """What halves of held-out texts tell, and how far that can be trusted."""
    best = best_by_halves(found)
    if best is None or best.halves is None:
        return [NOTHING]
    is_free, gain = best.name in FREE, gain_by_halves(best)
    rank = f"with a mean reciprocal rank of {ranks(best.halves.reciprocal_rank)}"
    said = f"the halves of {best.halves.n_texts:,} held-out texts find each other {rank}"
    of_what = "weighted vectors" if best.halves.to_weighted else "vectors"
    more = f", {ranks(gain)} more than with the base's {of_what}" if gain and not is_free else ""
    more = ", and no route is surely better" if is_free else more or ALONE
    verb = "Keep" if is_free else "Without labels, take"
    correlations = listed([f"{rho:.2f} ({data})" for data, rho in AGREEMENT.items()])
    return [
        f"{verb} '{best.title}': {said}{more}.",
        "How far to trust this: where labels were at hand, the orders of 8 routes by this check and by accuracy had a "
        f"rank correlation of {correlations}. It tells no accuracy, nor whether TF-IDF does as well: --labelled does.",
    ]


def other_subject(found: Comparison, verdict: Verdict) -> str | None:
    """What can be said of a text that is about something else than the labels."""
    words = found.labels.words if found.labels else None
    if not is_unrelated(words):
        return None
    the = "Keep the base: the" if verdict.is_off_topic else "The"
    said = [f"{the} text is about something else than the labels: {how_unrelated(words)}."]
    domain = row_of(found, DOMAIN)
    score = largest_gain(domain) if domain else None
    gain = (score.to_weighted or score.to_base) if score else None
    if score and gain and gain.low > 0:
        given = f"With {score.shots} {texts(score.shots)} a label"
        said.append(f"{given}, 'domain vectors' gain {points(gain)} even so.")
        if score.to_mapped:
            said.append(f"Of these, {points(score.to_mapped)} are vectors learned from it; {REST}.")
    if verdict.is_off_topic:
        said.append("Compare again with text about what the labels are about.")
    return " ".join(said)


def which(found: Comparison, verdict: Verdict) -> str | None:
    """Which route, by how much, and how sure."""
    chosen, score = verdict.chosen, at(verdict.chosen, verdict.shots)
    right = f"{share(score.accuracy)} of {tested(found)} are right"
    given = f"with {score.shots} {texts(score.shots)} a label, {right}"
    if chosen.name == "base":
        return f"Keep the base: {given}.{surely(found, verdict)}"
    if chosen.name == "weighted":
        gain = f", {points(score.to_base)} more than with doc.vector" if score.to_base else ""
        kept = f"Keep the base, its vectors weighted, which needs no training: {given}{gain}."
        return f"{kept}{surely(found, verdict)}"
    if chosen.name == TFIDF:
        more = "more than with the base's weighted vectors"
        gain = f", {points(score.to_weighted)} {more}" if score.to_weighted else ""
        why = "" if verdict.is_off_topic else ", as no vectors are surely better"
        return f"Keep the base, and classify with TF-IDF{why}: {given}{gain}."
    gains = []
    if score.to_weighted:
        gains.append(f"{points(score.to_weighted)} more than with the base's vectors weighted")
    if score.to_base:
        gains.append(f"{points(score.to_base)} more than with doc.vector")
    return f"Take '{chosen.title}': {', '.join([given, *gains])}{'' if gains else ALONE}."


def learned(found: Comparison, verdict: Verdict) -> str | None:
    """How much of the gain is in the vectors learned from the text, by the control."""
    domain = row_of(found, DOMAIN)
    score = at(domain, verdict.shots) if domain else None
    if score is None or score.to_mapped is None or is_unrelated(found.labels.words if found.labels else None):
        return None
    gained = f"Of what 'domain vectors' gain with {score.shots} {texts(score.shots)} a label"
    return f"{gained}, {points(score.to_mapped)} are in the vectors learned from your text; {REST}."


def noise(found: Comparison, verdict: Verdict) -> str | None:
    """What so few test texts can't tell."""
    if verdict.best is verdict.chosen or verdict.is_off_topic or found.labels is None:
        return None
    difference = at(verdict.chosen, verdict.shots).to_best
    if difference is None:
        return None
    turned = Interval(-difference.value, -difference.high, -difference.low)
    gain = f"{points(turned)} with {verdict.shots} {texts(verdict.shots)} a label"
    of_what = f"{tested(found)} and {found.labels.n_draws} draws"
    return f"The gain of '{verdict.best.title}' is within the noise of your {of_what}: {gain}."


def resolution(found: Comparison, verdict: Verdict) -> str | None:
    """The differences that the test texts can show."""
    if found.labels is None:
        return None
    widths = [
        (score.to_best.high - score.to_best.low) / 2
        for route in found.routes
        for score in route.scores
        if score.to_best is not None and score.shots == verdict.shots
    ]
    width = sorted(widths)[len(widths) // 2] if widths else 0.0
    if not width:
        return None
    least = f"smaller than about {100 * width:.1f} points"
    return f"Your {tested(found)} can't tell differences {least} from noise."


def rivals(found: Comparison, verdict: Verdict) -> str | None:
    """Routes that cost more and can't be told from the chosen one, or from which it can't be told."""
    if verdict.best is not verdict.chosen:
        return None
    scored = [route for route in found.routes if route.scores and route.name not in NO_CANDIDATES]
    others = [route for route in scored if route is not verdict.chosen]
    equal = [route.title for route in others if not is_worse(route) and not is_better(route)]
    return f"It can't be told apart from {listed(equal)} on these texts, and costs less." if equal else None


def more_labels_shrink_it(found: Comparison, verdict: Verdict) -> str | None:
    """How the gain changes with the number of texts per label."""
    first, last = verdict.chosen.scores[0], verdict.chosen.scores[-1]
    if verdict.chosen.name in FREE or first is last or not first.to_weighted or not last.to_weighted:
        return None
    small = f"{points(first.to_weighted)} with {first.shots} {texts(first.shots)} a label"
    large = f"{points(last.to_weighted)} with {last.shots}"
    return f"The gain over the base's vectors weighted is {small} and {large}."


def tfidf_from(found: Comparison, verdict: Verdict) -> str | None:
    """From how many texts per label on TF-IDF does as well."""
    scores = next((route.scores for route in found.routes if route.name == TFIDF), [])
    equal: list[Score] = []
    for score in reversed(scores):
        if score.to_best is None or score.to_best.high < 0:
            break
        equal.insert(0, score)
    if verdict.chosen.name == TFIDF or not equal:
        return None
    better = next((score for score in equal if score.to_best and score.to_best.low > 0), None)
    first = better or equal[0]
    given = f"With {first.shots} {texts(first.shots)} a label or more, TF-IDF, which needs no vectors,"
    if better and better.to_best:
        return f"{given} is surely better than '{verdict.best.title}': {points(better.to_best)} more."
    return f"{given} can't be told apart from '{verdict.best.title}': {share(first.accuracy)}."


def costs(found: Comparison, verdict: Verdict) -> str | None:
    """What the chosen route costs."""
    chosen = verdict.chosen
    if chosen.name in FREE or chosen.name == TFIDF:
        return None
    said = []
    if chosen.costs.train_seconds is not None:
        said.append(f"{chosen.costs.train_seconds:,.0f} seconds of training")
    base = row_of(found, "base")
    if base and chosen.costs.megabytes and base.costs.megabytes:
        said.append(f"{chosen.costs.megabytes:,.1f} MB on disk (the base {base.costs.megabytes:,.1f})")
    if base and chosen.costs.microseconds and base.costs.microseconds:
        of_base = f"the base {base.costs.microseconds:.2f}"
        said.append(f"{chosen.costs.microseconds:.2f} microseconds a token ({of_base})")
    return f"It costs {listed(said)}." if said else None


def forgotten(found: Comparison, verdict: Verdict) -> str | None:
    """Whether general English words have lost their similarities."""
    base = row_of(found, "base")
    chosen = verdict.chosen
    if base is None or chosen.name in FREE or not chosen.similarity or not base.similarity:
        return None
    before, after = base.similarity, chosen.similarity
    changes = [f"{name} {before[name]:.3f} to {rho:.3f}" for name, rho in after.items()]
    lost = any(rho < before[name] - FORGOTTEN for name, rho in after.items())
    verb = "forgets part of" if lost else f"loses no more than {FORGOTTEN} of"
    return f"It {verb} the similarities of general English words: {listed(changes)}."


def more_labels(found: Comparison, verdict: Verdict) -> str | None:
    """Whether more labels would help, and more than the route does."""
    scores = verdict.chosen.scores
    rise = scores[-1].to_fewer
    if rise is None:
        return None
    before, last = scores[-2:]
    said = f"from {before.shots} to {last.shots} texts a label, accuracy changes by {points(rise)}"
    gain = gain_of(last)
    if verdict.chosen.name not in FREE and rise.value > gain > 0 and rise.low > 0:
        said += f", where the route gains {100 * gain:.1f}"
    return f"{judgement('labels', rise)}: {said}."


def more_text(found: Comparison, verdict: Verdict) -> str | None:
    """Whether more text would help, by the learning curve."""
    rise = found.text_curve[-1].to_fewer if found.text_curve else None
    if rise is None or verdict.is_off_topic:
        return None
    before, last = found.text_curve[-2:]
    change = f"from {before.n_tokens:,} to {last.n_tokens:,} tokens"
    return f"{judgement('text', rise)}: {change}, 'domain vectors' change by {points(rise)}."


def rare_words(found: Comparison, verdict: Verdict) -> str | None:
    """The words of the labelled texts that the text has too rarely."""
    words = found.labels.words if found.labels else None
    if words is None or words.rare < RARE or verdict.chosen.name in (*FREE, TFIDF):
        return None
    named = listed([f"'{word}'" for word in words.rarest])
    seldom = f"occur fewer than {OCCURRENCES} times in the text, most often {named}"
    of_words = "Of the labelled texts' words without stop words"
    return f"{of_words}, {words.rare:.1%} {seldom}: look for text that has them."


def teacher(found: Comparison, verdict: Verdict) -> str | None:
    """That nothing was learned from a sentence encoder."""
    if verdict.is_off_topic or any(ROUTES[route.name].needs_teacher for route in found.routes):
        return None
    n = sum(plan.needs_teacher for plan in ROUTES.values())
    return f"Not tried: {n} routes with a sentence encoder, which --teacher names."


def encoder(found: Comparison, verdict: Verdict) -> str | None:
    """How far the encoder itself is."""
    scores = next((route.scores for route in found.routes if route.name == ENCODER), [])
    score = next((score for score in scores if score.shots == verdict.shots), None)
    if score is None:
        return None
    there = f"is right for {share(score.accuracy)} with {score.shots} {texts(score.shots)} a label"
    return f"The encoder itself {there}, and has to run for every text."


RULES: Sequence[Callable[[Comparison, Verdict], str | None]] = (
    other_subject,
    which,
    learned,
    noise,
    rivals,
    more_labels_shrink_it,
    resolution,
    tfidf_from,
    costs,
    forgotten,
    more_labels,
    more_text,
    rare_words,
    teacher,
    encoder,
)
