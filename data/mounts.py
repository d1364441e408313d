"""Which file system a folder lies on, where several hosts could share it."""

import os
from pathlib import Path
from typing import Final

TABLE: Final = Path("/proc/self/mountinfo")
"""Where Linux lists what is mounted."""
SHARED: Final = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "coda", "ncpfs", "9p"),
        *("ceph", "glusterfs", "lustre", "beegfs", "gpfs", "ocfs2", "gfs2", "orangefs", "pvfs2"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.s3fs"),
        *("fuse.rclone", "fuse.davfs2", "fuse.gcsfuse", "fuse.juicefs", "fuse.moosefs"),
    )
)
"""Types on which processes do not see one memory: those of networks and clusters, and 9p, by which
a virtual machine sees its host's files. Of virtiofs and other FUSE types nothing is said here: they
mostly show a local disk.
"""


def shared_type(folder: Path, table: Path | None = None) -> str | None:
    """The type of the network file system that ``folder`` lies on; None for a local one.

    Found by the number of its device, which also holds where mounts lie over each other. None as
    well where the system has no table of mounts, which only Linux has.
    """
    try:
        device = folder.stat().st_dev
        lines = (table or TABLE).read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in lines:
        place, _, kind = line.partition(" - ")
        if place.split(" ", 3)[2:3] == [wanted]:
            found = kind.split(" ", 1)[0]
            return found if found in SHARED else None
    return None
