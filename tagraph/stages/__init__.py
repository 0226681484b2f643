"""The method, one pure function family per file; stages do not know each other."""
