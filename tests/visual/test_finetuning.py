"""Pictures of fine-tuning: curves of both phases, altered photos, scores before and after, equal for equal input."""

import numpy as np

from lookalike.visual.finetuning import draw_finetuning

HISTORY = [
    {"phase": "head", "loss": 2.0, "accuracy": 0.2, "val_loss": 2.1, "val_accuracy": 0.1},
    {"phase": "head", "loss": 1.5, "accuracy": 0.4},
    {"phase": "all", "loss": 1.0, "accuracy": 0.6, "val_loss": 1.4, "val_accuracy": 0.5},
]
SCORES = {"normalized_mutual_info": 0.5, "adjusted_rand_index": -0.1, "recall_at_1": 0.9}
HOLDOUT = {key: SCORES | {"n_images": 1200, "n_classes": 3} for key in ("before", "after", "both")}


def test_equal_runs_have_equal_pictures(tmp_path, recwarn):
    photos = [[np.full((40, 40, 3), 30 * column, np.uint8) for column in range(4)]] * 2
    made = []
    for folder in (tmp_path / "1", tmp_path / "2"):
        folder.mkdir()
        draw_finetuning(HISTORY, {"samples": (["original", "flip_h", "turn", "crop"], photos)}, HOLDOUT, folder)
        made.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert set(made[0]) == {"curves.png", "samples.png", "holdout.png"}
    assert made[0] == made[1]
    assert not [str(one.message) for one in recwarn.list if one.category is not ResourceWarning]  # of other tests
