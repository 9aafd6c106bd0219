"""Scripts that make the bundled data, the stored results and the README's picture."""
