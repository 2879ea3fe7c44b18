"""How good the detectors are: labelled sessions in virtual time, and figures of what was found.

The generator plays charger, charge point and central system; it knows nothing of the detectors.
Open first: `README.md`.
"""
