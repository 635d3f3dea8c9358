#version 330 core
#extension GL_ARB_shading_language_420pack : require
// What a surface sends towards the camera, as linear radiance, and what it lets through.
//
// The vertex shader is pyrender's mesh.vert, and so are the names of what its renderer provides. In place of its own fragment
// shader, which ends in eight clamped bits, stands the rasterizer's model: a Lambert lobe and GGX with height-correlated Smith
// masking and Schlick's Fresnel term, as Filament writes it, under lamps and a blend of sky and ground.

const int SUN = 0;
const int BULB = 1;
const int MAX_LAMPS = 10;
const int MAX_VIEWS = 20;
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

// A shadow map, of the layer of the same number, as `lamps.py` describes it.
struct View {
    mat4 lamp_from_world;
    float scale;
    vec2 depth;
    float blur;
};

// A light as `lamps.py` describes it. Its views are those from `first_view` up to `end_view`.
struct Lamp {
    int kind;
    int first_view;
    int end_view;
    vec3 color;
    vec3 position;
    vec3 axis;
    float cone_scale;
    float cone_offset;
    float cone_power;
    vec3 squash;
    int one_side;
};

uniform Material material;
uniform vec3 cam_pos;
uniform Lamp lamps[MAX_LAMPS];
uniform View views[MAX_VIEWS];
uniform int n_lamps;
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
layout(binding = 9) uniform sampler2D split_sums;
// What each pixel shows where nothing is, the picture's upper row first.
uniform int has_photo;
layout(binding = 10) uniform sampler2D photo;
// 1 in the pass that also takes what needs no lamp.
uniform int first_pass;

// Where the surface is the background itself.
uniform int is_background;
uniform int is_cut_out;
uniform int is_see_through;
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

// What it sends, and what share of what is behind it passes: only see-through surfaces are drawn with both.
layout(location = 0, index = 0) out vec4 frag_color;
layout(location = 0, index = 1) out vec4 frag_passed;

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

// Reflectance edge-on. What mirrors less than 2 % head-on are cavities, and mirror nothing there.
float grazing(vec3 f0)
{
    return clamp(dot(f0, vec3(16.5)), 0.0, 1.0);
}

vec3 schlick(vec3 f0, float cosine)
{
    return mix(f0, vec3(grazing(f0)), pow(max(1.0 - cosine, 0.0), 5.0));
}

// Distribution times masking over (4 n.l n.v).
float lobe(float roughness, float nh, float nv, float nl)
{
    float a2 = roughness * roughness * roughness * roughness;
    float spread = nh * nh * (a2 - 1.0) + 1.0;
    float mask = nl * sqrt(nv * nv * (1.0 - a2) + a2) + nv * sqrt(nl * nl * (1.0 - a2) + a2);
    return a2 / (2.0 * PI * spread * spread * max(mask, 1.0e-6));
}

// (grazing, total) of the rasterizer's split-sum table: a white sky's share that is mirrored is f0 (total - grazing) + f90 grazing.
vec2 split_sum(float roughness, float nv)
{
    vec2 entries = vec2(textureSize(split_sums, 0));
    return textureLod(split_sums, (vec2(nv, roughness) * (entries - 1.0) + 0.5) / entries, 0.0).rg;
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

// A point of a surface in a shadow map: where, (u, v, depth), and how the surface's depth changes with u and v.
struct Place {
    int view;
    vec3 at;
    vec2 slope;
};

// The first of a lamp's views that shows this point; view -1 if none does.
Place place_of(int i, vec3 face)
{
    Place found = Place(-1, vec3(0.0), vec2(0.0));
    for (int k = lamps[i].first_view; k < lamps[i].end_view && found.view < 0; k++) {
        vec3 q = (views[k].lamp_from_world * vec4(frag_position, 1.0)).xyz;
        vec3 m = mat3(views[k].lamp_from_world) * face;
        vec2 depth = views[k].depth;
        float scale = views[k].scale;
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
        if (at.z > 0.0 && max(abs(at.x - 0.5), abs(at.y - 0.5)) < 0.5) found = Place(k, at, slope);
    }
    return found;
}

// The share of a lamp that a point sees. Soft in proportion to the lamp's size and the caster's distance (Fernando 2005).
// Loops end early where branches would not: drivers that run on processors take both ways of a branch.
float seen(int i, vec3 face)
{
    Place place = place_of(i, face);
    bool away = lamps[i].first_view < lamps[i].end_view && dot(face, way_to(i)) <= 0.0;
    bool inside = place.view >= 0 && !away;
    int layer = max(place.view, 0);
    float blur = views[layer].blur;
    float side = float(textureSize(shadow_maps, 0).x);

    float radius = clamp(blur * place.at.z, 1.5 / side, MAX_BLUR);
    float blockers = 0.0;
    float blocked_at = 0.0;
    vec2 turn = vec2(1.0, 0.0);
    for (int k = 0; k < SEARCH_TAPS && inside; k++) {
        ivec2 texel = ivec2(floor((place.at.xy + radius * sqrt((float(k) + 0.5) / float(SEARCH_TAPS)) * turn) * side));
        float blocks = 1.0 - open_at(texel, layer, side, place.at, place.slope);
        blockers += blocks;
        blocked_at += blocks * depth_at(texel, layer);
        turn = GOLDEN_TURN * turn;
    }

    radius = clamp(blur * (place.at.z - blocked_at / max(blockers, 1.0)), 0.75 / side, MAX_BLUR);
    float open = 0.0;
    turn = vec2(1.0, 0.0);
    for (int k = 0; k < FILTER_TAPS && blockers > 0.0; k++) {
        vec2 texels = (place.at.xy + radius * sqrt((float(k) + 0.5) / float(FILTER_TAPS)) * turn) * side - 0.5;
        ivec2 corner = ivec2(floor(texels));
        vec2 f = texels - vec2(corner);
        float top = mix(open_at(corner, layer, side, place.at, place.slope), open_at(corner + ivec2(1, 0), layer, side, place.at, place.slope), f.x);
        float low = mix(open_at(corner + ivec2(0, 1), layer, side, place.at, place.slope), open_at(corner + ivec2(1, 1), layer, side, place.at, place.slope), f.x);
        open += mix(top, low, f.y);
        turn = GOLDEN_TURN * turn;
    }
    return away ? 0.0 : blockers > 0.0 ? open / float(FILTER_TAPS) : 1.0;
}

// A lamp's irradiance on a surface here that faces it.
vec3 arriving(int i, vec3 to_lamp)
{
    if (lamps[i].kind == SUN) return lamps[i].color;
    vec3 away = lamps[i].position - frag_position;
    float aside = dot(to_lamp, lamps[i].squash);
    float edge = clamp(dot(-to_lamp, lamps[i].axis) / sqrt(1.0 + aside * aside) * lamps[i].cone_scale + lamps[i].cone_offset, 0.0, 1.0);
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
        vec3 seen;
        if (has_photo == 1) {
            ivec2 pixel = ivec2(gl_FragCoord.xy);
            seen = texelFetch(photo, ivec2(pixel.x, textureSize(photo, 0).y - 1 - pixel.y), 0).rgb;
        } else seen = has_picture == 1 && has_backdrop == 0 ? blurred_picture(-to_eye, length(dFdx(to_eye))) : hemisphere(background_top, background_bottom, -to_eye.z);
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
    if (is_cut_out == 1 && base_color.a < alpha_cutoff) discard;

    roughness = clamp(roughness, MIN_ROUGHNESS, 1.0);
    float coat_roughness = max(clear_coat_roughness, MIN_ROUGHNESS);
    float head_on = (ior - 1.0) / (ior + 1.0);
    float bare = head_on * head_on;
    vec3 f0 = mix(vec3(bare), base_color.rgb, metallic);
    float nv = max(dot(n, to_eye), 1.0e-3);
    vec2 sums = split_sum(roughness, nv);
    // What light that bounces between microfacets adds to their lobe (Turquin 2019).
    vec3 bounced = 1.0 + f0 * (1.0 / sums.y - 1.0);
    vec3 mirrored = (f0 * (sums.y - sums.x) + grazing(f0) * sums.x) * bounced;
    // The Lambert lobe has what the mirror above the dielectric part leaves.
    float above = (bare * (sums.y - sums.x) + grazing(vec3(bare)) * sums.x) * (1.0 + bare * (1.0 / sums.y - 1.0));
    vec3 albedo = base_color.rgb * (1.0 - metallic) * (1.0 - transmission) * (1.0 - above);
    vec2 coat_sums = split_sum(coat_roughness, nv);
    vec3 diffuse = vec3(0.0);
    vec3 glossy = vec3(0.0);
    vec3 coat = vec3(0.0);
    vec3 mirror = reflect(-to_eye, n);
    if (first_pass == 1) {
        diffuse = albedo * soft_surroundings(n) * occlusion;
        glossy = mirrored * mirrored_surroundings(mirror, roughness) * occlusion;
        coat = (0.04 * (coat_sums.y - coat_sums.x) + coat_sums.x) * mirrored_surroundings(mirror, coat_roughness) * occlusion;
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
    float covered = is_see_through == 1 && is_cut_out == 0 ? base_color.a : 1.0;
    frag_color = vec4(radiance * covered + shine, 1.0);
    frag_passed = vec4(1.0 - covered + covered * transmission * (1.0 - metallic) * (1.0 - mirrored) * base_color.rgb, 1.0);
}
