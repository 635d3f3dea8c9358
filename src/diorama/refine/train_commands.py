"""``diorama refine train``: a refiner learned from renderings and photographs."""

import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import arg

from diorama.refine.gate_commands import GATE_PICTURES, check_gate_pictures, print_report
from diorama.sim.errors import InvalidValue, MissingExtra, OutputError

if TYPE_CHECKING:
    from rich.console import Console

    from diorama.refine.board import Board
    from diorama.refine.gan import Learned
    from diorama.refine.gate import GateReport
    from diorama.refine.oracle import Oracle
    from diorama.refine.rendered_set import RenderedSet
    from diorama.refine.train import Losses, Training

TRAIN = """\
Learn a refiner from renderings and photographs, which need no labels.

What a camera can explain (light, colour, blur, grain, tone) is learned first and
printed: it says what the gap is. The rest is learned against an adversary, in bounds.
Beside --out there are the state to go on from, losses, and pictures before and after.

At the end, labels must be right for pictures that it refined: see diorama refine gate.
What was learned is weakened until they are, what goes beyond a camera first. A refiner
that fails even so is written as .rejected.pt instead, and the exit code is 1.

examples:
  diorama refine train --sim out/street --real camvid/images --out refiner.pt
  diorama refine train --sim out/street --real camvid/images --hold-out 67 --minutes 20 --out refiner.pt
  diorama refine train --sim out/street --real camvid/images --out refiner.pt --resume
"""

#: Steps between lines on the way, and between pictures on disk.
_TOLD, _SHOWN = 50, 200
_STATE = "diorama training"


def train(
    *,
    sim: Annotated[Path, arg(metavar="DIR", help="Data set that diorama generate wrote, with depth.")],
    real: Annotated[Path, arg(metavar="DIR", help="Folder of photographs.")],
    out: Annotated[Path, arg(metavar="FILE", help="Refiner to write.")],
    preset: Annotated[
        Literal["smoke", "cpu", "gpu"], arg(help="smoke: a minute, to see that it runs; cpu: half an hour; gpu: hours, with CUDA.")
    ] = "cpu",
    camera_only: Annotated[bool, arg(help="Learn what a camera can explain, and nothing else.")] = False,
    device: Annotated[Literal["cpu", "cuda"] | None, arg(help="Where to train.", help_behavior_hint="(default: the preset's)")] = None,
    oracle_weight: Annotated[
        float | None,
        arg(metavar="W", help="Weight of seeing the same before and after.", help_behavior_hint="(default: the preset's)"),
    ] = None,
    contrast: Annotated[float, arg(metavar="W", help="Weight of a loss by which each place must stay like itself (CUT); try 0.1.")] = 0.0,
    minutes: Annotated[float | None, arg(metavar="M", help="Stop by then.", help_behavior_hint="(default: when all steps are done)")] = None,
    hold_out: Annotated[
        int | None, arg(metavar="N", help="Leave the last N photographs, by name, unseen.", help_behavior_hint="(default: none)")
    ] = None,
    tensorboard: Annotated[
        Path | None, arg(metavar="DIR", help="Folder for losses and pictures as TensorBoard reads them.", help_behavior_hint="(default: none)")
    ] = None,
    gate_pictures: GATE_PICTURES = 64,
    seed: Annotated[int, arg(metavar="N", help="Same seed and steps, same refiner.")] = 0,
    resume: Annotated[bool, arg(help="Go on with a training that was stopped.")] = False,
) -> int:
    """Learn a refiner."""
    from rich.console import Console

    from diorama.refine.board import Board
    from diorama.refine.commands import warn_of_few
    from diorama.refine.files import check_file
    from diorama.refine.photos import find_photos
    from diorama.refine.settings import PRESETS
    from diorama.sim.seeds import Seed

    check_gate_pictures(gate_pictures)
    if minutes is not None and not minutes > 0:
        raise InvalidValue(f"--minutes must be above 0, got {minutes}")
    state = _beside(out, ".training.pt")
    for path in (out, state):
        if path.is_file() and not resume:
            raise OutputError(f"{path} exists already; go on with it by --resume, or name another file")
        check_file(path)
    try:
        from diorama.refine import checked, checkpoint
        from diorama.refine.consistency import OracleConsistency
        from diorama.refine.device import device_of
        from diorama.refine.live import one_thread
        from diorama.refine.oracle import Oracle, OracleSettings
        from diorama.refine.rendered_set import RenderedSet
        from diorama.refine.train import Training
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtra("refine train", "torch", "refine") from None

    usual = PRESETS[preset]
    settings = replace(
        usual,
        contrast=contrast,
        device=device or usual.device,
        oracle=usual.oracle if oracle_weight is None else oracle_weight,
        steps=usual.camera_steps if camera_only else usual.steps,
    )
    device_of(settings.device)
    found = checkpoint.read_plain(state, _STATE) if resume else {}
    photos = find_photos(real)
    if hold_out is not None:
        photos = photos.split(hold_out)[0]
    if len(photos) < 2:
        raise InvalidValue(f"{real}: one photograph is left to learn from, and what it shows would be learned; two are the least")
    renderings = RenderedSet(sim)
    console, notes = Console(highlight=False), Console(stderr=True, highlight=False)
    warn_of_few(notes, photos)
    if settings.compile and settings.device == "cpu":
        notes.print("nothing is compiled on the CPU, where that takes longer than it saves")
    notes.print(f"{len(renderings)} renderings, {len(photos)} photographs, preset {preset}: {settings.steps} steps")
    if resume:
        oracle = Oracle.from_state(found.get("oracle") or {})
    else:
        notes.print(f"first, {settings.oracle_steps} steps of a network that has to see the same before and after ...")
        oracle = checked.trained_oracle(renderings, seed, OracleSettings(steps=settings.oracle_steps))
        notes.print("it has a mean intersection over union of {:.2f}, and of {:.2f} on renderings that are new to it".format(*oracle.worth))
    consistencies = [(settings.oracle, OracleConsistency(oracle, settings.device))] if settings.oracle else []
    training = Training(renderings, photos, settings, Seed(seed), consistencies=consistencies)
    if resume:
        if sorted(found.get("photos", [])) != sorted(photos.digests):
            raise InvalidValue(f"{state}: that training saw other photographs; name the same --real and --hold-out, or begin anew")
        training.resume(found.get("training") or {})
        notes.print(f"going on after {training.steps_done} steps")

    def store() -> None:
        checkpoint.write_plain(state, _STATE, {"training": training.state(), "photos": list(photos.digests), "oracle": oracle.state()})

    try:
        with one_thread(), nullcontext() if tensorboard is None else Board(tensorboard, steps_done=training.steps_done) as board:
            run(training, minutes=minutes, folder=_beside(out, ".samples"), store=store, told=notes.print, board=board)
        refiner, report = _checked(training, renderings, oracle, gate_pictures, console, notes)
    except KeyboardInterrupt as stopped:
        said = str(stopped) or f"interrupted after {training.steps_done} steps, which are stored: go on with --resume."
        raise KeyboardInterrupt(f"{said} No refiner was written, since its labels were not checked.") from None
    facts = {"photos": list(photos.digests), "settings": asdict(settings), "seed": seed, "steps": training.steps_done}
    rejected, samples = _beside(out, ".rejected.pt"), _beside(out, ".samples")
    kept, other = (out, rejected) if report.passed else (rejected, out)
    checkpoint.save(kept, refiner, facts | {"gate": checked.summary(report), "oracle": oracle.state()})
    other.unlink(missing_ok=True)
    print_report(console, report)
    if not report.passed:
        console.print(
            f"labels are not right after this refiner: it was written to {rejected}, to be looked at, and there is no {out}. Go on with --resume, "
            f"or train another, with more weight on what it must keep (--oracle-weight), or --camera-only; see {samples}"
        )
        return 1
    console.print(f"wrote {out} after {training.steps_done} steps; see {samples}, and measure it by diorama refine score")
    return 0


def _checked(
    training: "Training", renderings: "RenderedSet", oracle: "Oracle", pictures: int, console: "Console", notes: "Console"
) -> "tuple[Learned, GateReport]":
    """Tells what the camera does; then the refiner as strong as labels allow."""
    from diorama.refine.checked import strongest

    console.print("What the camera branch does to these renderings, so that they look like the photographs (mean ± spread):")
    for line in training.development().lines():
        console.print(f"  {line}")
    return strongest(renderings, training.refiner(), oracle, _unlearned(len(renderings), pictures), told=notes.print)


def _unlearned(count: int, wanted: int) -> list[int]:
    """Numbers of so many renderings (0 for all) of the last eighth, of whose scenes the gate's network has learned nothing: what it knows by heart it
    does not see in any other colours. Of few renderings, it learns all.
    """
    from diorama.refine.base import spread
    from diorama.refine.oracle import FEW, UNSEEN

    first = count - int(count * UNSEEN) if count >= FEW else 0
    return [first + k for k in spread(count - first, wanted or count)]


def run(
    training: "Training",
    *,
    minutes: float | None,
    folder: Path,
    store: Callable[[], None],
    told: Callable[[str], Any],
    board: "Board | None" = None,
) -> None:
    """Train until it is done or time is up, and `store` what there is now and then, and at the end, however it ends.

    Losses go to losses.jsonl in the `folder`, a line a step, and pictures before and after beside it; both to the `board` as well.
    """
    import torch

    from diorama.refine.files import cannot_write, locked

    ends = None if minutes is None else time.monotonic() + 60 * minutes
    try:
        folder.mkdir(exist_ok=True)
        with locked(folder), (folder / "losses.jsonl").open("a", encoding="utf-8") as lines:
            try:
                while not training.done and (ends is None or time.monotonic() < ends):
                    losses = training.step()
                    number = training.steps_done
                    lines.write(json.dumps({"step": number} | losses) + "\n")
                    if board is not None:
                        board.losses(number, losses)
                    if number % _TOLD == 0 or training.done:
                        told(f"step {number}: {_words(losses)}")
                    if number % _SHOWN == 0 and not training.done:
                        _show(training, folder, board)
                        store()
            except ArithmeticError as error:
                # Nothing is stored of what came of it: what was stored before is still good.
                raise InvalidValue(f"{error}. What was stored before is kept, and would come to the same: train with another --seed") from None
            except KeyboardInterrupt:
                store()
                raise KeyboardInterrupt(f"interrupted after {training.steps_done} steps, which are stored: go on with --resume.") from None
            except torch.OutOfMemoryError:
                store()
                raise InvalidValue(
                    f"the device's memory is full after {training.steps_done} steps, which are stored: --preset cpu takes less"
                ) from None
            except BaseException:
                store()
                raise
            store()
            _show(training, folder, board)
    except OSError as error:
        raise OutputError(f"{folder}: {cannot_write(error)}") from None


def _words(losses: "Losses") -> str:
    return ", ".join(f"{name} {loss:.4f}" for name, loss in losses.items())


def _show(training: "Training", folder: Path, board: "Board | None") -> None:
    """Rendering, camera, refined, photograph: a row for each of some scenes."""
    import cv2

    samples = training.samples()
    pixels = cv2.cvtColor(samples, cv2.COLOR_RGB2BGR)
    (folder / f"{training.steps_done:06d}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    if board is not None:
        board.samples(training.steps_done, samples)


def _beside(out: Path, suffix: str) -> Path:
    return out.with_name(out.stem + suffix)
