"""Give rclip a network and an index without a download: its own architecture with random weights, random vectors.
Run by benchmarks/shell.py with a Python that has rclip and onnx: rclip_index.py PHOTOS, with RCLIP_DATADIR set.

The network is the image half of ViT-B-32 at 256 pixels: the same layers and sizes, so the same cost, and no sense.
Rows are written by rclip's own code, with the times and sizes of the files, so that it finds nothing to do anew.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from rclip import db, model_download
from rclip.utils import helpers

SIDE, PATCH, WIDTH, LAYERS, HEADS, OUT = 256, 32, 768, 12, 12, 512
TOKENS = (SIDE // PATCH) ** 2 + 1


class Graph:
    """An ONNX graph that grows by a node at a time."""

    def __init__(self) -> None:
        self.nodes, self.weights, self.rng = [], [], np.random.default_rng(0)

    def constant(self, array: np.ndarray) -> str:
        """Add an array and return its name."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, *shape: int) -> str:
        """Add random weights and return their name."""
        return self.constant(self.rng.normal(0, 0.02, shape).astype(np.float32))

    def add(self, operation: str, *inputs: str, **options: object) -> str:
        """Add a node and return the name of its result."""
        name = f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **options))
        return name

    def shaped(self, x: str, *shape: int) -> str:
        """Return x in another shape."""
        return self.add("Reshape", x, self.constant(np.array(shape, np.int64)))

    def linear(self, x: str, into: int, out: int) -> str:
        """Return x times weights plus a bias."""
        return self.add("Add", self.add("MatMul", x, self.weight(into, out)), self.weight(out))

    def normal(self, x: str) -> str:
        """Return x with each row of mean 0 and deviation 1, scaled."""
        return self.add("LayerNormalization", x, self.weight(WIDTH), self.weight(WIDTH), axis=-1)

    def attention(self, x: str) -> str:
        """Return what each token takes from the others."""
        heads = self.shaped(self.linear(x, WIDTH, 3 * WIDTH), -1, TOKENS, 3, HEADS, WIDTH // HEADS)
        parts = [self.add("Gather", heads, self.constant(np.array(part)), axis=2) for part in range(3)]
        q, v = (self.add("Transpose", parts[part], perm=[0, 2, 1, 3]) for part in (0, 2))
        scores = self.add("MatMul", q, self.add("Transpose", parts[1], perm=[0, 2, 3, 1]))
        scale = self.constant(np.array((WIDTH // HEADS) ** -0.5, np.float32))
        mixed = self.add("MatMul", self.add("Softmax", self.add("Mul", scores, scale), axis=-1), v)
        return self.linear(
            self.shaped(self.add("Transpose", mixed, perm=[0, 2, 1, 3]), -1, TOKENS, WIDTH), WIDTH, WIDTH
        )


def network() -> onnx.ModelProto:
    """Return the network."""
    graph = Graph()
    patches = graph.add("Conv", "input", graph.weight(WIDTH, 3, PATCH, PATCH), strides=[PATCH, PATCH])
    x = graph.add("Transpose", graph.shaped(patches, -1, WIDTH, TOKENS - 1), perm=[0, 2, 1])
    x = graph.add("Pad", x, graph.constant(np.array([0, 1, 0, 0, 0, 0], np.int64)))  # the token of the whole photo
    x = graph.normal(graph.add("Add", x, graph.weight(TOKENS, WIDTH)))
    for _ in range(LAYERS):
        x = graph.add("Add", x, graph.attention(graph.normal(x)))
        hidden = graph.add("Gelu", graph.linear(graph.normal(x), WIDTH, 4 * WIDTH))
        x = graph.add("Add", x, graph.linear(hidden, 4 * WIDTH, WIDTH))
    whole = graph.add("Gather", x, graph.constant(np.array(0)), axis=1)
    graph.nodes.append(helper.make_node("MatMul", [graph.normal(whole), graph.weight(WIDTH, OUT)], ["output"]))
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
    found = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", OUT])
    made = helper.make_graph(graph.nodes, "visual", [given], [found], graph.weights)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def main() -> None:
    """Write the network, stand-ins of the files that a query by photo does not open, and the index."""
    data, photos = Path(helpers.get_app_datadir()), Path(sys.argv[1]).resolve()
    folder = data / model_download.MODEL_SUBDIR
    for file in (folder / model_download.TEXTUAL_ONNX, data / model_download.TOKENIZER_VOCAB):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    onnx.save(network(), folder / model_download.VISUAL_ONNX)
    rng, index = np.random.default_rng(0), db.DB(data / "db.sqlite3")
    for number, file in enumerate(sorted(photos.rglob("*.*"))):
        vector, stat = rng.normal(size=OUT).astype(np.float32), file.stat()
        unit = (vector / np.linalg.norm(vector)).tobytes()
        row = {"filepath": str(file), "modified_at": stat.st_mtime, "size": stat.st_size, "vector": unit}
        index.upsert_image(db.NewImage(**row, hash=str(number)), commit=False)
    index.close()


if __name__ == "__main__":
    main()
