"""The wheel's build hook: the bundle of plotly.js goes into the wheel, though not into the tree."""

import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Bundle(BuildHookInterface):  # type: ignore[misc]
    """Brings the bundle before the wheel is filled; without it the wheel is built all the same."""

    def dependencies(self) -> list[str]:
        """What the build needs in its own environment: brotli, and an npm if there is none."""
        bundle = self._bundle()
        lacks = not bundle.present() and shutil.which("npm") is None
        return ["brotli>=1.2", *([bundle.NODE] if lacks else [])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the bundle and name its files; a tree that is worked on gets it from make."""
        if version == "editable":
            return
        bundle = self._bundle()
        try:
            bundle.install(bundle.FOLDER, bundle.commands())
        except (bundle.SourceError, OSError) as error:
            self.app.display_warning(f"The page will send the whole plotly.js: {error}")
            return
        build_data["artifacts"] += [f"/dashboard/vendor/{name}" for name in bundle.files()]

    def _bundle(self) -> Any:
        # Hatch loads this file by its path: the tree is not where imports are looked for.
        root = str(Path(self.root))
        if root not in sys.path:
            sys.path.insert(0, root)
        from dashboard import bundle

        return bundle
