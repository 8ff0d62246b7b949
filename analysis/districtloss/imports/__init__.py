"""Other people's data turned into data folders."""
