"""What each body is in semantic masks: Cityscapes' classes, and which of CamVid's eleven each of them is.

Ids, ids for training (255: ignored) and colours: M. Cordts et al., "The Cityscapes dataset for semantic urban scene understanding", 2016. CamVid:
G. Brostow et al., "Segmentation and recognition using structure from motion point clouds", 2008, in the eleven classes of V. Badrinarayanan et al.,
"SegNet", 2015.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import UnknownName, suggestion
from diorama.sim.spec import SceneSpec

IGNORED = 255
#: CamVid's eleven, in the usual order; what is none of them is void.
CAMVID = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist")


@dataclass(frozen=True, slots=True)
class SemanticClass:
    """One of Cityscapes' classes, with its group, colour (sRGB) and what CamVid calls it. Of `things` there are instances."""

    name: str
    id: int
    train_id: int
    group: str
    color: tuple[int, int, int]
    camvid: str | None = None
    things: bool = False

    @property
    def is_ignored(self) -> bool:
        """Whether it counts in no evaluation."""
        return self.train_id == IGNORED


CLASSES = (
    SemanticClass("unlabeled", 0, 255, "void", (0, 0, 0)),
    SemanticClass("ego vehicle", 1, 255, "void", (0, 0, 0)),
    SemanticClass("rectification border", 2, 255, "void", (0, 0, 0)),
    SemanticClass("out of roi", 3, 255, "void", (0, 0, 0)),
    SemanticClass("static", 4, 255, "void", (0, 0, 0)),
    SemanticClass("dynamic", 5, 255, "void", (111, 74, 0), "car"),
    SemanticClass("ground", 6, 255, "void", (81, 0, 81)),
    SemanticClass("road", 7, 0, "flat", (128, 64, 128), "road"),
    SemanticClass("sidewalk", 8, 1, "flat", (244, 35, 232), "pavement"),
    SemanticClass("parking", 9, 255, "flat", (250, 170, 160), "pavement"),
    SemanticClass("rail track", 10, 255, "flat", (230, 150, 140)),
    SemanticClass("building", 11, 2, "construction", (70, 70, 70), "building"),
    SemanticClass("wall", 12, 3, "construction", (102, 102, 156), "building"),
    SemanticClass("fence", 13, 4, "construction", (190, 153, 153), "fence"),
    SemanticClass("guard rail", 14, 255, "construction", (180, 165, 180), "fence"),
    SemanticClass("bridge", 15, 255, "construction", (150, 100, 100), "building"),
    SemanticClass("tunnel", 16, 255, "construction", (150, 120, 90), "building"),
    SemanticClass("pole", 17, 5, "object", (153, 153, 153), "pole"),
    SemanticClass("polegroup", 18, 255, "object", (153, 153, 153), "pole"),
    SemanticClass("traffic light", 19, 6, "object", (250, 170, 30), "sign"),
    SemanticClass("traffic sign", 20, 7, "object", (220, 220, 0), "sign"),
    SemanticClass("vegetation", 21, 8, "nature", (107, 142, 35), "tree"),
    SemanticClass("terrain", 22, 9, "nature", (152, 251, 152), "tree"),
    SemanticClass("sky", 23, 10, "sky", (70, 130, 180), "sky"),
    SemanticClass("person", 24, 11, "human", (220, 20, 60), "pedestrian", things=True),
    SemanticClass("rider", 25, 12, "human", (255, 0, 0), "bicyclist", things=True),
    SemanticClass("car", 26, 13, "vehicle", (0, 0, 142), "car", things=True),
    SemanticClass("truck", 27, 14, "vehicle", (0, 0, 70), "car", things=True),
    SemanticClass("bus", 28, 15, "vehicle", (0, 60, 100), "car", things=True),
    SemanticClass("caravan", 29, 255, "vehicle", (0, 0, 90), "car", things=True),
    SemanticClass("trailer", 30, 255, "vehicle", (0, 0, 110), "car", things=True),
    SemanticClass("train", 31, 16, "vehicle", (0, 80, 100), "car", things=True),
    SemanticClass("motorcycle", 32, 17, "vehicle", (0, 0, 230), "bicyclist", things=True),
    SemanticClass("bicycle", 33, 18, "vehicle", (119, 11, 32), "bicyclist", things=True),
)

BY_NAME = {one.name: one for one in CLASSES}
#: Categories of ours that Cityscapes calls otherwise. Others have its own names, with "-" for a blank, or else are "dynamic".
_CATEGORIES = {"van": "car", "tram": "train", "pedestrian": "person"}
#: An instance's id is its class's times this, plus its number among those of its class in the scene.
PER_CLASS = 1000


def class_of(name: str) -> SemanticClass:
    """The class of this name. Raises UnknownName."""
    if name not in BY_NAME:
        raise UnknownName(f'Cityscapes has no class "{name}".{suggestion(name, BY_NAME)}')
    return BY_NAME[name]


def semantic_ids(spec: SceneSpec, *, ego: str | None = None, others: Mapping[str, str] | None = None) -> NDArray[np.uint8]:
    """(n + 1,) Cityscapes ids by instance id: of nothing, which is the sky, and of each body.

    A body is what its category is called (`others` say what else categories, and stuff, are called), or without one what its `stuff` says, or else
    ``static``; what is of another category is ``dynamic``. `ego` is the name of the vehicle that carries the camera.
    """
    named = _CATEGORIES | dict(others or {})

    def of(name: str, without: str) -> int:
        plain = named.get(name, name).replace("-", " ")
        return BY_NAME.get(plain, BY_NAME[without]).id

    ids = [BY_NAME["sky"].id]
    for body in spec.bodies:
        if body.name == ego:
            ids.append(BY_NAME["ego vehicle"].id)
        elif body.category is not None:
            ids.append(of(body.category, "dynamic"))
        else:
            ids.append(of(body.stuff or "static", "static"))
    return np.array(ids, np.uint8)


def instance_ids(semantic: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """(n + 1,) Cityscapes instance ids, of `semantic_ids`: of things id * 1000 + their number in the scene, of all else the id.

    The number is a body's in all of a scene's pictures; from the thousandth of a class on it is none of its own, as in groups.
    """
    out = semantic.astype(np.uint16)
    for one in CLASSES:
        if one.things:
            (places,) = np.nonzero(semantic == one.id)
            out[places[:PER_CLASS]] = one.id * PER_CLASS + np.arange(len(places[:PER_CLASS]))
    return out


def table(of: Mapping[int, int], without: int = IGNORED) -> NDArray[np.uint8]:
    """(256,) a look-up table from class ids."""
    out = np.full(256, without, np.uint8)
    for key, value in of.items():
        out[key] = value
    return out


#: From ids to ids for training, and to CamVid's eleven by number (255: void).
TRAIN_IDS = table({one.id: one.train_id for one in CLASSES})
CAMVID_IDS = table({one.id: CAMVID.index(one.camvid) for one in CLASSES if one.camvid})
#: (256, 3) sRGB of ids.
COLORS = np.stack([table({one.id: one.color[k] for one in CLASSES}, 0) for k in range(3)], axis=1)
