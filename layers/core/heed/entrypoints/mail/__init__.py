"""Mail that recipients get."""
