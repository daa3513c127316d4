"""How results look: text, JSON, Markdown and HTML made from values; nothing here prints, asks or reads."""
