"""What is trained: networks of architectures, and nets that train them."""
