"""Grade submissions that nobody trusts: what each module does is in its first line."""
