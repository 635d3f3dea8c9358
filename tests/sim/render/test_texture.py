"""Mip levels and lookups against closed forms, computed here in double precision."""

import math

import numpy as np
import pytest
import warp as wp
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.color import linear_from_srgb
from diorama.sim.assets.textures import bake
from diorama.sim.render.looks import Picture
from diorama.sim.render.raster import texture
from diorama.sim.render.raster.texture import (
    Atlas,
    lookup,
    lookup_alpha,
    lookup_anisotropic,
    lookup_data,
    lookup_normal,
    mip_chain,
    roughened,
)
from diorama.sim.spec import ProceduralTexture

LINEAR = np.array([linear_from_srgb(code / 255) for code in range(256)])


@wp.kernel
def colors(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, at: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    out[i] = lookup(texels, entry, at[i][0], at[i][1], at[i][2])


@wp.kernel
def cut_outs(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, at: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec4)):
    i = wp.tid()
    out[i] = lookup_alpha(texels, entry, at[i][0], at[i][1], at[i][2])


@wp.kernel
def data(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, at: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec4)):
    i = wp.tid()
    out[i] = lookup_data(texels, entry, at[i][0], at[i][1], at[i][2])


@wp.kernel
def normals(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, at: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec4)):
    i = wp.tid()
    out[i] = lookup_normal(texels, entry, at[i][0], at[i][1], at[i][2])


@wp.kernel
def smeared(
    texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, at: wp.array(dtype=wp.vec3), right: wp.vec2, down: wp.vec2, out: wp.array(dtype=wp.vec3)
):
    i = wp.tid()
    out[i] = lookup_anisotropic(texels, entry, at[i][0], at[i][1], right, down)


@wp.kernel
def widened(alpha2: wp.array(dtype=float), shortening: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = roughened(alpha2[i], shortening[i])


def seen(kernel, picture, at, *more):
    """What a lookup returns at (n, 3) places (u, v, footprint2)."""
    texels, entries = Atlas("cpu").entries([picture])
    at = np.asarray(at, np.float32).reshape(-1, 3)
    out = wp.zeros(len(at), dtype=wp.vec3 if kernel in (colors, smeared) else wp.vec4, device="cpu")
    wp.launch(
        kernel,
        dim=len(at),
        inputs=[texels, wp.vec4i(*entries[0].tolist()), wp.array(at, dtype=wp.vec3, device="cpu"), *more, out],
        device="cpu",
    )
    return out.numpy().astype(np.float64)


def centres(height, width, level):
    """(u, v, footprint2) of the centres of a level's texels, row by row from the top, where the footprint picks just that level."""
    h, w = height >> level, width >> level
    u, v = np.meshgrid((np.arange(w) + 0.5) / w, 1 - (np.arange(h) + 0.5) / h)
    return np.stack([u, v, np.full_like(u, 4.0**level)], axis=-1)


def blocks(values, level):
    """Means of a (h, w, c) array over squares of 2**level."""
    n = 1 << level
    h, w, c = values.shape
    return values.reshape(h // n, n, w // n, n, c).mean(axis=(1, 3))


def random_image(seed, height, width, channels=3):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), height=st.sampled_from([4, 8, 16]), width=st.sampled_from([4, 8, 32]))
def test_a_level_is_the_mean_light_of_the_image(seed, height, width):
    image = random_image(seed, height, width)
    picture = Picture(slot="base_color", source=image)
    for level in range(int(math.log2(min(height, width))) + 1):
        found = seen(colors, picture, centres(height, width, level)).reshape(height >> level, width >> level, 3)
        # A byte of the square root is 1/255 of it, and each level rounds anew.
        assert np.abs(np.sqrt(found) - np.sqrt(blocks(LINEAR[image], level))).max() < (0.5 + 0.55 * level) / 255 + 1e-6


def test_between_levels_and_texels_the_light_is_blended():
    image = np.zeros((4, 4, 3), np.uint8)
    image[:, 2:] = 255
    picture = Picture(slot="emissive", source=image)
    assert seen(colors, picture, [[0.5, 0.5, 1.0], [0.0, 0.5, 1.0], [0.25, 0.3, 1.0], [-0.75, 7.3, 1.0]])[:, 0] == pytest.approx([0.5, 0.5, 0, 0])
    # Half a level up, at the middle of the dark half: half of the black of the first level, and half of the black of the next.
    assert seen(colors, picture, [[0.25, 0.5, 2.0], [0.25, 0.5, 16.0], [0.25, 0.5, 1e9]])[:, 0] == pytest.approx([0.0, 0.5, 0.5], abs=0.003)
    assert seen(colors, picture, [[0.25, 0.5, 8.0]])[0, 0] == pytest.approx(0.25, abs=0.01)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), slot=st.sampled_from(["metallic_roughness", "occlusion"]))
def test_numbers_are_averaged_as_they_are(seed, slot):
    image = random_image(seed, 8, 16)
    picture = Picture(slot=slot, source=image)
    for level in range(4):
        found = seen(data, picture, centres(8, 16, level)).reshape(8 >> level, 16 >> level, 4)
        assert np.abs(found[..., :3] - blocks(image / 255, level)).max() < 0.501 / 255
        assert (found[..., 3] == 1).all()


# --- alpha ------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_transparent_lends_no_colour(seed):
    image = random_image(seed, 8, 8, 4)
    picture = Picture(slot="base_color", source=image, alpha_cutoff=0.0)
    alpha = image[..., 3:] / 255
    for level in range(4):
        found = seen(cut_outs, picture, centres(8, 8, level)).reshape(8 >> level, 8 >> level, 4)
        mean = blocks(alpha, level)
        assert np.abs(found[..., 3:] - mean).max() < 0.51 / 255
        weight = 2.0**-16 + alpha
        color = blocks(LINEAR[image[..., :3]] * weight, level) / blocks(weight, level)
        assert np.abs(np.sqrt(found[..., :3]) - np.sqrt(color)).max() < 1.1 / 255


def test_leaves_on_nothing_have_no_dark_fringe_at_any_distance():
    """Green discs on transparent black: wherever there is anything to see, it is just as green."""
    y, x = np.mgrid[:64, :64] % 16 - 7.5
    image = np.zeros((64, 64, 4), np.uint8)
    image[np.hypot(x, y) < 5] = 40, 200, 60, 255
    picture = Picture(slot="base_color", source=image, alpha_cutoff=0.5)
    at = np.random.default_rng(0).random((4000, 3)) * [1, 1, 5]
    found = seen(cut_outs, picture, np.column_stack([at[:, :2], 4 ** at[:, 2]]))
    there = found[found[:, 3] > 0.1]
    assert len(there) > 1000
    assert there[:, :3] == pytest.approx(np.broadcast_to(LINEAR[[40, 200, 60]], (len(there), 3)), abs=0.02)


@pytest.mark.parametrize("cutoff", [0.2, 0.5, 0.8])
def test_as_much_stays_at_every_distance(cutoff):
    """Of the mean alphas alone, all would come to reach a low cut-off, and none a high one."""
    image = random_image(3, 64, 64, 4)
    picture = Picture(slot="base_color", source=image, alpha_cutoff=cutoff)
    share = (image[..., 3] >= 255 * cutoff).mean()
    for level in range(5):
        found = seen(cut_outs, picture, centres(64, 64, level))
        assert (found[:, 3] >= cutoff).mean() == pytest.approx(share, abs=0.5 / len(found) + 0.01)
    assert (seen(cut_outs, picture, centres(64, 64, 6))[:, 3] >= cutoff).all()  # and does not vanish at last


def test_alpha_that_does_not_count_is_disregarded():
    image = random_image(7, 8, 8, 4)
    opaque = mip_chain(Picture(slot="base_color", source=np.ascontiguousarray(image[..., :3])))
    ignored = mip_chain(Picture(slot="base_color", source=image))
    assert np.array_equal(opaque[0], ignored[0])
    assert seen(cut_outs, Picture(slot="base_color", source=image), [[0.3, 0.4, 1.0]])[0, 3] == 1


# --- normals ----------------------------------------------------------------------------------------------


def normal_map(directions):
    return np.rint((np.asarray(directions) + 1) * 127.5).astype(np.uint8)


def test_a_flat_normal_map_is_flat():
    found = seen(normals, Picture(slot="normal", source=np.full((4, 4, 3), (128, 128, 255), np.uint8)), centres(4, 4, 0))
    assert found == pytest.approx(np.tile([0, 0, 1, 0], (16, 1)), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_normals_are_averaged_as_vectors_and_their_shortening_is_kept(seed):
    n = np.random.default_rng(seed).normal(0, 0.4, (8, 8, 3)) + [0, 0, 1]
    n /= np.linalg.norm(n, axis=2, keepdims=True)
    image = normal_map(n)
    exact = image / 127.5 - 1
    exact /= np.linalg.norm(exact, axis=2, keepdims=True)
    picture = Picture(slot="normal", source=image)
    for level in range(4):
        found = seen(normals, picture, centres(8, 8, level)).reshape(8 >> level, 8 >> level, 4)
        mean = blocks(exact, level)
        length = np.linalg.norm(mean, axis=2, keepdims=True)
        assert np.abs(found[..., :3] - mean / length).max() < 0.51 / 127
        assert np.abs(np.sqrt(found[..., 3:]) - np.sqrt(np.maximum(1 - length, 0))).max() < 0.51 / 255 + 1e-3


def test_a_corrugated_sheet_seen_from_afar_is_rough():
    """Normals tilted by +a and -a in turn: their mean is cos a long, and the slope's variance is tan(a)^2, along one axis."""
    angle = math.radians(12)
    n = np.zeros((16, 16, 3))
    n[:, ::2], n[:, 1::2] = (math.sin(angle), 0, math.cos(angle)), (-math.sin(angle), 0, math.cos(angle))
    found = seen(normals, Picture(slot="normal", source=normal_map(n)), [[0.5, 0.5, 1e6]])[0]
    assert found[:3] == pytest.approx([0, 0, 1], abs=0.01)
    assert found[3] == pytest.approx(1 - math.cos(angle), rel=0.05)
    out = wp.zeros(3, dtype=float, device="cpu")
    alpha2, shortening = (wp.array(np.array(v, np.float32), device="cpu") for v in ([0.01, 0.5, 0.9], [float(found[3]), 0.0, 0.5]))
    wp.launch(widened, dim=3, inputs=[alpha2, shortening, out], device="cpu")
    # A GGX width squared is twice the variance along an axis; here all of it is along one, so on average over both it is half of tan(a)^2.
    assert out.numpy() == pytest.approx([0.01 + math.tan(angle) ** 2, 0.5, 1.0], rel=0.06)


# --- anisotropy -------------------------------------------------------------------------------------------


def test_a_footprint_as_long_as_wide_is_looked_up_once():
    picture = Picture(slot="base_color", source=random_image(5, 32, 32))
    at = np.random.default_rng(1).random((200, 3))
    for texels in (0.25, 1.0, 3.0, 8.0):
        at[:, 2] = texels**2
        plain = seen(colors, picture, at)
        side = texels / 32
        assert np.array_equal(seen(smeared, picture, at, wp.vec2(side, 0.0), wp.vec2(0.0, side)), plain)
        turned = seen(smeared, picture, at, wp.vec2(0.6 * side, 0.8 * side), wp.vec2(-0.8 * side, 0.6 * side))
        assert turned == pytest.approx(plain, abs=1e-3)


def test_a_long_footprint_blurs_along_itself_and_not_across():
    """Stripes two texels wide, under footprints 16 texels long: gone when it lies across them, sharp when along."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 2::4], image[:, 3::4] = 255, 255
    picture = Picture(slot="base_color", source=image)
    u = (np.arange(64) + 0.5) / 64
    at = np.column_stack([u, np.full(64, 0.37), np.zeros(64)])
    texel = 1 / 64
    along = seen(smeared, picture, at, wp.vec2(texel, 0.0), wp.vec2(0.0, 4 * texel))[:, 0]
    assert along == pytest.approx(image[0, :, 0] / 255, abs=1e-6)
    across = seen(smeared, picture, at, wp.vec2(16 * texel, 0.0), wp.vec2(0.0, texel))[:, 0]
    assert across == pytest.approx(np.full(64, 0.5), abs=0.02)
    isotropic = seen(colors, picture, np.column_stack([at[:, :2], np.full(64, 16.0)]))[:, 0]
    assert np.ptp(isotropic) < 0.05  # what one lookup would show of the stripes lying along


@settings(max_examples=20, deadline=None)
@given(st.floats(1, 4), st.floats(0.5, 8), st.floats(0, 2 * math.pi))
def test_one_colour_stays_itself_under_any_footprint(ratio, width, angle):
    picture = Picture(slot="base_color", source=np.full((16, 16, 3), (30, 130, 230), np.uint8))
    c, s = math.cos(angle) / 16, math.sin(angle) / 16
    found = seen(smeared, picture, [[0.3, 0.4, 0]], wp.vec2(ratio * width * c, ratio * width * s), wp.vec2(-width * s, width * c))
    assert np.sqrt(found[0]) == pytest.approx(np.sqrt(LINEAR[[30, 130, 230]]), abs=1 / 255)


# --- the atlas --------------------------------------------------------------------------------------------


def test_pictures_are_stored_once_for_each_meaning():
    image, recipe = random_image(1, 8, 8), ProceduralTexture(pattern="noise", color_a=(0, 0, 0), color_b=(1, 1, 1))
    pictures = [
        None,
        Picture(slot="base_color", source=image),
        Picture(slot="emissive", source=image),
        Picture(slot="metallic_roughness", source=image),
        Picture(slot="occlusion", source=image),
        Picture(slot="normal", source=image),
        Picture(slot="normal", source=recipe, tile_m=0.1),
        Picture(slot="normal", source=ProceduralTexture(pattern="noise", color_a=(0, 0, 0), color_b=(1, 1, 1)), tile_m=0.1),
    ]
    texels, entries = Atlas("cpu", room_bytes=0).entries(pictures)
    starts = entries[:, 0].tolist()
    assert entries[0].tolist() == [0, 1, 1, 0]
    assert starts[1] == starts[2]
    assert starts[3] == starts[4]
    assert starts[6] == starts[7]
    assert len({starts[k] for k in (1, 3, 5, 6)}) == 4
    assert len(texels) == 3 * (64 + 16 + 4 + 1) + sum(4**k for k in range(9))


def levels_of(texels: wp.array, entry: np.ndarray) -> np.ndarray:
    start, width, height, levels = entry.tolist()
    return texels.numpy()[start : start + sum((width >> k) * (height >> k) for k in range(levels))]


def test_pictures_stay_in_the_atlas_but_not_for_ever(monkeypatch):
    """Those asked for last do, wherever they go, as long as their images live; and who reads the array before is not disturbed."""
    made = []
    monkeypatch.setattr(texture, "mip_chain", lambda picture: made.append(picture) or mip_chain(picture))
    pictures = [Picture(slot="base_color", source=random_image(k, 16, 16)) for k in range(5)]
    chains = [mip_chain(picture)[0] for picture in pictures]
    atlas = Atlas("cpu", room_bytes=4 * len(chains[0]) * 4)
    first, entry = atlas.entries(pictures[:1])
    for asked in ([1], [2], [3, 0], [4, 0], [0], [4], [3], [1, 2]):
        texels, entries = atlas.entries([pictures[k] for k in asked])
        assert all((levels_of(texels, e) == chains[k]).all() for k, e in zip(asked, entries, strict=True))
    assert (levels_of(first, entry[0]) == chains[0]).all()
    # It is full when the last is asked for, and what was asked for longest ago leaves.
    assert [next(k for k, p in enumerate(pictures) if p is one) for one in made] == [0, 1, 2, 3, 4, 3, 1, 2]


def test_an_image_that_is_gone_is_not_taken_for_another():
    atlas = Atlas("cpu")
    for k in range(50):
        # Most often the next array has the last one's id.
        picture = Picture(slot="base_color", source=np.full((4, 4, 3), 5 * k, np.uint8))
        texels, entries = atlas.entries([picture])
        assert (levels_of(texels, entries[0]) == mip_chain(picture)[0]).all()
        del picture


def test_any_size_becomes_powers_of_two_and_keeps_its_alpha():
    image = np.zeros((50, 3000, 4), np.uint8)
    image[:, :1500] = 200, 100, 50, 255
    chain, height, width, levels = mip_chain(Picture(slot="base_color", source=image, alpha_cutoff=0.0))
    assert (height, width, levels) == (64, texture.MAX_SIZE, 7)
    first = chain[: height * width].reshape(height, width)
    assert (first >> 24 == np.where(np.arange(width) < 512, 255, 0)).mean() > 0.99
    half = Picture(slot="base_color", source=image, alpha_cutoff=0.0)
    color = seen(cut_outs, half, [[0.5, 0.5, 1.0], [0.25, 0.5, 1.0]])
    assert color[:, :3] == pytest.approx(np.tile(LINEAR[[200, 100, 50]], (2, 1)), abs=0.01)  # at the edge as well
    assert color[:, 3] == pytest.approx([0.5, 1.0], abs=0.02)


def test_a_procedural_normal_map_is_the_slope_of_its_luminance():
    """Against a spline through the heights; a tile in metres is as wide as high, so the slope is that of the picture in tiles."""
    recipe = ProceduralTexture(pattern="noise", color_a=(0.1, 0.2, 0.3), color_b=(0.9, 0.8, 0.7), frequency=2, seed=8)
    flat = bake(ProceduralTexture(pattern="noise", color_a=(0, 0, 0), color_b=(1, 1, 1), frequency=2, seed=8))
    height = LINEAR[flat[..., 0]] * (0.2126 * 0.8 + 0.7152 * 0.6 + 0.0722 * 0.4) / 50
    du = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * 128
    dv = (np.roll(height, 1, 0) - np.roll(height, -1, 0)) * 128
    n = np.stack([-du, -dv, np.ones_like(du)], axis=-1)
    n /= np.linalg.norm(n, axis=2, keepdims=True)
    assert np.abs(bake(recipe, "normal") / 127.5 - 1 - n).mean() < 0.02
    assert np.abs(n[..., :2]).max() > 0.1
