"""Scripts that made the bundled data, the stored results and the README's picture; run them to make them again."""
