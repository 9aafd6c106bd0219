"""The tasks of computer vision, each small enough to learn in seconds: scenes, networks, decoding, metrics.

`scenes` composes pictures of MNIST digits with boxes and masks, `arrows` draws arrows with landmarks; `networks`
builds one small network a task; `targets` turns annotations into what a network learns, and its outputs back into
boxes, masks and points; `metrics` measures; `tasks` trains.
"""
