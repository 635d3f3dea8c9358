"""Which scenes are for training, and which for validation."""


def is_val(scene: int, share: float) -> bool:
    """Whether a scene is of the validation set: evenly spread, and the same however many scenes there are."""
    return int((scene + 1) * share) > int(scene * share)
