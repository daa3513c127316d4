"""Three-way merge of entries, as conversations: pure values in, decisions and conflicts out."""
