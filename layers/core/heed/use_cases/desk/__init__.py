"""The sign-in to the desk."""
