"""What the central system keeps, in SQLite or PostgreSQL. Open first: `store.py`."""
