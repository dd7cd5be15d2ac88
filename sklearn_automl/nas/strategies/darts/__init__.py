"""What DARTS is made of: alphas, their gradient, and what they mean in the end."""
