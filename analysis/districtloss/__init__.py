"""districtloss: a reproducible report on districts of Afghanistan reported lost from 4 June 2021 on."""

__version__ = "1.2.0"
