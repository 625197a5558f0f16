"""A graph whose nodes that surely belong together are made one, so that it is divided in a small part of the time.

Does not divide it: see communities.py.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

__all__ = ["contract"]


def contract(graph: sparse.csr_matrix, least: float) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Make one node of those that hang together by edges of at least such a weight, in a symmetric graph (n, n).

    Returns the graph (m, m) and the node of it that each of the n became, int (n,). A division of it has the modularity
    of the same division of the graph before: the weight inside a node becomes an edge to a node that hangs on it alone,
    as graspologic's Leiden leaves loops out of the degrees.
    """
    n, heavy = graph.shape[0], graph.copy()
    heavy.data = (graph.data >= least).astype(np.float32)
    heavy.eliminate_zeros()
    n_nodes, owner = connected_components(heavy, directed=False)
    member = sparse.csr_matrix((np.ones(n, np.float32), (owner, np.arange(n))), shape=(n_nodes, n))
    between = (member @ graph @ member.T).tocsr()
    inside = between.diagonal() / 2
    between.setdiag(0)
    between.eliminate_zeros()
    filled = np.flatnonzero(inside)
    hung = sparse.csr_matrix((inside[filled], (filled, np.arange(len(filled)))), shape=(n_nodes, len(filled)))
    return sparse.block_array([[between, hung], [hung.T, None]], format="csr"), owner
