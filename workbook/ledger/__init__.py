"""The ledger: every figure that the lectures state, and the computed value.

`figures` reads `figures.toml` and computes each entry; `quoted_networks` are the networks that the lectures count.
"""
