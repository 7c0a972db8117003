"""What the API's code is made of; Chalice deploys this folder with it."""
