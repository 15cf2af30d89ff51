"""What the throughput benchmark stands on: statements counted in any process, a revision checked out and removed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simulations import revisions, statements

_THREE = """
from sqlalchemy import create_engine, text
with create_engine("sqlite://").begin() as connection:
    for _ in range(3):
        connection.execute(text("select 1"))
"""


def test_the_statements_of_another_process_are_counted(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    counts.mkdir()
    shutil.copy(statements.__file__, tmp_path / "sitecustomize.py")
    environment = os.environ | {"PYTHONPATH": str(tmp_path), statements.FOLDER: str(counts)}
    for times in (1, 2):
        subprocess.run([sys.executable, "-c", _THREE], env=environment, check=True)
        assert statements.counted(counts) == 3 * times


def test_a_revision_is_checked_out_and_its_work_tree_removed() -> None:
    with revisions.checkout("HEAD") as root:
        assert (root / "run.py").read_bytes()
    assert not root.exists()
    listed = subprocess.run(["git", "worktree", "list"], cwd=revisions.ROOT, capture_output=True, check=True)
    assert str(root) not in listed.stdout.decode()
    with revisions.checkout(str(revisions.ROOT)) as here:
        assert here == revisions.ROOT


@pytest.mark.parametrize("given", ["no-such-revision", "--help", "HEAD; ls"])
def test_what_is_no_revision_is_refused(given: str) -> None:
    with pytest.raises(revisions.RevisionUnknown), revisions.checkout(given):
        pass
