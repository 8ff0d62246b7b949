"""How good the coding is: the audit against the texts, and the agreement of two coders."""
