"""`workbook league`: retrain every entry of a class in the jail, and rank them on examples that are drawn later."""
