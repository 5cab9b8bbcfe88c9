"""Mail that Heed sends to recipients."""
