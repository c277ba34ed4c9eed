"""Writes arrays with NumPy: python3 arrays.py"""

import numpy as np

w = np.arange(6, dtype="<f8").reshape(2, 3) + 0.5
b = np.array([-1, np.inf, 0.1], "<f8")
cube = np.arange(24, dtype="<f8").reshape(2, 3, 4)
# The header of this shape needs no padding, and gets 64 spaces therefore.
aligned = np.zeros((1,) * 13 + (100,), "<f8")

np.savez("plain.npz", w=w, b=b, cube=cube, aligned=aligned)
np.savez_compressed("compressed.npz", w=w, b=b, cube=cube, aligned=aligned)
np.savez("columns.npz", w=np.asfortranarray(w), b=b, cube=np.asfortranarray(cube), aligned=aligned)
np.savez("big-endian.npz", w=w.astype(">f8"), b=b.astype(">f8"), cube=cube.astype(">f8"), aligned=aligned.astype(">f8"))
np.savez("single.npz", w=w.astype("f4"), b=b.astype("f4"), cube=cube.astype("f4"), aligned=aligned.astype("f4"))
np.savez("half.npz", w=w.astype("f2"), b=b.astype("f2"), cube=cube.astype("f2"), aligned=aligned.astype("f2"))
np.savez("integers.npz", w=w.astype("i8"), b=b, cube=cube, aligned=aligned)
np.savez("pickled.npz", w=np.full((2, 3), None), b=b, cube=cube, aligned=aligned)
np.savez("structure.npz", w=np.zeros((2, 3), [("x", "<f8"), ("y", "<i4")]), b=b, cube=cube, aligned=aligned)
