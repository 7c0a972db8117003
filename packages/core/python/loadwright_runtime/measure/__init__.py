"""What is measured, how it adds up, and how it travels."""
