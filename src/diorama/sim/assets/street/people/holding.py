"""How arms are held that carry, hold or hang on to something."""

from diorama.sim.spec.people import Arm

#: A hand before the chest, closed around an upright stick.
UMBRELLA_ARM = Arm(shoulder_rad=(0.55, 0.12, -0.5), elbow_rad=1.95, forearm_rad=-0.2, fingers_rad=1.5)
#: Forearms level before the body, under or around something.
BOX_ARM = Arm(shoulder_rad=(0.25, 0.1, 0.15), elbow_rad=1.35, forearm_rad=-0.5, wrist_rad=0.1, fingers_rad=0.2)
#: A phone at the ear, and one that is looked at.
CALL_ARM = Arm(shoulder_rad=(0.75, 0.35, 0.1), elbow_rad=2.5, forearm_rad=0.3, wrist_rad=0.1, fingers_rad=0.8)
LOOK_ARM = Arm(shoulder_rad=(0.45, 0.1, -0.35), elbow_rad=1.75, forearm_rad=-0.6, wrist_rad=0.2, fingers_rad=0.7)
#: A hand in the pocket, hands folded before the chest, on the hip, behind the back.
POCKET_ARM = Arm(shoulder_rad=(-0.25, 0.22, -0.2), elbow_rad=0.75, forearm_rad=0.4, fingers_rad=0.3)
FOLDED_ARM = Arm(shoulder_rad=(0.35, 0.12, -0.75), elbow_rad=1.9, forearm_rad=0.9, fingers_rad=0.4)
HIP_ARM = Arm(shoulder_rad=(-0.35, 0.75, -0.9), elbow_rad=1.65, forearm_rad=0.9, wrist_rad=0.3, fingers_rad=0.4)
BEHIND_ARM = Arm(shoulder_rad=(-0.6, 0.15, -0.8), elbow_rad=0.75, forearm_rad=1.0, fingers_rad=0.6)
#: One that a bag hangs from.
LOADED_ARM = Arm(shoulder_rad=(0.02, 0.12, 0.0), elbow_rad=0.12, forearm_rad=0.25, fingers_rad=1.6)
