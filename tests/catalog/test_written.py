"""What is written about photos: titles of products, words of paths where these are not the true labels."""

import pytest

from lookalike.catalog import products, written

PATHS = ["train/Red-Shoes/IMG_0001.jpg", "Red-Shoes/DSC01234 boot.v2.jpg", "x.jpg"]


@pytest.mark.parametrize(("column", "title"), [("title", "Red\nShoe"), ("name", "Red\nShoe"), ("maker", "")])
def test_titles_are_of_the_product_on_the_photo(tmp_path, column, title):
    table = tmp_path / "shop.csv"
    table.write_text(f'top_img,{column}\nIMG_0001.jpg,"Red\nShoe"\n', encoding="utf-8")
    products.write(tmp_path, PATHS[:2], table)
    written.write(tmp_path, PATHS[:2], "none")
    assert written.read(tmp_path, PATHS[1::-1], ["products"]) == {"products": ["", title]}


def test_words_of_paths_are_no_numbers_cameras_or_splits():
    lines = [text.split("\n") for text in written.path_words(PATHS)]
    assert lines == [["", "red shoes", ""], ["red shoes", "boot"], [""]]


@pytest.mark.parametrize(("source", "text"), [("csv", "hat"), ("none", "hat"), ("name", ""), ("folder", "")])
def test_true_labels_name_no_group(tmp_path, source, text):
    written.write(tmp_path, ["hat_1.jpg"], source)
    assert written.read(tmp_path, ["hat_1.jpg"], ["paths", "products"]) == {"paths": [text], "products": [""]}


def test_a_catalog_that_does_not_say_names_nothing(tmp_path):
    assert written.read(tmp_path, PATHS, ["paths", "products"]) == {}


def test_words_of_tars_name_nothing():
    assert written.path_words(["shard-000.tar/hats/red.jpg"]) == ["hats\nred"]
