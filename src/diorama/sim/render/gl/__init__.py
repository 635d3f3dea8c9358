"""OpenGL through pyrender: for graphics cards that are not NVIDIA's, and for comparison. Labels are the rasterizer's."""

from diorama.sim.render.gl.platform import NoOpenGL
from diorama.sim.render.gl.renderer import GL

__all__ = ["GL", "NoOpenGL"]
