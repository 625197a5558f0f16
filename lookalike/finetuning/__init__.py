"""The losses, augmentations and optimizers of fine-tuning: tables only, so that importing this costs nothing."""

from dataclasses import dataclass

__all__ = ["AUGMENTATIONS", "LOSSES", "OPTIMIZERS", "Choice", "Loss"]


@dataclass(frozen=True)
class Loss:
    """A loss to fine-tune a backbone with.

    function: where the loss is; head: "dense" (class logits) or "cosine" (cosines to class prototypes); per_class: how
    many photos of a class stand side by side in a batch; summary: for --help.
    """

    function: str
    head: str
    per_class: int
    summary: str


LOSSES = {
    "cosine": Loss("lookalike.finetuning.losses:cosine", "cosine", 1, "softmax of cosines to class prototypes"),
    "supcon": Loss("lookalike.finetuning.losses:supcon", "cosine", 4, "supervised contrastive, with cosine"),
    "proxy_anchor": Loss(
        "lookalike.finetuning.losses:proxy_anchor", "cosine", 1, "pulls and pushes photos by class proxies"
    ),
    "softmax": Loss("lookalike.finetuning.losses:softmax", "dense", 1, "plain classification"),
}


@dataclass(frozen=True)
class Choice:
    """A function by its place, and what it does, for --help."""

    function: str
    summary: str


AUGMENTATIONS = {
    "random": Choice(
        "lookalike.finetuning.augment:random_copy", "mirrored, turned, sheared, zoomed, shifted and tinted"
    ),
    "five": Choice(
        "lookalike.finetuning.augment:one_of_five", "as it is, affine, blurred, mirrored, moved left or right"
    ),
    "none": Choice("lookalike.finetuning.augment:unchanged", "as it is"),
}

OPTIMIZERS = ("sgd", "rmsprop", "adam")
