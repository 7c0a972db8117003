"""What is sent and what a right answer is: the side that targets build on."""
