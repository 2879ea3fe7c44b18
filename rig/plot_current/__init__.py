"""Role: live plot of the current, warns of the anomaly. Open first: `__main__.py`.

`figure.py` draws; `window.py`, `page.py` and `png_file.py` are the three places to show it.
"""
