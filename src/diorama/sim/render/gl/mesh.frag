#version 330 core
#extension GL_ARB_shading_language_420pack : require
// What a surface sends towards the camera: linear radiance, and its opacity.
//
// The vertex shader is pyrender's mesh.vert, and so are the names of what its renderer provides. In place of its own fragment
// shader, which ends in eight clamped bits, stands the rasterizer's model: a Lambert lobe and GGX with height-correlated Smith
// masking and Schlick's Fresnel term, as Filament writes it, under lamps and a blend of sky and ground.

const int SUN = 0;
const int BULB = 1;
const int MAX_LAMPS = 10;
const float PI = 3.14159265;
const float MIN_ROUGHNESS = 0.09;
// The turn by the golden angle, which spreads the points of a spiral evenly over a disc (Vogel 1979).
const mat2 GOLDEN_TURN = mat2(-0.73736888, 0.67549029, -0.67549029, -0.73736888);
// Widest blur of a shadow, as a share of its map's side; and what a caster must rise above its receiver to count, in metres.
const float MAX_BLUR = 0.0135;
const float BIAS_M = 0.0012;
const int SEARCH_TAPS = 12;
const int FILTER_TAPS = 12;

struct Material {
    vec3 emissive_factor;
    vec4 base_color_factor;
    float metallic_factor;
    float roughness_factor;
#ifdef HAS_BASE_COLOR_TEX
    sampler2D base_color_texture;
#endif
#ifdef HAS_METALLIC_ROUGHNESS_TEX
    sampler2D metallic_roughness_texture;
#endif
#ifdef HAS_NORMAL_TEX
    sampler2D normal_texture;
#endif
#ifdef HAS_OCCLUSION_TEX
    sampler2D occlusion_texture;
#endif
#ifdef HAS_EMISSIVE_TEX
    sampler2D emissive_texture;
#endif
};

// A light as `lamps.py` describes it.
struct Lamp {
    int kind;
    vec3 color;
    vec3 position;
    vec3 axis;
    float cone_scale;
    float cone_offset;
    float cone_power;
    int one_side;
    mat4 lamp_from_world;
    float scale;
    vec2 depth;
    float blur;
};

uniform Material material;
uniform vec3 cam_pos;
// Those with shadows come first, each with a layer of the maps. Loops end where branches would not: drivers that run on processors
// take both ways of a branch.
uniform Lamp lamps[MAX_LAMPS];
uniform int n_lamps;
uniform int n_shadows;
// On a unit of its own from the start: PyOpenGL refuses a program in which samplers of two kinds begin on one.
layout(binding = 6) uniform sampler2DArray shadow_maps;
uniform vec3 sky;
uniform vec3 ground;
uniform vec3 background_top;
uniform vec3 background_bottom;
// Pictures of what is all around, straight up at v = 0: as it is, and as dull surfaces show it by their normal.
uniform int has_picture;
uniform int has_backdrop;
uniform float turn;
layout(binding = 7) uniform sampler2D picture;
layout(binding = 8) uniform sampler2D dull_picture;
// 1 in the pass that also takes what needs no lamp.
uniform int first_pass;

// Where the surface is the background itself.
uniform int is_background;
// 0 opaque, 1 cut out, 2 see-through.
uniform int alpha_mode;
uniform float alpha_cutoff;
uniform float normal_scale;
uniform float clear_coat;
uniform float clear_coat_roughness;
uniform float transmission;
uniform float ior;
uniform float base_color_tiles;
uniform float metallic_roughness_tiles;
uniform float normal_tiles;
uniform float occlusion_tiles;
uniform float emissive_tiles;

in vec3 frag_position;
in vec3 frag_normal;
#ifdef TEXCOORD_0_LOC
in vec2 uv_0;
#endif

out vec4 frag_color;

// A smooth blend from straight below (z = -1) to straight above (z = 1).
vec3 hemisphere(vec3 top, vec3 bottom, float z)
{
    float t = 0.5 + 0.5 * z;
    return mix(bottom, top, t * t * (3.0 - 2.0 * t));
}

vec2 place_in_picture(vec3 d)
{
    return vec2(0.5 - (atan(d.y, d.x) - turn) / (2.0 * PI), acos(clamp(d.z, -1.0, 1.0)) / PI);
}

// The picture blurred over an angle, by the mean of texels that are about as wide.
vec3 blurred_picture(vec3 d, float angle)
{
    float texels = float(textureSize(picture, 0).x) / (2.0 * PI) * angle;
    return textureLod(picture, place_in_picture(d), log2(max(texels, 1.0))).rgb;
}

// What a white Lambert surface shows under the surroundings.
vec3 soft_surroundings(vec3 n)
{
    return has_picture == 1 ? textureLod(dull_picture, place_in_picture(n), 0.0).rgb : 0.5 * (sky + ground) + 0.4 * n.z * (sky - ground);
}

vec3 schlick(vec3 f0, float cosine)
{
    // Nothing that mirrors less than 2 % head on does so at grazing angles either: there it is cavities.
    vec3 f90 = vec3(clamp(dot(f0, vec3(16.5)), 0.0, 1.0));
    return f0 + (f90 - f0) * pow(max(1.0 - cosine, 0.0), 5.0);
}

// Distribution times masking over (4 n.l n.v).
float lobe(float roughness, float nh, float nv, float nl)
{
    float a2 = roughness * roughness * roughness * roughness;
    float spread = nh * nh * (a2 - 1.0) + 1.0;
    float mask = nl * sqrt(nv * nv * (1.0 - a2) + a2) + nv * sqrt(nl * nl * (1.0 - a2) + a2);
    return a2 / (2.0 * PI * spread * spread * max(mask, 1.0e-6));
}

// Scale and shift of f0: the share of an even environment that is mirrored (Karis 2014).
vec2 mirrored_share(float roughness, float nv)
{
    vec4 r = roughness * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    float a004 = min(r.x * r.x, exp2(-9.28 * nv)) * r.x + r.y;
    return vec2(-1.04, 1.04) * a004 + r.zw;
}

// What a mirror of this roughness shows of the surroundings.
vec3 mirrored_surroundings(vec3 direction, float roughness)
{
    vec3 sharp = has_picture == 1 ? blurred_picture(direction, 2.0 * roughness * roughness) : hemisphere(sky, ground, direction.z);
    return mix(sharp, soft_surroundings(direction), roughness * roughness);
}

// The way to a lamp.
vec3 way_to(int i)
{
    return lamps[i].kind == SUN ? -lamps[i].axis : normalize(lamps[i].position - frag_position);
}

float depth_at(ivec2 texel, int layer)
{
    return texelFetch(shadow_maps, ivec3(clamp(texel, ivec2(0), textureSize(shadow_maps, 0).xy - 1), layer), 0).r;
}

// 1 where the map has nothing between this texel of the receiver, which is a plane, and the lamp. `at` is (u, v, depth) of a point of it.
float open_at(ivec2 texel, int layer, float side, vec3 at, vec2 slope)
{
    return depth_at(texel, layer) < at.z + dot(slope, (vec2(texel) + 0.5) / side - at.xy) ? 0.0 : 1.0;
}

// The share of a lamp that a point sees. Soft in proportion to the lamp's size and the caster's distance (Fernando 2005).
float seen(int i, vec3 face)
{
    float side = float(textureSize(shadow_maps, 0).x);
    vec3 q = (lamps[i].lamp_from_world * vec4(frag_position, 1.0)).xyz;
    vec3 m = mat3(lamps[i].lamp_from_world) * face;
    vec2 depth = lamps[i].depth;
    float scale = lamps[i].scale;
    vec3 at;
    vec2 slope;
    if (lamps[i].kind == SUN) {
        at = vec3(0.5 + scale * vec2(q.x, -q.y), (q.z - BIAS_M - depth.x) * depth.y);
        slope = vec2(-m.x, m.y) / (min(m.z, -1.0e-3) * scale) * depth.y;
    } else {
        float inverse = 1.0 / max(q.z, 1.0e-4);
        at = vec3(0.5 + scale * inverse * vec2(q.x, -q.y), depth.x - depth.y * (1.0 + BIAS_M * inverse) * inverse);
        slope = vec2(-m.x, m.y) * depth.y / (scale * min(dot(m, q), -1.0e-3 * length(q)));
    }
    if (i < n_shadows && dot(face, way_to(i)) <= 0.0) return 0.0;
    bool inside = i < n_shadows && at.z > 0.0 && all(greaterThanEqual(at.xy, vec2(0.0))) && all(lessThanEqual(at.xy, vec2(1.0)));

    float radius = clamp(lamps[i].blur * at.z, 1.5 / side, MAX_BLUR);
    float blockers = 0.0;
    float blocked_at = 0.0;
    vec2 turn = vec2(1.0, 0.0);
    for (int k = 0; k < SEARCH_TAPS && inside; k++) {
        ivec2 texel = ivec2(floor((at.xy + radius * sqrt((float(k) + 0.5) / float(SEARCH_TAPS)) * turn) * side));
        float blocks = 1.0 - open_at(texel, i, side, at, slope);
        blockers += blocks;
        blocked_at += blocks * depth_at(texel, i);
        turn = GOLDEN_TURN * turn;
    }
    if (blockers == 0.0) return 1.0;

    radius = clamp(lamps[i].blur * (at.z - blocked_at / max(blockers, 1.0)), 0.75 / side, MAX_BLUR);
    float open = 0.0;
    turn = vec2(1.0, 0.0);
    for (int k = 0; k < FILTER_TAPS && blockers > 0.0; k++) {
        vec2 place = (at.xy + radius * sqrt((float(k) + 0.5) / float(FILTER_TAPS)) * turn) * side - 0.5;
        ivec2 corner = ivec2(floor(place));
        vec2 f = place - vec2(corner);
        float top = mix(open_at(corner, i, side, at, slope), open_at(corner + ivec2(1, 0), i, side, at, slope), f.x);
        float low = mix(open_at(corner + ivec2(0, 1), i, side, at, slope), open_at(corner + ivec2(1, 1), i, side, at, slope), f.x);
        open += mix(top, low, f.y);
        turn = GOLDEN_TURN * turn;
    }
    return open / float(FILTER_TAPS);
}

// A lamp's irradiance on a surface here that faces it.
vec3 arriving(int i, vec3 to_lamp)
{
    if (lamps[i].kind == SUN) return lamps[i].color;
    vec3 away = lamps[i].position - frag_position;
    float edge = clamp(dot(-to_lamp, lamps[i].axis) * lamps[i].cone_scale + lamps[i].cone_offset, 0.0, 1.0);
    vec3 out_of_cone = lamps[i].color * pow(edge, lamps[i].cone_power) / max(dot(away, away), 1.0e-6);
    // The side of a cube that this point is beyond; one alone, also on the edges.
    vec3 a = abs(away);
    vec3 beyond = a.x >= max(a.y, a.z) ? vec3(away.x, 0.0, 0.0) : a.y >= a.z ? vec3(0.0, away.y, 0.0) : vec3(0.0, 0.0, away.z);
    return lamps[i].one_side == 1 && dot(beyond, lamps[i].axis) >= 0.0 ? vec3(0.0) : out_of_cone;
}

#ifdef HAS_NORMAL_TEX
// The mapped normal, by the way that texture coordinates run across the surface (Mikkelsen 2010).
vec3 mapped(vec3 n, vec2 uv)
{
    vec3 px = dFdx(frag_position);
    vec3 py = dFdy(frag_position);
    vec2 tx = dFdx(uv);
    vec2 ty = dFdy(uv);
    vec3 along_u = cross(py, n) * tx.x + cross(n, px) * ty.x;
    vec3 along_v = cross(py, n) * tx.y + cross(n, px) * ty.y;
    float longest = max(dot(along_u, along_u), dot(along_v, along_v));
    if (longest == 0.0) return n;
    vec3 bump = texture(material.normal_texture, uv).rgb * (255.0 / 127.5) - 128.0 / 127.5;
    bump.xy *= normal_scale;
    float handed = dot(cross(px, py), n) < 0.0 ? -1.0 : 1.0;
    return normalize(handed * (along_u * bump.x + along_v * bump.y) * inversesqrt(longest) + n * max(bump.z, 0.05));
}
#endif

void main()
{
    vec3 to_eye = normalize(cam_pos - frag_position);
    if (is_background == 1) {
        vec3 seen = has_picture == 1 && has_backdrop == 0 ? blurred_picture(-to_eye, length(dFdx(to_eye))) : hemisphere(background_top, background_bottom, -to_eye.z);
        frag_color = vec4(seen * float(first_pass), 1.0);
        return;
    }

    vec4 base_color = material.base_color_factor;
    float metallic = material.metallic_factor;
    float roughness = material.roughness_factor;
    vec3 emitted = material.emissive_factor;
    float occlusion = 1.0;
    vec3 n = normalize(frag_normal);
    vec3 face = cross(dFdx(frag_position), dFdy(frag_position));
    face = dot(face, face) > 0.0 ? normalize(face) : n;
    if (dot(face, to_eye) < 0.0) face = -face;
#ifdef HAS_BASE_COLOR_TEX
    base_color *= texture(material.base_color_texture, uv_0 * base_color_tiles);
#endif
#ifdef HAS_METALLIC_ROUGHNESS_TEX
    vec3 mr = texture(material.metallic_roughness_texture, uv_0 * metallic_roughness_tiles).rgb;
    roughness *= mr.g;
    metallic *= mr.b;
#endif
#ifdef HAS_EMISSIVE_TEX
    emitted *= texture(material.emissive_texture, uv_0 * emissive_tiles).rgb;
#endif
#ifdef HAS_OCCLUSION_TEX
    occlusion = texture(material.occlusion_texture, uv_0 * occlusion_tiles).r;
#endif
#ifdef HAS_NORMAL_TEX
    n = mapped(n, uv_0 * normal_tiles);
#endif
    if (!gl_FrontFacing) n = -n;
    if (alpha_mode == 1 && base_color.a < alpha_cutoff) discard;

    roughness = clamp(roughness, MIN_ROUGHNESS, 1.0);
    float coat_roughness = max(clear_coat_roughness, MIN_ROUGHNESS);
    float head_on = (ior - 1.0) / (ior + 1.0);
    vec3 f0 = mix(vec3(head_on * head_on), base_color.rgb, metallic);
    vec3 albedo = base_color.rgb * (1.0 - metallic) * (1.0 - transmission);
    float nv = max(dot(n, to_eye), 1.0e-3);
    vec2 share = mirrored_share(roughness, nv);
    vec3 f90 = vec3(clamp(dot(f0, vec3(16.5)), 0.0, 1.0));
    vec3 mirrored = f0 * share.x + f90 * share.y;
    // Light that bounces between microfacets (Fdez-Agüera 2019, as Filament has it).
    vec3 bounced = 1.0 + f0 * (1.0 / max(share.x + share.y, 1.0e-3) - 1.0);
    vec3 diffuse = vec3(0.0);
    vec3 glossy = vec3(0.0);
    vec3 coat = vec3(0.0);
    vec3 mirror = reflect(-to_eye, n);
    if (first_pass == 1) {
        diffuse = albedo * (1.0 - mirrored) * soft_surroundings(n) * occlusion;
        glossy = mirrored * bounced * mirrored_surroundings(mirror, roughness) * occlusion;
        coat = schlick(vec3(0.04), nv) * mirrored_surroundings(mirror, coat_roughness) * occlusion;
    }

    for (int i = 0; i < n_lamps; i++) {
        vec3 to_lamp = way_to(i);
        float nl = max(dot(n, to_lamp), 0.0);
        vec3 light = arriving(i, to_lamp) * nl * seen(i, face);
        vec3 h = normalize(to_eye + to_lamp);
        float nh = clamp(dot(n, h), 0.0, 1.0);
        float lh = clamp(dot(to_lamp, h), 0.0, 1.0);
        diffuse += albedo / PI * light;
        glossy += schlick(f0, lh) * lobe(roughness, nh, nv, nl) * bounced * light;
        coat += schlick(vec3(0.04), lh) * lobe(coat_roughness, nh, nv, nl) * light;
    }

    float beneath = 1.0 - clear_coat * schlick(vec3(0.04), nv).x;
    vec3 radiance = diffuse * beneath;
    vec3 shine = glossy * beneath + coat * clear_coat;
    if (first_pass == 1) radiance += emitted * beneath;
    if (alpha_mode != 2) {
        frag_color = vec4(radiance + shine, 1.0);
        return;
    }
    // pyrender multiplies by alpha, but what a see-through surface mirrors does not grow weaker with it.
    float through = transmission * (1.0 - max(mirrored.r, max(mirrored.g, mirrored.b))) * dot(base_color.rgb, vec3(1.0 / 3.0));
    float alpha = clamp(base_color.a * (1.0 - through), 1.0e-3, 1.0);
    frag_color = vec4((radiance * base_color.a + shine) / alpha, alpha);
}
