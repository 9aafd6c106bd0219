"""The cost of a Keras model, layer by layer: shape, parameters, MACs, memory, receptive field.

`print(account(model))` shows the table; `rows`, `frame()` and `blocks()` are the same as values, as a pandas
frame and for a picture (`plots.show_architecture`). Branches, shortcuts, shared layers and nested models are followed
call by call: a layer that is called twice has its MACs twice and its parameters once.
"""

from workbook.accountant.measure import measured_fields
from workbook.accountant.rules import Rule
from workbook.accountant.table import Account, LayerCost
from workbook.accountant.walk import account

__all__ = ["Account", "LayerCost", "Rule", "account", "measured_fields"]
