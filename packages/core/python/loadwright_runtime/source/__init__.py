"""What is sent: the side that targets build on."""
