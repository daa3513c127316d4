"""Two states side by side: which entries differ, and how."""
