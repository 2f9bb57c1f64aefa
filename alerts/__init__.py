"""What people asked to be told, and what they were told."""
