"""Losses of fine-tuning: from the classes, unit embeddings and class scores of a batch to one loss a photo.
The rows of `LOSSES` name these functions; they hold no weights, since the head holds the classes' prototypes."""

from lookalike.networks.quiet import keras

__all__ = ["cosine", "proxy_anchor", "softmax", "supcon"]

MARGIN, SHARPNESS = 0.1, 32.0  # of proxy anchor, as in its paper

Tensor = keras.KerasTensor
ops = keras.ops


def softmax(classes: Tensor, embedding: Tensor, scores: Tensor, *, temperature: float, smoothing: float) -> Tensor:
    """Return the cross-entropy (n,) of logits (n, c), whose targets are smoothed (Szegedy et al. 2016)."""
    targets = ops.one_hot(classes, scores.shape[-1]) * (1 - smoothing) + smoothing / scores.shape[-1]
    return ops.categorical_crossentropy(targets, scores, from_logits=True)


def cosine(classes: Tensor, embedding: Tensor, scores: Tensor, *, temperature: float, smoothing: float) -> Tensor:
    """Return the normalised softmax (n,) of cosines (n, c) to the prototypes (Zhai and Wu 2019)."""
    return softmax(classes, embedding, scores / temperature, temperature=1.0, smoothing=smoothing)


def supcon(classes: Tensor, embedding: Tensor, scores: Tensor, *, temperature: float, smoothing: float) -> Tensor:
    """Return the supervised contrastive loss (n,) of embeddings (n, d) (Khosla et al. 2020), plus `cosine`.

    The second term keeps the prototypes, by which photos are classified, in step with the embedding.
    """
    n = ops.shape(embedding)[0]
    others = 1 - ops.eye(n)
    logits = ops.matmul(embedding, ops.transpose(embedding)) / temperature - 1e9 * ops.eye(n)
    log_share = logits - ops.logsumexp(logits, axis=1, keepdims=True)
    same = ops.cast(ops.equal(classes[:, None], classes[None, :]), embedding.dtype) * others
    contrast = -ops.sum(log_share * same, axis=1) / ops.maximum(ops.sum(same, axis=1), 1)
    return contrast + cosine(classes, embedding, scores, temperature=temperature, smoothing=smoothing)


def proxy_anchor(classes: Tensor, embedding: Tensor, scores: Tensor, *, temperature: float, smoothing: float) -> Tensor:
    """Return the proxy-anchor loss of cosines (n, c) to the prototypes (Kim et al. 2020), the same for all n photos."""
    own = ops.one_hot(classes, scores.shape[-1])
    pull = ops.log1p(ops.sum(ops.exp(-SHARPNESS * (scores - MARGIN)) * own, axis=0))
    push = ops.log1p(ops.sum(ops.exp(SHARPNESS * (scores + MARGIN)) * (1 - own), axis=0))
    present = ops.cast(ops.any(own > 0, axis=0), scores.dtype)
    loss = ops.sum(pull) / ops.maximum(ops.sum(present), 1) + ops.mean(push)
    return loss * ops.ones_like(scores[:, 0])
