"""CSV files: types of columns, what is left out, and what is written of them."""

import json

import numpy as np
import pytest
import yaml

from diorama.cli import main
from diorama.measure.table import read_table
from diorama.randomizers.distributions import Distribution, GaussianCopula, SequentialTrees
from diorama.sim.codec import from_json
from diorama.sim.errors import InvalidValue


def written(tmp_path, text, name="parts.csv"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_columns_have_the_type_of_all_their_cells(tmp_path):
    columns, notes = read_table(written(tmp_path, "\ufeffkind, count,size.m\ncup,1,2\nfork,-2,0.5\n\ncup,+3,1e-3\n"))
    assert columns == {"kind": ["cup", "fork", "cup"], "count": [1, -2, 3], "size_m": [2.0, 0.5, 0.001]}
    assert [type(v) for v in columns["size_m"]] == [float] * 3
    assert notes == []
    assert read_table(written(tmp_path, "a;b\n1,5;2\n"))[0] == {"a": ["1,5"], "b": [2]}


def test_what_is_left_out_is_said(tmp_path):
    rows = "".join(f"part-{i},{i % 3},x\n" for i in range(12))
    columns, notes = read_table(written(tmp_path, f"name,count,kind\n{rows}part-12,,x\npart-13,nan,x\n"))
    assert set(columns) == {"count", "kind"}
    assert notes == [
        "2 of 14 rows have empty cells and are left out",
        "name holds 12 different words, which are taken for names and left out",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a row of names"),
        ("a,b\n", "expected a row of names"),
        ("a,a\n1,2\n", "the first row must name each column, differently, got a, a"),
        ("a,\n1,2\n", "the first row must name each column"),
        ("a,b\n1,2\n1\n", "row 3 has 1 cells, and there are 2 columns"),
        ("a,b\n1,\n", "every row has an empty cell"),
        ("name\nx\ny\nz\n", "there are only names in this table"),
    ],
)
def test_faults_are_named(tmp_path, text, message):
    with pytest.raises(InvalidValue, match=message):
        read_table(written(tmp_path, text))
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidValue, match="this is no CSV file"):
        read_table(tmp_path / "bytes.csv")


def make_parts(tmp_path):
    rng = np.random.default_rng(0)
    size = rng.lognormal(0, 0.4, 400)
    weight = size**2 * rng.lognormal(0, 0.2, 400)
    kind = np.where(size > 1, "large", "small")
    lines = ["size,weight,kind", *(f"{s:.5f},{w:.5f},{k}" for s, w, k in zip(size, weight, kind, strict=True))]
    return written(tmp_path, "\n".join(lines))


def test_the_command_writes_variables_that_a_plan_takes(tmp_path, capsys):
    path = make_parts(tmp_path)
    assert main(["fit", "table", str(path), "--out", str(tmp_path / "fitted")]) == 0
    said = capsys.readouterr().out
    assert "400 rows, tied by trees: kind holds words" in said
    assert "size: LogN(" in said
    variables = yaml.safe_load((tmp_path / "fitted" / "variables.yaml").read_text())["variables"]
    joint = from_json(Distribution, variables["parts"])
    assert isinstance(joint, SequentialTrees)
    assert joint.columns == ("size", "weight", "kind")
    statistics = json.loads((tmp_path / "fitted" / "statistics.json").read_text())
    assert statistics["columns"]["size"]["candidates"][0]["distribution"].keys() == {"log-normal"}
    report = (tmp_path / "fitted" / "report.html").read_text()
    assert report.count('src="data:image/png;base64,iVBOR') == 5  # all together, pairs, and each column
    assert "http" not in report
    plan = {"scenario": "tabletop", "variables": variables, "randomizers": [{"name": "objects", "scale": {"var": "parts.size"}}, "drop"]}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    assert main(["describe", str(tmp_path / "plan.yaml")]) == 0

    assert main(["fit", "table", str(path), "--out", str(tmp_path / "fitted")]) == 2
    assert "there is a variables.yaml and a statistics.json and a report.html already" in capsys.readouterr().err
    assert main(["fit", "table", str(path), "--out", str(tmp_path / "fitted"), "--overwrite", "--method", "copula"]) == 2
    assert "a copula ties numbers; kind holds words" in capsys.readouterr().err


def test_the_same_table_gives_the_same_files(tmp_path):
    path = written(tmp_path, "a,b\n" + "".join(f"{i % 7},{i * 0.37 % 5:.3f}\n" for i in range(100)), "1st table.csv")
    for out in ("one", "two"):
        assert main(["fit", "table", str(path), "--method", "copula", "--out", str(tmp_path / out)]) == 0
    for name in ("variables.yaml", "statistics.json", "report.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    variables = yaml.safe_load((tmp_path / "one" / "variables.yaml").read_text())["variables"]
    assert isinstance(from_json(Distribution, variables["table_1st_table"]), GaussianCopula)
