"""Files and folders: written whole, kept from run to run, hashed, packed, and reported on."""
