"""The outside world behind a protocol, one concern per file."""
