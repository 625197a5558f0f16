"""The facts of a scored grouping are those of what was run, not of what was set."""

from lookalike.evaluation.facts import facts, summary

GROUPING = {"method": "kmeans", "kmeans": {"n_init": 5}, "n_clusters": -1, "seed": 0}
VGG = {"backbone": "vgg16", "weights": "finetuned", "size": 96, "engine": "openvino"}
LEVEL = {"level": "medium", "n_clusters": 12, "low": 11, "high": 13}


def test_a_fine_tuned_network_is_told_by_its_own_name():
    found = facts(GROUPING, {"features": VGG}, ["whole"], {"levels": [LEVEL]})
    assert (found["backbone"], found["weights"], found["size"]) == ("vgg16", "finetuned", "96")
    assert found["clusters_asked"] == "estimated: medium 12 (11-13)"


def test_two_networks_side_by_side_are_both_told():
    both = {"base": VGG | {"weights": "imagenet"}, "finetuned": VGG}
    found = facts(GROUPING | {"n_clusters": 7}, both, ["whole", "mirror"], None)
    assert (found["backbone"], found["weights"], found["views"]) == ("vgg16", "imagenet + finetuned", "whole mirror")
    assert found["clusters_asked"] == 7


def test_joined_eyes_are_told_with_their_weights():
    other = {"backbone": "handcrafted", "weights": "", "size": 128, "engine": "numpy", "weight": 0.6}
    found = facts(GROUPING | {"n_clusters": 7}, {"vgg16": VGG | {"weight": 1.0}, "handcrafted": other}, [], None)
    assert (found["backbone"], found["weights"]) == ("vgg16 + 0.6 handcrafted", "finetuned")
    assert found["size"] == "96 + 128"


def test_a_number_left_to_the_method_is_told():
    assert facts(GROUPING, {"features": VGG}, [], None)["clusters_asked"] == "found by the method"


def test_without_labels_the_summary_holds_what_is_defined():
    scores = {"n_clusters": 3, "n_labelled": 0, "silhouette": None, "stability": 0.5}
    assert summary(scores) == "3 groups, no true labels, stability 0.500"
