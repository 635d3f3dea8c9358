"""How a surface reflects: Filament's standard model.

A Lambert lobe and a microfacet lobe with the GGX distribution (Walter et al. 2007), height-correlated Smith masking (Heitz 2014)
and Schlick's Fresnel term; what the microfacet lobe loses between its facets is given back, and what it takes is taken from the
Lambert lobe, so that no surface reflects more than it receives. Above both there may be a clear coat, a second microfacet lobe.
"""

import warp as wp

from diorama.sim.render.raster.lanes import Lanes, Vectors, added, clamped, dots, greater, multiplied, roots, scaled, vectors

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

PI = wp.constant(3.14159265)
#: What a clear coat mirrors face-on: a varnish of refractive index 1.5.
COAT_F0 = wp.constant(0.04)
#: Too small to change any square of a width that is not 0.
_LEAST = wp.constant(1.0e-30)


@wp.struct
class Surfels:
    """Eight points to be lit: where they are, which way they face, and how they reflect.

    `to_eye` and `normal` are unit vectors, `flat` the mesh's own normal, the latter two on the viewer's side; `depth` is the z-depth.
    `albedo` is the Lambert lobe's, `f0` the mirror's reflectance face-on and `f90` edge-on; `alpha2` the squared GGX width; `gain` what
    light between facets multiplies the microfacet lobe by, `mirrored` the share of light from all around that this lobe sends to the
    eye; `view_mask` the viewer's half of its Smith term. `coat` is the clear coat's strength, `coat_mirrored` as `mirrored`.
    `emitted` leaves the surface by itself; `open` is the share of the surroundings that its occlusion texture lets in. `base` is
    the base colour, `opacity` its alpha; of `body`, what light the mirror leaves to what is not metal, the share `transmission` passes.
    """

    point: Vectors
    to_eye: Vectors
    flat: Vectors
    normal: Vectors
    depth: Lanes
    base: Vectors
    albedo: Vectors
    f0: Vectors
    f90: Lanes
    gain: Vectors
    mirrored: Vectors
    roughness: Lanes
    alpha2: Lanes
    no_v: Lanes
    view_mask: Lanes
    coated: int
    coat: Lanes
    coat_roughness: Lanes
    coat_alpha2: Lanes
    coat_mirrored: Lanes
    emitted: Vectors
    open: Lanes
    opacity: Lanes
    body: Lanes
    transmission: Lanes


@wp.struct
class Shares:
    """`grazing` and `total` of `dfg.py` for eight surfaces."""

    grazing: Lanes
    total: Lanes


@wp.func
def view_masks(no_v: Lanes, alpha2: Lanes) -> Lanes:
    """The viewer's half of the height-correlated Smith term, sqrt(no_v^2 (1 - alpha2) + alpha2)."""
    return roots(wp.cw_mul(wp.cw_mul(no_v, no_v), Lanes(1.0) - alpha2) + alpha2)


@wp.func
def lobes(alpha2: Lanes, no_v: Lanes, view_mask: Lanes, no_l: Lanes, half2: Lanes) -> Lanes:
    """GGX distribution times masking over the cosines, from `half2` = |v + l|^2 = 2 + 2 v.l.

    The half vector itself is not needed: n.h = (n.v + n.l) / |v + l|; and one division serves all. Where the light is behind the surface, whose
    `no_l` is 0, the width may be 0 as well, and what comes of it has to be a number.
    """
    along = no_v + no_l
    width = wp.cw_mul(wp.cw_mul(along, along), alpha2 - Lanes(1.0)) + half2
    mask = wp.cw_mul(no_l, view_mask) + wp.cw_mul(no_v, roots(wp.cw_mul(wp.cw_mul(no_l, no_l), Lanes(1.0) - alpha2) + alpha2))
    return wp.cw_div(wp.cw_mul(alpha2, wp.cw_mul(half2, half2)), wp.cw_mul(wp.cw_mul(width, width) + Lanes(_LEAST), mask) * (2.0 * PI))


@wp.func
def schlick(half2: Lanes) -> Lanes:
    """(1 - v.h)^5, where v.h = |v + l| / 2."""
    m = greater(Lanes(1.0) - roots(half2) * 0.5, Lanes(0.0))
    m2 = wp.cw_mul(m, m)
    return wp.cw_mul(wp.cw_mul(m2, m2), m)


@wp.func
def reflected(s: Surfels, to_light: Vectors, no_l: Lanes) -> Vectors:
    """The share of the irradiance from a direction that leaves towards the viewer, per steradian."""
    half2 = greater(dots(s.to_eye, to_light) * 2.0 + Lanes(2.0), Lanes(1.0e-6))
    lobe = lobes(s.alpha2, s.no_v, s.view_mask, no_l, half2)
    m5 = schlick(half2)
    rest = Lanes(1.0) - m5
    edge = wp.cw_mul(s.f90, m5)
    f = vectors(wp.cw_mul(s.f0.x, rest) + edge, wp.cw_mul(s.f0.y, rest) + edge, wp.cw_mul(s.f0.z, rest) + edge)
    f = scaled(multiplied(f, s.gain), lobe)
    out = added(vectors(s.albedo.x * (1.0 / PI), s.albedo.y * (1.0 / PI), s.albedo.z * (1.0 / PI)), f)
    if s.coated == 1:
        fresnel = wp.cw_mul(s.coat, rest * COAT_F0 + m5)
        top = wp.cw_mul(fresnel, lobes(s.coat_alpha2, s.no_v, view_masks(s.no_v, s.coat_alpha2), no_l, half2))
        out = added(scaled(out, Lanes(1.0) - fresnel), vectors(top, top, top))
    return out


@wp.func
def finish(s: Surfels, metallic: Lanes, dielectric: Lanes, shares: Shares, coat_shares: Shares) -> Surfels:
    """Derive what a surfel reflects from its base colour, roughness and normal.

    `dielectric` is the face-on reflectance of what is not metal.
    """
    one = Lanes(1.0)
    s.view_mask = view_masks(s.no_v, s.alpha2)
    plain = one - metallic
    bare = wp.cw_mul(plain, dielectric)
    s.f0 = vectors(bare + wp.cw_mul(s.base.x, metallic), bare + wp.cw_mul(s.base.y, metallic), bare + wp.cw_mul(s.base.z, metallic))
    # A surface that mirrors nothing face-on mirrors nothing at its edges either.
    s.f90 = clamped((s.f0.x + s.f0.y + s.f0.z) * 16.5, 0.0, 1.0)
    lost = wp.cw_div(one, shares.total) - one
    s.gain = vectors(one + wp.cw_mul(s.f0.x, lost), one + wp.cw_mul(s.f0.y, lost), one + wp.cw_mul(s.f0.z, lost))
    edge = wp.cw_mul(s.f90, shares.grazing)
    body = shares.total - shares.grazing
    s.mirrored = multiplied(s.gain, vectors(wp.cw_mul(s.f0.x, body) + edge, wp.cw_mul(s.f0.y, body) + edge, wp.cw_mul(s.f0.z, body) + edge))
    # The Lambert lobe has what the mirror above the dielectric part leaves.
    rim = wp.cw_mul(clamped(dielectric * 49.5, 0.0, 1.0), shares.grazing)
    above = wp.cw_mul(one + wp.cw_mul(dielectric, lost), wp.cw_mul(dielectric, body) + rim)
    s.body = wp.cw_mul(plain, one - above)
    s.albedo = scaled(s.base, wp.cw_mul(s.body, one - s.transmission))
    s.coat_mirrored = wp.cw_mul(s.coat, (coat_shares.total - coat_shares.grazing) * COAT_F0 + coat_shares.grazing)
    return s
