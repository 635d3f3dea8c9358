"""How arms are held that carry, hold or hang on to something."""

from diorama.sim.spec.people import Arm

#: A hand before the chest, closed around an upright stick.
UMBRELLA_ARM = Arm(shoulder_rad=(0.3, 0.3, -0.59), elbow_rad=2.05, forearm_rad=-0.3, fingers_rad=1.5)
#: Forearms level before the body, under or around something.
BOX_ARM = Arm(shoulder_rad=(0.19, 0.2, -0.35), elbow_rad=1.52, forearm_rad=-0.6, wrist_rad=0.1, fingers_rad=0.2)
#: A phone at the ear, and one that is looked at.
CALL_ARM = Arm(shoulder_rad=(1.1, 0.4, 0.0), elbow_rad=2.6, forearm_rad=0.1, wrist_rad=0.2, fingers_rad=0.9)
LOOK_ARM = Arm(shoulder_rad=(0.52, 0.1, -0.8), elbow_rad=1.75, forearm_rad=-0.8, wrist_rad=0.2, fingers_rad=0.8)
#: A hand in the pocket, hands folded before the chest, on the hip, behind the back.
POCKET_ARM = Arm(shoulder_rad=(-0.32, 0.31, -0.58), elbow_rad=1.07, forearm_rad=0.5, fingers_rad=0.3)
FOLDED_ARM = Arm(shoulder_rad=(0.33, -0.05, -1.09), elbow_rad=1.66, forearm_rad=0.7, fingers_rad=0.5)
HIP_ARM = Arm(shoulder_rad=(-0.39, 0.65, -0.87), elbow_rad=1.73, forearm_rad=0.9, wrist_rad=0.4, fingers_rad=0.5)
BEHIND_ARM = Arm(shoulder_rad=(-0.45, 0.12, -1.3), elbow_rad=0.89, forearm_rad=1.0, fingers_rad=0.6)
#: One that a bag hangs from.
LOADED_ARM = Arm(shoulder_rad=(0.02, 0.12, 0.0), elbow_rad=0.12, forearm_rad=0.25, fingers_rad=1.6)
