"""What is done to entries that are named: choosing, listing, adding, changing, removing, and what that needs."""
