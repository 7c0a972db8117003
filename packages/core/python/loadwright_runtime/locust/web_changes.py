"""What the web UI of Locust can do to a test."""

# Routes of Locust's web UI that change a test or its figures, and what they are called in the list of events.
CHANGES = {
    "locust.swarm": "edit",
    "locust.stop": "stop",
    "locust.reset_stats": "reset",
    "locust.update_user": "edit",
}
