"""What would make a data set depend on luck, the clock or the processor, and the linter cannot see."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = sorted((ROOT / "src").rglob("*.py"))
EVERYTHING = sorted(path for folder in ("src", "tests", "benchmarks", "examples", "tools") for path in (ROOT / folder).rglob("*.py"))

#: Calls whose result differs between two runs.
CHANCE = (
    "random.",
    "secrets.",
    "uuid.",
    "os.urandom",
    "time.time",
    "datetime.now",
    "datetime.utcnow",
    "datetime.datetime.now",
    "date.today",
)
#: NumPy's generators that are explicit about their state; `default_rng` is checked for a seed.
EXPLICIT = {"Generator", "PCG64", "SeedSequence", "default_rng", "BitGenerator"}


def dotted(node):
    """`numpy.random.rand` for such an expression, with the usual abbreviation undone; an empty text for others."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join(["numpy" if node.id == "np" else node.id, *reversed(parts)])


def unseeded(tree):
    """Faults: randomness that no seed decides."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names):
            yield node, "imports random"
        if isinstance(node, ast.ImportFrom) and node.module in ("random", "numpy.random"):
            yield node, f"imports from {node.module}"
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name.startswith("numpy.random.") and name.split(".")[2] not in EXPLICIT:
                yield node, f"calls {name}, whose state everybody shares"
            if name.endswith("default_rng") and not (node.args or node.keywords):
                yield node, "calls default_rng without a seed"
            if name.endswith("SeedSequence") and not (node.args or node.keywords):
                yield node, "calls SeedSequence without a seed"
            if any(isinstance(value, ast.Constant) and value.value is None for value in node.args) and name.endswith(("default_rng", "SeedSequence")):
                yield node, "seeds with None"


def machine_dependent(tree):
    """Faults: results that differ by process, clock or processor."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.MatMult):
            yield node, "uses @, which is BLAS and rounds by processor; use transforms.compose or apply"
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name == "hash":
                yield node, "calls hash, which Python salts for each process"
            if any(name == banned or (banned.endswith(".") and name.startswith(banned)) for banned in CHANCE):
                yield node, f"calls {name}"


def faults(find, path):
    tree = ast.parse(path.read_text("utf-8"))
    return [f"{path.relative_to(ROOT)}:{node.lineno}: {what}" for node, what in find(tree)]


@pytest.mark.parametrize(
    "code",
    [
        "import random",
        "from random import shuffle",
        "from numpy.random import rand",
        "import numpy as np\nnp.random.seed(0)",
        "np.random.rand(3)",
        "numpy.random.shuffle(x)",
        "np.random.default_rng()",
        "np.random.default_rng(None)",
        "np.random.PCG64(np.random.SeedSequence())",
    ],
)
def test_unseeded_randomness_is_seen(code):
    assert list(unseeded(ast.parse(code)))


@pytest.mark.parametrize("code", ["a @ b", "a @= b", "hash(x)", "time.time()", "uuid.uuid4()", "os.urandom(4)", "datetime.datetime.now()"])
def test_machine_dependence_is_seen(code):
    assert list(machine_dependent(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["np.random.default_rng(0)", "np.random.Generator(np.random.PCG64(1))", "rng.random()", "self.hash(x)", "time.perf_counter()"]
)
def test_what_is_fine_is_let_through(code):
    assert not [*unseeded(ast.parse(code)), *machine_dependent(ast.parse(code))]


def test_all_randomness_has_a_seed():
    assert len(EVERYTHING) > len(PACKAGE) > 20
    assert [fault for path in EVERYTHING for fault in faults(unseeded, path)] == []


def test_the_package_computes_alike_everywhere():
    assert [fault for path in PACKAGE for fault in faults(machine_dependent, path)] == []


def test_every_silenced_rule_has_its_reason_beside_it():
    silenced = re.compile(r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore)(?P<rest>.*)")
    reason = re.compile(r"^(?::\s*[A-Z0-9, ]+|\[[\w, -]+\])\s*[-(#]+\s*\w+")
    bare = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in PACKAGE
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (found := silenced.search(line)) and not reason.match(found["rest"])
    ]
    assert bare == []
