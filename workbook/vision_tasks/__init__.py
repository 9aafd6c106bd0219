"""The tasks of computer vision, each small enough to train in seconds.

- `scenes`, `arrows`: pictures of MNIST digits with boxes and masks, and of arrows with landmarks;
- `networks`: one small network per task;
- `targets`: from annotations to training targets, and from outputs back to boxes, masks and points;
- `metrics`, `tasks`: measure and train;
- `reading`, `embedding`, `video`: strips of digits, distances between pictures, clips;
- `coins`: coins in a photograph, found by a network that learned from made-up ones;
- `generation`, `vae`, `diffusion`, `generators`: draw new digits and measure them;
- `stored`: trained networks that come with the course.
"""
