"""Role: live plot of the current, warns of the anomaly. Open first: `__main__.py`.

`logic/` decides what is shown and what it says. `chart.py` draws the chart, `figure.py` all of it
in one figure. `window.py`, `png_file.py` and `page.py` (`page_chart.py`, `server.py`) are the three
places to show it; `drawing.py` is the thread in which all is drawn.
"""
