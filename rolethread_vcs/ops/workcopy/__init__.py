"""Working copies: files and folders in which a branch is edited elsewhere."""
