"""Look inside a trained network: feature maps, and images made by following gradients back to the pixels.

Arrays in, arrays out, for any Keras model whose first input is a batch of images (batch, H, W, C):

- `feature_maps`, `activation_degree`, `part`, `layer_names`: the outputs of a layer for given images;
- `ascend`: the image that excites a filter, a dense neuron or an output most, with penalties and a record;
- `saliency`, `grad_cam`: the pixels and the regions that matter for a class;
- `dream`: amplify what a layer sees, at several sizes; `stylise`: the content of one picture, the style of another;
- `input_gradient`, `weight_gradients`: gradients with respect to the input or to the weights, with TensorFlow or JAX;
- `Canvas`: from pictures to a classifier's input and back; `open_picture`, `upload`: a learner's own photograph;
- `filter_normalised`, `random_direction`, `loss_grid`: the loss around a network (see `workbook.interpret.surface`).

Nothing here changes a weight of the model.
"""

from workbook.gradients import InputGradient, input_gradient, weight_gradients
from workbook.interpret.ascent import Ascent, ascend, climb
from workbook.interpret.attribution import grad_cam, saliency
from workbook.interpret.canvas import Canvas, open_picture, upload
from workbook.interpret.dreaming import Dream, dream, octave_sizes, resized
from workbook.interpret.maps import activation_degree, any_size, feature_maps, layer_names, part
from workbook.interpret.penalties import PENALTIES, blurred, ink, total_variation
from workbook.interpret.style import Style, gram_matrix, style_loss, stylise
from workbook.interpret.surface import displaced, filter_normalised, loss_grid, random_direction

__all__ = [
    "PENALTIES", "Ascent", "Canvas", "Dream", "InputGradient", "Style", "activation_degree", "any_size", "ascend",
    "blurred", "climb", "displaced", "dream", "feature_maps", "filter_normalised", "grad_cam", "gram_matrix", "ink",
    "input_gradient", "layer_names", "loss_grid", "octave_sizes", "open_picture", "part", "random_direction", "resized",
    "saliency", "style_loss", "stylise", "total_variation", "upload", "weight_gradients",
]  # fmt: skip
