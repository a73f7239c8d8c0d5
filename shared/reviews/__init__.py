"""Reviews: what people decide about the images of a catalog."""
