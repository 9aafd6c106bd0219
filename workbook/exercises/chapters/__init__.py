"""The exercises, one file per chapter: all of chapter 02 are in `c02_convolution.py`, in the tuple EXERCISES."""
