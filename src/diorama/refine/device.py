"""Where a network is trained."""

import torch

from diorama.sim.errors import InvalidValue


def device_of(name: str) -> torch.device:
    """The device of this name, "cpu" or "cuda". Raises InvalidValue when torch has no such one here."""
    if name == "cuda" and not torch.cuda.is_available():
        why = "was built without it" if torch.version.cuda is None else "finds no device that has it"
        raise InvalidValue(f"this needs CUDA, and torch {torch.__version__} {why}. Train on the CPU: --preset cpu, and no --device cuda")
    return torch.device(name)


def mixes(device: torch.device) -> bool:
    """Whether bfloat16 is worth it there. It has the exponents of float32, so that losses need no scaling as they would in float16."""
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
