"""The exercises, one file a chapter: ALL of chapter 02 stand in `c02_convolution.py`, in the tuple EXERCISES."""
