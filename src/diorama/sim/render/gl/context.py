"""An OpenGL context without a window or a display, through EGL or OSMesa.

Nothing of ours is imported here, so that this file is also a small program: it opens a context and prints what drew it. A
driver at fault may end a process, and that should be another one than the caller's (see `platform.py`).
"""

import ctypes
import os
from collections.abc import Iterator
from typing import Any

import OpenGL.GL
import OpenGL.platform
from OpenGL import contextdata

#: PyOpenGL's names are made at run time, so its types end here.
GL: Any = OpenGL.GL
_LOADER: Any = OpenGL.platform

#: What the shaders are written for.
VERSION = (3, 3)

_EGL_NONE = 0x3038
_EGL_PLATFORM_DEVICE = 0x313F
_EGL_PLATFORM_SURFACELESS = 0x31DD
_EGL_OPENGL_API = 0x30A2
#: EGL_SURFACE_TYPE pbuffer, EGL_RENDERABLE_TYPE OpenGL.
_EGL_CONFIG = (0x3033, 0x0001, 0x3040, 0x0008, _EGL_NONE)
#: EGL_CONTEXT_MAJOR_VERSION, EGL_CONTEXT_MINOR_VERSION, EGL_CONTEXT_OPENGL_PROFILE_MASK core.
_EGL_CONTEXT = (0x3098, VERSION[0], 0x30FB, VERSION[1], 0x30FD, 0x0001, _EGL_NONE)
#: OSMESA_FORMAT RGBA, OSMESA_PROFILE core, OSMESA_CONTEXT_MAJOR_VERSION, OSMESA_CONTEXT_MINOR_VERSION.
_OSMESA_CONTEXT = (0x22, 0x1908, 0x33, 0x34, 0x36, VERSION[0], 0x37, VERSION[1], 0)


class Unavailable(RuntimeError):
    """There is no OpenGL that way."""


class Context:
    """An OpenGL context of its own, current from the start. Raises Unavailable."""

    def __init__(self) -> None:
        self.platform = current_platform()
        self._open = _Egl() if self.platform == "egl" else _OsMesa()
        self.make_current()

    def make_current(self) -> None:
        """Direct this thread's OpenGL calls to it."""
        self._open.make_current()

    def close(self) -> None:
        """Give everything back that the driver and PyOpenGL hold for it."""
        self.make_current()
        contextdata.cleanupContext()
        self._open.close()

    @property
    def description(self) -> str:
        """Who draws: ``llvmpipe (LLVM 19.1.7, 256 bits), OpenGL 4.5 (Core Profile) Mesa 25.0.7, by EGL``."""
        drawn_by, version = (GL.glGetString(name).decode() for name in (GL.GL_RENDERER, GL.GL_VERSION))
        return f"{drawn_by}, OpenGL {version}, by {'EGL' if self.platform == 'egl' else 'OSMesa'}"


def current_platform() -> str:
    """What PyOpenGL finds OpenGL's functions by in this process: ``egl``, ``osmesa``, ``glx``, ..."""
    return type(_LOADER.PLATFORM).__module__.rpartition(".")[2]


class _Egl:
    """A context that draws into framebuffers of its own only, on the first device that can.

    Displays stay open for as long as the process lives: they are shared, and closing one would close it for all.
    """

    def __init__(self) -> None:
        try:
            self._egl = _typed_egl(ctypes.CDLL("libEGL.so.1"))
        except OSError as error:
            raise Unavailable(f"libEGL cannot be loaded ({error})") from None
        found = "no display"
        for display in self._displays():
            if not self._egl.eglInitialize(display, None, None):
                found = "a display that cannot be used"
                continue
            self._display, self._context = display, self._created(display)
            if self._context:
                return
            found = f"no OpenGL {VERSION[0]}.{VERSION[1]}"
        raise Unavailable(f"EGL offers {found}")

    def _displays(self) -> Iterator[int]:
        """Every device's display, graphics cards before software; then Mesa's without any device, then the default one.

        EGL_DEVICE_ID, if set, picks one device by its number.
        """
        egl = self._egl
        query, display_of = (egl.eglGetProcAddress(name) for name in (b"eglQueryDevicesEXT", b"eglGetPlatformDisplayEXT"))
        platform_display = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(display_of) if display_of else None
        candidates: list[tuple[int, int | None]] = []
        if query and platform_display:
            devices, count = (ctypes.c_void_p * 32)(), ctypes.c_int()
            ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(query)(32, devices, ctypes.byref(count))
            candidates = [(_EGL_PLATFORM_DEVICE, device) for device in devices[: count.value]]
        chosen = os.environ.get("EGL_DEVICE_ID", "")
        if chosen.isdigit():
            candidates = candidates[int(chosen) : int(chosen) + 1]
        else:
            candidates.append((_EGL_PLATFORM_SURFACELESS, None))
        for platform, native in candidates:
            display = platform_display(platform, native, None) if platform_display else None
            if display:
                yield display
        if not chosen and (display := egl.eglGetDisplay(None)):
            yield display

    def _created(self, display: int) -> int | None:
        config, count = ctypes.c_void_p(), ctypes.c_int()
        self._egl.eglBindAPI(_EGL_OPENGL_API)
        self._egl.eglChooseConfig(display, _ints(_EGL_CONFIG), ctypes.byref(config), 1, ctypes.byref(count))
        return self._egl.eglCreateContext(display, config, None, _ints(_EGL_CONTEXT)) if count.value else None

    def make_current(self) -> None:
        # Which API is meant is a setting of the thread, and others may have changed it.
        self._egl.eglBindAPI(_EGL_OPENGL_API)
        if not self._egl.eglMakeCurrent(self._display, None, None, self._context):
            raise Unavailable(f"EGL cannot use its context (error 0x{self._egl.eglGetError():x})")

    def close(self) -> None:
        # A context that is current would live on.
        self._egl.eglMakeCurrent(self._display, None, None, None)
        self._egl.eglDestroyContext(self._display, self._context)


class _OsMesa:
    """A context in main memory. PyOpenGL 3.1.0 does not know the call that makes a modern one, nor how to tell two apart."""

    def __init__(self) -> None:
        library: Any = _LOADER.PLATFORM.GL
        # Its own type for contexts cannot be a dictionary's key, as which PyOpenGL and pyrender use them.
        _LOADER.PLATFORM.GetCurrentContext.restype = ctypes.c_void_p
        create = getattr(library, "OSMesaCreateContextAttribs", None)
        if create is None:
            raise Unavailable("libOSMesa is too old")
        create.restype, create.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p]
        self._use, self._destroy = library.OSMesaMakeCurrent, library.OSMesaDestroyContext
        self._use.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_int]
        self._destroy.restype, self._destroy.argtypes = None, [ctypes.c_void_p]
        self._pixel = (ctypes.c_ubyte * 4)()
        self._context = create(_ints(_OSMESA_CONTEXT), None)
        if not self._context:
            raise Unavailable(f"OSMesa offers no OpenGL {VERSION[0]}.{VERSION[1]}")

    def make_current(self) -> None:
        if not self._use(self._context, self._pixel, GL.GL_UNSIGNED_BYTE, 1, 1):
            raise Unavailable("OSMesa cannot use its context")

    def close(self) -> None:
        self._use(None, None, 0, 0, 0)
        self._destroy(self._context)


def _ints(values: tuple[int, ...]) -> Any:
    return (ctypes.c_int * len(values))(*values)


def _typed_egl(egl: Any) -> Any:
    """Pointers are wider than ctypes takes an unnamed argument to be."""
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    for name, result, *arguments in (
        ("eglGetProcAddress", pointer, ctypes.c_char_p),
        ("eglGetDisplay", pointer, pointer),
        ("eglInitialize", integer, pointer, pointer, pointer),
        ("eglBindAPI", integer, ctypes.c_uint),
        ("eglChooseConfig", integer, pointer, pointer, pointer, integer, pointer),
        ("eglCreateContext", pointer, pointer, pointer, pointer, pointer),
        ("eglMakeCurrent", integer, pointer, pointer, pointer, pointer),
        ("eglDestroyContext", integer, pointer, pointer),
        ("eglGetError", integer),
    ):
        function = getattr(egl, name)
        function.restype, function.argtypes = result, arguments
    return egl


if __name__ == "__main__":
    context = Context()
    os.write(1, context.description.encode())
    context.close()
