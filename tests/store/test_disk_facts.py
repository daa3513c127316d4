"""What we can tell about the disk a dataset lies on."""

from __future__ import annotations

import pytest

from rolethread_vcs.store.filesystem import cloud_service, filesystem_of, filesystem_warning, free_bytes


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("OneDrive - Acme/sets/x", "OneDrive"),
        ("Dropbox/x", "Dropbox"),
        ("Library/Mobile Documents/com~apple~CloudDocs/x", "iCloud Drive"),
        ("Nextcloud/x", "Nextcloud"),
        ("plain/x", None),
        ("sandbox/dropboxes/x", None),
    ],
)
def test_a_cloud_folder_is_known_by_its_name(tmp_path, folder, service):
    assert cloud_service(tmp_path / folder) == service


def test_a_cloud_folder_is_known_by_its_marker(tmp_path):
    (tmp_path / "sync/.stfolder").mkdir(parents=True)

    assert cloud_service(tmp_path / "sync/sets/x") == "Syncthing"


def test_the_disk_of_a_folder_is_told_where_the_system_tells(tmp_path):
    assert free_bytes(tmp_path) > 0
    assert filesystem_of(tmp_path) is None or filesystem_of(tmp_path).isprintable()


@pytest.mark.parametrize(("kind", "word"), [("nfs4", "network"), ("vfat", "journal")])
def test_a_risky_disk_is_warned_of(kind, word):
    assert word in filesystem_warning(kind)
    assert filesystem_warning("ext4") is None
    assert filesystem_warning(None) is None
