"""What kind of disk or synchronised folder a dataset lies on, as far as the system and names tell.

A cloud service copies files behind our back, which corrupts git repositories.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs", "davfs"})
_FORGETFUL = frozenset({"vfat", "msdos", "exfat"})
_MOUNTS = Path("/proc/self/mountinfo")


def filesystem_of(folder: Path) -> str | None:
    """Return the type of the filesystem that a folder lies on (`ext4`, `nfs4` …), or None where nobody says."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    folder = folder.resolve()
    best, found = -1, None
    for line in lines:  # `36 35 98:0 /root /mount/point options - type source options`
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = Path(fields[4].encode("utf-8", "surrogateescape").decode("unicode_escape"))
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), after.split(" ")[0]
    return found


def filesystem_warning(kind: str | None) -> str | None:
    """Return what to know about a kind of filesystem, or None when there is nothing to fear."""
    if kind in _NETWORK:
        return f"this is a network disk ({kind}): two machines must not write to it at the same time"
    if kind in _FORGETFUL:
        return f"this disk ({kind}) has no journal: after a power cut run rtv verify"
    return None


def is_mounted_read_only(folder: Path) -> bool:
    """Return whether the disk that a folder lies on takes no writing at all; False where the system does not say."""
    if not hasattr(os, "statvfs"):  # Windows
        return False
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def free_bytes(folder: Path) -> int | None:
    """Return the free space where a folder lies, in bytes, or None where the system does not say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


_NAMES = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "icloud drive": "iCloud Drive",
    "icloud~": "iCloud Drive",
    "com~apple~clouddocs": "iCloud Drive",
    "mobile documents": "iCloud Drive",
    "box": "Box",
    "box sync": "Box",
    "pcloud": "pCloud",
    "pclouddrive": "pCloud",
    "mega": "MEGA",
    "megasync": "MEGA",
    "nextcloud": "Nextcloud",
    "owncloud": "ownCloud",
    "yandex.disk": "Yandex Disk",
    "proton drive": "Proton Drive",
}
_MARKERS = {
    ".stfolder": "Syncthing",
    ".dropbox": "Dropbox",
    ".sync": "Resilio Sync",
    ".owncloudsync.log": "ownCloud",
}


def cloud_service(folder: Path) -> str | None:
    """Return the name of the service whose folder this is, or None; judged by folder names and marker files."""
    resolved = folder.resolve()
    for part in (resolved, *resolved.parents):
        name = part.name.casefold()
        if name in _NAMES:
            return _NAMES[name]
        for prefix in ("onedrive - ", "dropbox (", "googledrive-", "onedrive-"):
            if name.startswith(prefix):
                return _NAMES[prefix.rstrip(" -(")]
        for marker, service in _MARKERS.items():
            if (part / marker).exists():
                return service
    return None
