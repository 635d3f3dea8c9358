"""How a surface reflects: Filament's standard model.

A Lambert lobe and a microfacet lobe with the GGX distribution (Walter et al. 2007), height-correlated Smith masking (Heitz 2014)
and Schlick's Fresnel term; what the microfacet lobe loses between its facets is given back (Kulla and Conty 2017, in Filament's
form), and what it takes is taken from the Lambert lobe, so that no surface reflects more than it receives.
"""

import warp as wp

from diorama.sim.render.raster.lanes import Lanes, Vectors, added, dots, multiplied, roots, scaled, vectors

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

PI = wp.constant(3.14159265)


@wp.struct
class Surfels:
    """Eight lit points: where they are, which way they face, and how they reflect.

    `to_eye` and `normal` are unit vectors, `flat` the mesh's own normal, both on the viewer's side; `albedo` is the Lambert lobe's,
    `f0` the mirror's reflectance face-on and `f90` edge-on; `alpha2` the squared GGX width; `gain` what interreflection between
    facets multiplies the microfacet lobe by; `view_mask` the viewer's half of the Smith term.
    """

    point: Vectors
    to_eye: Vectors
    flat: Vectors
    normal: Vectors
    albedo: Vectors
    f0: Vectors
    gain: Vectors
    f90: Lanes
    roughness: Lanes
    alpha2: Lanes
    no_v: Lanes
    view_mask: Lanes


@wp.func
def view_masks(no_v: Lanes, alpha2: Lanes) -> Lanes:
    """The viewer's half of the height-correlated Smith term, sqrt(no_v^2 (1 - alpha2) + alpha2)."""
    return roots(wp.cw_mul(wp.cw_mul(no_v, no_v), Lanes(1.0) - alpha2) + alpha2)


@wp.func
def lobes(alpha2: Lanes, no_v: Lanes, view_mask: Lanes, no_l: Lanes, half2: Lanes) -> Lanes:
    """GGX distribution times masking over the cosines, from `half2` = |v + l|^2 = 2 + 2 v.l.

    The half vector itself is not needed: n.h = (n.v + n.l) / |v + l|; and one division serves all.
    """
    along = no_v + no_l
    width = wp.cw_mul(wp.cw_mul(along, along), alpha2 - Lanes(1.0)) + half2
    mask = wp.cw_mul(no_l, view_mask) + wp.cw_mul(no_v, roots(wp.cw_mul(wp.cw_mul(no_l, no_l), Lanes(1.0) - alpha2) + alpha2))
    return wp.cw_div(wp.cw_mul(alpha2, wp.cw_mul(half2, half2)), wp.cw_mul(wp.cw_mul(width, width), mask) * (2.0 * PI))


@wp.func
def schlick(half2: Lanes) -> Lanes:
    """(1 - v.h)^5, where v.h = |v + l| / 2."""
    m = wp.max(Lanes(1.0) - roots(half2) * 0.5, Lanes(0.0))
    m2 = wp.cw_mul(m, m)
    return wp.cw_mul(wp.cw_mul(m2, m2), m)


@wp.func
def reflected(s: Surfels, to_light: Vectors, no_l: Lanes) -> Vectors:
    """The share of the irradiance from a direction that leaves towards the viewer, per steradian."""
    half2 = wp.max(dots(s.to_eye, to_light) * 2.0 + Lanes(2.0), Lanes(1.0e-6))
    lobe = lobes(s.alpha2, s.no_v, s.view_mask, no_l, half2)
    m5 = schlick(half2)
    rest = Lanes(1.0) - m5
    edge = wp.cw_mul(s.f90, m5)
    f = vectors(wp.cw_mul(s.f0.x, rest) + edge, wp.cw_mul(s.f0.y, rest) + edge, wp.cw_mul(s.f0.z, rest) + edge)
    f = scaled(multiplied(f, s.gain), lobe)
    return added(vectors(s.albedo.x * (1.0 / PI), s.albedo.y * (1.0 / PI), s.albedo.z * (1.0 / PI)), f)
