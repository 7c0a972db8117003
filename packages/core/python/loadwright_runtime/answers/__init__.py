"""What a right answer is, and what a stream of one holds."""
