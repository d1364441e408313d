"""What a source needs to be whole: a module, a line in the registry, fixtures, a README row."""

import ast
import re
from pathlib import Path

_ROW = re.compile(r"^\| `([a-z][a-z0-9_]*)` \| `https?://[^`]*` \| `\d+[smhdwy]` \|", re.MULTILINE)


def complaints(root: Path) -> list[str]:
    """Every step that was forgotten for a source in the tree at ``root``, one sentence each."""
    modules, lines = _modules(root / "collectors"), _lines(root / "collectors" / "__init__.py")
    rows = set(_ROW.findall((root / "README.md").read_text(encoding="utf-8")))
    fixtures = root / "tests" / "fixtures"
    found = []
    for name in sorted(modules | lines | rows):
        if name not in modules:
            found.append(
                f"The source {name} has no module: write collectors/{name}.py with 'read'."
            )
        if name not in lines:
            found.append(f"The source {name} has no line in COLLECTORS in collectors/__init__.py.")
        if not (fixtures / name).is_dir() or not any((fixtures / name).iterdir()):
            found.append(
                f"The source {name} has no fixture: put its pages in tests/fixtures/{name}/."
            )
        if name not in rows:
            found.append(f"The source {name} has no row (name, page, every) in README.md.")
    return found


def _modules(folder: Path) -> set[str]:
    """The modules that have a reader."""
    return {
        path.stem
        for path in folder.glob("*.py")
        if any(
            isinstance(node, ast.FunctionDef) and node.name == "read"
            for node in ast.parse(path.read_text(encoding="utf-8")).body
        )
    }


def _lines(registry: Path) -> set[str]:
    """The keys of the literal COLLECTORS."""
    for node in ast.parse(registry.read_text(encoding="utf-8")).body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "COLLECTORS":
            assert isinstance(node, ast.AnnAssign)
            assert isinstance(node.value, ast.Dict), "COLLECTORS is no literal"
            return {str(ast.literal_eval(key)) for key in node.value.keys if key is not None}
    raise AssertionError(f"{registry} has no COLLECTORS")
