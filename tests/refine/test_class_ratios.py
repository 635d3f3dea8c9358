"""Ratios of what a network sees, and how sure they are."""

import numpy as np
import pytest

from diorama.refine.class_ratios import ious, ratios


def test_intersections_over_unions():
    """Of three pixels of each class, two are right: 2 / (3 + 3 - 2)."""
    assert ious(np.array([[2, 1], [1, 2]])).tolist() == [0.5, 0.5]
    assert ious(np.array([[[4, 0], [0, 0]], [[1, 0], [1, 0]]])).tolist() == [[1, 0], [0.5, 0]]


def test_a_class_that_is_worse_everywhere_is_known_to_be():
    before = np.tile([[90, 10], [10, 90]], (20, 1, 1))
    after = np.tile([[90, 10], [20, 80]], (20, 1, 1))
    ratio, upper = ratios(before, after)
    assert ratio == pytest.approx([(90 / 120) / (90 / 110), (80 / 110) / (90 / 110)])
    assert upper == pytest.approx(ratio)


def test_a_class_that_hangs_on_one_picture_of_many_is_not():
    before = np.tile([[90, 0], [0, 10]], (20, 1, 1))
    after = before.copy()
    after[3] = [[90, 0], [10, 0]]
    ratio, upper = ratios(before, after)
    assert ratio[1] == pytest.approx(0.95)
    assert upper[1] == 1
    whole = ratios(before, np.tile([[90, 0], [1, 9]], (20, 1, 1)))[1]
    assert whole[1] == pytest.approx(0.9)


def test_the_end_of_the_interval_is_that_of_the_normal_distribution_where_there_are_many():
    """Of n pictures, each loses its object by chance: the share that is left has a standard error that is known."""
    rng, count, share = np.random.default_rng(0), 2000, 0.8
    before = np.tile([[0, 0], [0, 10]], (count, 1, 1))
    kept = rng.random(count) < share
    after = np.where(kept[:, None, None], before, [[0, 0], [10, 0]])
    ratio, upper = ratios(before, after)
    assert upper[1] - ratio[1] == pytest.approx(1.96 * (share * (1 - share) / count) ** 0.5, rel=0.2)


def test_a_class_that_is_not_there_has_no_ratio():
    ratio, upper = ratios(np.tile([[5, 0], [0, 0]], (3, 1, 1)), np.tile([[5, 0], [0, 0]], (3, 1, 1)))
    assert np.isnan([ratio[1], upper[1]]).all()
    assert upper[0] == 1
