"""What runs inside the jail, beside the learner's code: copied there without the rest of the package's course/.

Nothing here may know a right answer, and nothing outside may trust what these modules say once an answer has run.
"""
