"""What the store asks of the file system: which kind it is, and that bytes are on the disk."""

from __future__ import annotations

import os
from pathlib import Path

_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "gpfs", "ncpfs"),
}


MOUNTS = Path("/proc/self/mountinfo")  # the kernel's list, on Linux


def network_kind(path: Path) -> str:
    """Return the kind of network file system a path lies on; empty if on none, or unknown."""
    if not MOUNTS.exists():
        return ""
    place = path.resolve()
    found: dict[Path, str] = {}
    for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        left, _, right = line.partition(" - ")
        point = left.split(" ")[4].encode().decode("unicode_escape")  # blanks are \040
        found[Path(point)] = right.split(" ")[0]
    for folder in (place, *place.parents):
        if folder in found:
            return found[folder] if found[folder] in _NETWORK else ""
    return ""


def sync_file(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
