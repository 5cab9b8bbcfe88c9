"""The reader of snapshots. It runs on the machine of a sender, and no Lambda layer contains it."""
