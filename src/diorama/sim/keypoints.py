"""COCO's seventeen keypoints of a person: names, which of them are joined, and how deep they are."""

#: In COCO's order. Left is the person's own.
NAMES = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)

_BONES = (
    *(("left_ankle", "left_knee"), ("left_knee", "left_hip"), ("right_ankle", "right_knee"), ("right_knee", "right_hip"), ("left_hip", "right_hip")),
    *(("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"), ("left_shoulder", "right_shoulder")),
    *(("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow"), ("left_elbow", "left_wrist"), ("right_elbow", "right_wrist")),
    *(("left_eye", "right_eye"), ("nose", "left_eye"), ("nose", "right_eye"), ("left_eye", "left_ear"), ("right_eye", "right_ear")),
    *(("left_ear", "left_shoulder"), ("right_ear", "right_shoulder")),
)

#: Pairs that are joined, as COCO counts them: from 1.
SKELETON = tuple((NAMES.index(a) + 1, NAMES.index(b) + 1) for a, b in _BONES)

#: Metres of the person's own flesh and clothes that a joint may be seen through: it lies within, and who labels photographs marks it all the same.
#: What is more is another part of the person, which hides it.
DEPTH_M = dict(
    zip(
        NAMES,
        (0.04, 0.05, 0.05, 0.06, 0.06, 0.13, 0.13, 0.1, 0.1, 0.08, 0.08, 0.17, 0.17, 0.11, 0.11, 0.1, 0.1),
        strict=True,
    )
)

#: Categories of which every annotation has keypoints.
CATEGORIES = ("person", "rider")
