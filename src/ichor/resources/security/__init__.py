"""What the node asks of the images that it takes."""
