"""pyrender's renderer, drawing radiance: floating-point pictures, our fragment shader, and shadow maps that are kept.

Importing this imports PyOpenGL, and so must come after `platform.chosen_platform`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyrender
from numpy.typing import NDArray
from OpenGL.error import GLError
from pyrender.constants import SHADOW_TEX_SZ
from pyrender.shader_program import ShaderProgramCache

from diorama.sim.errors import InvalidValue
from diorama.sim.render.gl.context import GL
from diorama.sim.render.gl.lamps import MAX_LAMPS, Lamp, View
from diorama.sim.render.gl.surroundings import Surroundings
from diorama.sim.render.raster.dfg import ENTRIES, dfg_table
from diorama.sim.transforms import apply

SAMPLES = 4
FRAGMENT_SHADER = Path(__file__).with_name("mesh.frag")
#: The texture units of maps of shadows and surroundings, as the shader has them; a surface's textures come before.
_SHADOWS_UNIT, _PICTURE_UNIT, _DULL_UNIT, _SPLIT_SUMS_UNIT, _PHOTO_UNIT = 6, 7, 8, 9, 10
_ANISOTROPY, _MAX_ANISOTROPY = 0x84FE, 0x84FF


class Material(pyrender.MetallicRoughnessMaterial):
    """A material with what else the fragment shader asks for: numbers by the names of its uniforms."""

    def __init__(self, uniforms: dict[str, float | int], **fields: Any) -> None:
        super().__init__(**fields)
        self.uniforms = uniforms

    @property
    def is_transparent(self) -> Any:
        # pyrender asks its colour's alpha, but light passes through glass of whatever alpha.
        return self.alphaMode == "BLEND"


class Texture(pyrender.Texture):
    """A texture that is filtered in linear light, also at a slant.

    Of four channels always: rows of three-byte pixels need not start where OpenGL expects them.
    """

    def __init__(self, pixels: NDArray[np.uint8], srgb: bool) -> None:
        super().__init__(source=pixels, source_channels="RGBA")
        rgba: Any = self.source
        self._rows = np.ascontiguousarray(rgba[::-1])
        self._srgb = srgb

    def _add_to_context(self) -> None:
        self._texid = GL.glGenTextures(1)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texid)
        height, width = self._rows.shape[:2]
        stored = GL.GL_SRGB8_ALPHA8 if self._srgb else GL.GL_RGBA8
        GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, stored, width, height, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, self._rows)
        GL.glGenerateMipmap(GL.GL_TEXTURE_2D)
        for name, value in (
            (GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR),
            (GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR_MIPMAP_LINEAR),
            (GL.GL_TEXTURE_WRAP_S, GL.GL_REPEAT),
            (GL.GL_TEXTURE_WRAP_T, GL.GL_REPEAT),
        ):
            GL.glTexParameteri(GL.GL_TEXTURE_2D, name, value)
        if _filters_anisotropically():
            GL.glTexParameterf(GL.GL_TEXTURE_2D, _ANISOTROPY, min(8.0, float(GL.glGetFloatv(_MAX_ANISOTROPY))))
        GL.glBindTexture(GL.GL_TEXTURE_2D, 0)


class ShadowMaps:
    """The maps of some lamps, a layer of depths each. pyrender draws into the `layer` that is chosen last."""

    def __init__(self, layers: int) -> None:
        self.layer = 0
        self._texture = int(GL.glGenTextures(1))
        self._bind()
        size = (SHADOW_TEX_SZ, SHADOW_TEX_SZ, layers)
        GL.glTexImage3D(GL.GL_TEXTURE_2D_ARRAY, 0, GL.GL_DEPTH_COMPONENT24, *size, 0, GL.GL_DEPTH_COMPONENT, GL.GL_FLOAT, None)
        for name in (GL.GL_TEXTURE_MAG_FILTER, GL.GL_TEXTURE_MIN_FILTER):
            GL.glTexParameteri(GL.GL_TEXTURE_2D_ARRAY, name, GL.GL_NEAREST)

    def _bind(self) -> None:
        GL.glBindTexture(GL.GL_TEXTURE_2D_ARRAY, self._texture)

    def _bind_as_depth_attachment(self) -> None:
        GL.glFramebufferTextureLayer(GL.GL_FRAMEBUFFER, GL.GL_DEPTH_ATTACHMENT, self._texture, 0, self.layer)

    def delete(self) -> None:
        GL.glDeleteTextures([self._texture])


@dataclass(slots=True)
class _Batch:
    """The lamps of one pass, and the maps of all their views once they are drawn."""

    lamps: Sequence[Lamp]
    first: bool
    maps: ShadowMaps | None = None

    @property
    def views(self) -> list[View]:
        return [view for lamp in self.lamps for view in lamp.views]


class Engine(pyrender.Renderer):
    """Draws pyrender's scenes into linear radiance. Needs a current context, as all that it makes does.

    Every mesh of a scene has one primitive and a `Material`; nodes are drawn in the order of their names, see-through ones last.
    """

    def __init__(self) -> None:
        super().__init__(1, 1)
        self._program_cache = _Programs()
        self._batches: list[_Batch] = []
        self._batch = _Batch((), first=True)
        self._surroundings: dict[str, Any] = {}
        self._around: dict[int, int] = {}
        self._photo: NDArray[np.float32] | None = None
        self._split_sums = _float_texture(dfg_table().reshape(ENTRIES, ENTRIES, 2), GL.GL_RG32F, GL.GL_RG, GL.GL_CLAMP_TO_EDGE)
        self._casting = False
        self._told: set[int] = set()

    def light(self, lamps: Sequence[Lamp], around: Surroundings) -> None:
        """Take the lights of the scene that is photographed next."""
        self._forget_maps()
        self._batches = [_Batch(lamps[i : i + MAX_LAMPS], first=i == 0) for i in range(0, max(len(lamps), 1), MAX_LAMPS)]
        colors = {"sky": around.sky, "ground": around.ground, "background_top": around.top, "background_bottom": around.bottom}
        self._surroundings = {name: np.array(color, np.float32) for name, color in colors.items()}
        self._surroundings |= {"has_picture": int(around.picture is not None), "has_backdrop": int(around.backdrop), "turn": float(around.turn_rad)}
        for unit, rows in ((_PICTURE_UNIT, around.picture), (_DULL_UNIT, around.dull)):
            if rows is not None:
                self._around[unit] = _float_texture(rows, GL.GL_RGB32F, GL.GL_RGB, GL.GL_REPEAT)

    def photograph(self, scene: Any, width: int, height: int, backdrop: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """(height, width, 3) radiance that the scene's main camera sees, and where nothing is, the same of its `backdrop`.

        Raises InvalidValue for sizes that the driver refuses.
        """
        self.viewport_width, self.viewport_height = width, height
        self._hang(backdrop)
        flags = pyrender.RenderFlags.OFFSCREEN
        self._update_context(scene, flags)
        out = np.zeros((height, width, 3), np.float32)
        for batch in self._batches:
            self._batch = batch
            if batch.maps is None:
                self._draw_maps(scene)
            self._told.clear()
            picture: Any = self._forward_pass(scene, flags)
            out += picture
        return out

    def _hang(self, backdrop: NDArray[np.float32] | None) -> None:
        """Put what the camera sees of its backdrop on the graphics card, if it has one."""
        self._surroundings["has_photo"] = int(backdrop is not None)
        if backdrop is self._photo:
            return
        if _PHOTO_UNIT in self._around:
            GL.glDeleteTextures([self._around.pop(_PHOTO_UNIT)])
        if backdrop is not None:
            self._around[_PHOTO_UNIT] = _float_texture(backdrop, GL.GL_RGB32F, GL.GL_RGB, GL.GL_CLAMP_TO_EDGE)
        self._photo = backdrop

    def delete(self) -> None:
        self._forget_maps()
        GL.glDeleteTextures([self._split_sums])
        super().delete()

    def _forget_maps(self) -> None:
        for batch in self._batches:
            if batch.maps is not None:
                batch.maps.delete()
        if self._around:
            GL.glDeleteTextures(list(self._around.values()))
        self._batches, self._around, self._photo = [], {}, None

    def _draw_maps(self, scene: Any) -> None:
        """The batch's shadow maps, which do not depend on the camera."""
        self._casting = True
        if not self._sorted_mesh_nodes(scene):
            # Glass alone; pyrender would stumble over an empty pass.
            self._batch.lamps = [replace(lamp, views=()) for lamp in self._batch.lamps]
        views = self._batch.views
        maps = self._batch.maps = ShadowMaps(max(len(views), 1))
        for maps.layer, view in enumerate(views):
            self._shadow_mapping_pass(scene, SimpleNamespace(light=SimpleNamespace(shadow_texture=maps), view=view), 0)
        self._casting = False

    # --- what pyrender asks for while it draws ----------------------------------------------------------------

    def _sorted_mesh_nodes(self, scene: Any) -> list[Any]:
        nodes = sorted(scene.mesh_nodes, key=lambda node: node.name)
        solid = [node for node in nodes if not _material(node).is_transparent]
        if self._casting:
            return [node for node in solid if not _material(node).uniforms["is_background"]]
        eye = scene.get_pose(scene.main_camera_node)[:3, 3]
        see_through = [node for node in nodes if _material(node).is_transparent]
        return solid + sorted(see_through, key=lambda node: -_distance(node, eye))

    def _get_light_cam_matrices(self, scene: Any, light_node: Any, flags: int) -> tuple[Any, Any]:
        view: View = light_node.view
        return view.lamp_from_world, view.projection

    def _compute_max_n_lights(self, flags: int) -> list[int]:
        # Its own lights, of which there are none.
        return [1, 1, 1]

    def _bind_lighting(self, scene: Any, program: Any, node: Any, flags: int) -> None:
        """Tell a program of lamps and surroundings, once in a pass; the maps stay bound behind all textures of surfaces."""
        if program._program_id in self._told:
            return
        self._told.add(program._program_id)
        for name, value in self._surroundings.items():
            program.set_uniform(name, value)
        program.set_uniform("first_pass", int(self._batch.first))
        program.set_uniform("n_lamps", len(self._batch.lamps))
        end_view = 0
        for i, lamp in enumerate(self._batch.lamps):
            first_view, end_view = end_view, end_view + len(lamp.views)
            for name, value in (_of_lamp(lamp) | {"first_view": first_view, "end_view": end_view}).items():
                program.set_uniform(f"lamps[{i}].{name}", value)
        for i, view in enumerate(self._batch.views):
            for name, value in _of_view(view).items():
                program.set_uniform(f"views[{i}].{name}", value)
        if self._batch.maps is not None:
            GL.glActiveTexture(GL.GL_TEXTURE0 + _SHADOWS_UNIT)
            self._batch.maps._bind()
        for unit, texture in (self._around | {_SPLIT_SUMS_UNIT: self._split_sums}).items():
            GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
            GL.glBindTexture(GL.GL_TEXTURE_2D, texture)

    def _bind_and_draw_primitive(self, primitive: Any, pose: Any, program: Any, flags: int) -> None:
        material = primitive.material
        for name, value in material.uniforms.items():
            program.set_uniform(name, value)
        if material.is_transparent:
            self._draw_see_through(primitive, pose, program, flags)
            return
        super()._bind_and_draw_primitive(primitive, pose, program, flags)
        if self._casting and material.doubleSided:
            # It has drawn what faces the light alone, but one side of a sheet casts the shadow of the other.
            GL.glFrontFace(GL.GL_CW)
            super()._bind_and_draw_primitive(primitive, pose, program, flags)
            GL.glFrontFace(GL.GL_CCW)

    def _draw_see_through(self, primitive: Any, pose: Any, program: Any, flags: int) -> None:
        """What is behind, times the share of each colour that passes, plus what the surface sends; its far side first."""
        GL.glDepthMask(GL.GL_FALSE)
        GL.glColorMask(*[GL.GL_FALSE] * 4)
        # Draws nothing, but leaves textures and uniforms bound.
        super()._bind_and_draw_primitive(primitive, pose, program, flags)
        GL.glColorMask(*[GL.GL_TRUE] * 4)
        GL.glBlendFunc(GL.GL_ONE, GL.GL_SRC1_COLOR)
        GL.glEnable(GL.GL_CULL_FACE)
        primitive._bind()
        for hidden in (GL.GL_FRONT, GL.GL_BACK) if primitive.material.doubleSided else (GL.GL_BACK,):
            GL.glCullFace(hidden)
            if primitive.indices is None:
                GL.glDrawArraysInstanced(primitive.mode, 0, len(primitive.positions), 1)
            else:
                GL.glDrawElementsInstanced(primitive.mode, primitive.indices.size, GL.GL_UNSIGNED_INT, None, 1)
        primitive._unbind()
        GL.glCullFace(GL.GL_BACK)
        GL.glDepthMask(GL.GL_TRUE)

    def _configure_main_framebuffer(self) -> None:
        """Like pyrender's, but of floating-point colours: one of several samples a pixel to draw into, one to read from."""
        size = (self.viewport_width, self.viewport_height)
        if self._main_fb is not None and self._main_fb_dims == size:
            return
        self._delete_main_framebuffer()
        largest = min(int(GL.glGetIntegerv(GL.GL_MAX_RENDERBUFFER_SIZE)), *GL.glGetIntegerv(GL.GL_MAX_VIEWPORT_DIMS).tolist())
        if max(size) > largest:
            raise InvalidValue(f"this OpenGL draws pictures of up to {largest} pixels a side, got {size[0]}x{size[1]}")
        samples = min(SAMPLES, int(GL.glGetIntegerv(GL.GL_MAX_SAMPLES)))
        try:
            made = _framebuffer(size, 0), _framebuffer(size, samples)
        except GLError as error:
            raise InvalidValue(f"this OpenGL cannot draw pictures of {size[0]}x{size[1]} pixels with {samples} samples each ({error})") from None
        (self._main_fb, self._main_cb, self._main_db), (self._main_fb_ms, self._main_cb_ms, self._main_db_ms) = made
        self._main_fb_dims = size

    def _read_main_framebuffer(self, scene: Any, flags: int) -> NDArray[np.float32]:
        width, height = self._main_fb_dims
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._main_fb_ms)
        GL.glBindFramebuffer(GL.GL_DRAW_FRAMEBUFFER, self._main_fb)
        GL.glBlitFramebuffer(0, 0, width, height, 0, 0, width, height, GL.GL_COLOR_BUFFER_BIT, GL.GL_NEAREST)
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._main_fb)
        picture = np.empty((height, width, 3), np.float32)
        GL.glReadPixels(0, 0, width, height, GL.GL_RGB, GL.GL_FLOAT, picture)
        return picture[::-1]


class _Programs(ShaderProgramCache):
    """pyrender's programs, with our fragment shader in place of its own."""

    def get_program(self, vertex_shader: str, fragment_shader: str, geometry_shader: str | None = None, defines: Any = None) -> Any:
        if fragment_shader == "mesh.frag":
            fragment_shader = str(FRAGMENT_SHADER)
        return super().get_program(vertex_shader, fragment_shader, geometry_shader, defines)


def _float_texture(rows: NDArray[np.float32], stored: Any, channels: Any, across: Any) -> int:
    """A texture (h, w, c) and its halves, the first row at v = 0; `across` is what lies beside it."""
    texture = int(GL.glGenTextures(1))
    GL.glBindTexture(GL.GL_TEXTURE_2D, texture)
    height, width = rows.shape[:2]
    GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, stored, width, height, 0, channels, GL.GL_FLOAT, np.ascontiguousarray(rows))
    GL.glGenerateMipmap(GL.GL_TEXTURE_2D)
    for name, value in (
        (GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR),
        (GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR_MIPMAP_LINEAR),
        (GL.GL_TEXTURE_WRAP_S, across),
        (GL.GL_TEXTURE_WRAP_T, GL.GL_CLAMP_TO_EDGE),
    ):
        GL.glTexParameteri(GL.GL_TEXTURE_2D, name, value)
    return texture


def _framebuffer(size: tuple[int, int], samples: int) -> tuple[int, int, int]:
    """A framebuffer of this (width, height) and its buffers of colour and depth."""
    color, depth = GL.glGenRenderbuffers(2)
    framebuffer = GL.glGenFramebuffers(1)
    GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, framebuffer)
    for buffer, stored, attachment in (
        (color, GL.GL_RGBA32F, GL.GL_COLOR_ATTACHMENT0),
        (depth, GL.GL_DEPTH_COMPONENT24, GL.GL_DEPTH_ATTACHMENT),
    ):
        GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, buffer)
        GL.glRenderbufferStorageMultisample(GL.GL_RENDERBUFFER, samples, stored, *size)
        GL.glFramebufferRenderbuffer(GL.GL_FRAMEBUFFER, attachment, GL.GL_RENDERBUFFER, buffer)
    status = GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER)
    if status != GL.GL_FRAMEBUFFER_COMPLETE:
        raise GLError(status, baseOperation=GL.glCheckFramebufferStatus)
    return framebuffer, color, depth


def _of_lamp(lamp: Lamp) -> dict[str, Any]:
    """A lamp's fields as the shader names them."""
    return {
        "kind": 0 if lamp.sun else 1,
        "color": np.array(lamp.color, np.float32),
        "position": np.array(lamp.position_m, np.float32),
        "axis": np.array(lamp.axis, np.float32),
        "cone_scale": float(lamp.cone_scale),
        "cone_offset": float(lamp.cone_offset),
        "cone_power": float(lamp.cone_power),
        "squash": np.array(lamp.squash, np.float32),
        "one_side": int(lamp.one_side),
    }


def _of_view(view: View) -> dict[str, Any]:
    depth = np.array(view.depth, np.float32)
    return {"lamp_from_world": view.lamp_from_world, "scale": float(view.scale), "depth": depth, "blur": float(view.blur)}


def _material(node: Any) -> Material:
    return node.mesh.primitives[0].material


def _distance(node: Any, eye: NDArray[np.float64]) -> float:
    # A mesh's own middle would need a name that NumPy 2 has no more.
    away = apply(node.matrix, node.mesh.primitives[0].centroid[None])[0] - eye
    return float((away * away).sum())


@cache
def _filters_anisotropically() -> bool:
    names = [GL.glGetStringi(GL.GL_EXTENSIONS, i) for i in range(int(GL.glGetIntegerv(GL.GL_NUM_EXTENSIONS)))]
    # Mesa's drivers for processors do it badly: enlarged texels show as discs.
    return b"GL_EXT_texture_filter_anisotropic" in names and b"pipe" not in GL.glGetString(GL.GL_RENDERER)
