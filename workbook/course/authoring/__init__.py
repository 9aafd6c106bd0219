"""Build and check the notebooks: what a chapter's source may hold, and what is made of it."""
