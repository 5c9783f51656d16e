"""To whom belongs what a command writes: what root writes belongs to whoever the folder belongs to.

What belongs here: being that user while a command writes. What does not: which files and modes (`assets.outbox`).
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@contextlib.contextmanager
def as_owner_of(folder: Path) -> Generator[None, None, None]:
    """Be the owner of a folder while the block writes below it, or of the nearest one above it that is there.

    For root alone, and for the whole process: without it, root would leave folders that the pipeline's user cannot
    write, and would follow links that this one has put there. Anybody else stays who they are.
    """
    if os.geteuid() != 0:
        yield
        return
    absolute = folder.absolute()
    owner = next(above for above in (absolute, *absolute.parents) if above.is_dir()).stat()
    group = os.getegid()
    try:
        os.setegid(owner.st_gid)
        os.seteuid(owner.st_uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
