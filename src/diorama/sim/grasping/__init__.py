"""Where a gripper can hold things: candidates from geometry, verdicts from physics, labels in pictures."""
