"""Run lengths against pycocotools, and the shape of annotations."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco_mask

from diorama.sim.annotate import rle


@given(data=st.data())
def test_rle_is_what_pycocotools_makes_of_the_whole_picture(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 30))
    h, w = data.draw(st.integers(0, height)), data.draw(st.integers(0, width))
    x, y = data.draw(st.integers(0, width - w)), data.draw(st.integers(0, height - h))
    bits = data.draw(arrays(np.bool_, (h, w)))
    full = np.zeros((height, width), np.uint8)
    full[y : y + h, x : x + w] = bits
    expected = coco_mask.encode(np.asfortranarray(full))
    assert rle(bits, (x, y), (height, width)) == {"size": [height, width], "counts": expected["counts"].decode()}
