"""HTTP requests as API Gateway hands them over."""
