"""Recognises folders that a cloud service copies behind our back, which corrupts git repositories."""

from __future__ import annotations

from pathlib import Path

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
