"""HTTP: requests from API Gateway, the API and the pages."""
