"""Looking at pictures and laying them out; Pillow is loaded only when it is used."""
