"""Where this package meets Locust: its master, its workers, its web UI and its messages."""
