"""The figures that chapters cite from papers: each is in the ledger with its table, and in the text with its value."""

import re

import pytest

from tests import harness
from workbook.architectures import paper_recipes
from workbook.ledger import figures

CITED = {fact.id: fact for fact in figures.facts()}
PLACE = re.compile(r"\b(tables?|figures?|sections?|page)\b")
SAID = [  # chapter, fact, what the chapter says of it, as a pattern with one group per number
    ("06_alexnet_to_vgg", "A2.top5.five_networks", r"had ([\d.]+) %:\s+that is the average of five networks"),
    ("06_alexnet_to_vgg", "A2.top5.winning_entry", r"entry that won, ([\d.]+) %, averaged seven"),
    ("06_alexnet_to_vgg", "A2.top5.one_network", r"One network\s+alone had ([\d.]+) %"),
    ("06_alexnet_to_vgg", "A2.overlap_gain", r"lowered the top-5 error by ([\d.]+)\s+points"),
    ("06_alexnet_to_vgg", "A3.gain", r"\(new images\): ([\d.]+) points of top-5 error"),
    ("06_alexnet_to_vgg", "A4.top5.six_networks", r"Six of their networks, averaged, came to ([\d.]+) %"),
    ("06_alexnet_to_vgg", "A15.top5.winner_2013", r"won in 2013, with ([\d.]+) %"),
    (
        "06_alexnet_to_vgg",
        "A5.top1.response_norm",
        r"([\d.]+) % top-1 error \(only the likeliest class counts\) without, ([\d.]+) % with",
    ),
    ("07_inception", "A8.steps", r"in ([\d.]+) million steps instead of ([\d.]+) \(figure 3"),
    ("07_inception", "A7.top5.one_crop", r"GoogLeNet \(v1\) \| ([\d.]+) \|"),
    ("07_inception", "A8.top5.one_crop", r"BN-Inception \(v2\) \| ([\d.]+) \|"),
    ("07_inception", "A9.top5.one_crop", r"Inception v3 \| ([\d.]+) \|"),
    ("07_inception", "A10.top5.inception_v4", r"Inception v4 \| ([\d.]+) \|"),
    ("07_inception", "A10.top5.inception_resnet_v2", r"Inception-ResNet v2 \| ([\d.]+) \|"),
    ("08_resnet_densenet", "A11.cifar10", r"([\d.]+) %, against ([\d.]+) % with 110 layers"),
    ("08_resnet_densenet", "A11.top5.ensemble", r"The ensemble's ([\d.]+) % is on the \*test\* set"),
    ("08_resnet_densenet", "A11.top5.vgg", r"VGG's ([\d.]+) % is on the test set"),
    ("09_comparing_architectures", "A9.top5.ensemble_test", r"The ([\d.]+) % often quoted for v3"),
    (
        "09_comparing_architectures",
        "A15.top1.efficientnet_lite0",
        r"published top-1 accuracy, ([\d.]+) %, rests",
    ),
]


@pytest.mark.parametrize(("chapter", "name", "pattern"), SAID, ids=[name for _, name, _ in SAID])
def test_a_chapter_cites_what_the_ledger_says(chapter, name, pattern):
    sentence = re.search(pattern, harness.prose(chapter))
    assert sentence, f"chapter {chapter} does not say so any more"
    value = CITED[name].value
    stated = sorted(value) if isinstance(value, tuple) else [value]
    assert sorted(map(float, sentence.groups())) == stated


def test_a_fact_from_a_paper_names_its_table_or_section():
    papers = [fact for fact in CITED.values() if re.search(r"et al\.|&", fact.source)]
    assert len(papers) > 20
    assert [fact.id for fact in papers if not PLACE.search(fact.source)] == []


def test_measured_errors_are_cited_with_the_set_that_they_were_measured_on():
    for fact in CITED.values():
        if ".top5" in fact.id and not fact.id.startswith("A11."):
            assert "error" in fact.what or fact.what == "the same on the test set, %", fact.id


@pytest.mark.parametrize("name", ["alexnet", "vgg", "resnet"])
def test_the_recipes_rows_are_the_ledgers(name):
    recipe = paper_recipes.recipe(name)
    row = recipe.batch_size, recipe.learning_rate, recipe.momentum, recipe.weight_decay, recipe.dropout
    assert row == CITED[f"A16.{name}"].value


def test_the_recipes_schedules_are_the_ledgers():
    googlenet, v3 = paper_recipes.recipe("googlenet"), paper_recipes.recipe("inception_v3")
    warm = paper_recipes.recipe("resnet110_cifar")
    assert googlenet.every
    assert v3.every
    assert (googlenet.momentum, googlenet.dropout, *googlenet.every) == CITED["A16.googlenet"].value
    row = v3.learning_rate, v3.momentum, v3.epsilon, *v3.every
    assert row == CITED["A16.inception_v3"].value
    assert (warm.learning_rate, *warm.steps[0]) == CITED["A16.resnet110_warm_up"].value


def test_kerass_epsilon_is_the_one_cited():
    import keras

    assert keras.layers.BatchNormalization().epsilon == CITED["A8.epsilon"].value[0]
