"""What people write by hand to serve a model: flyball is compared with it."""
