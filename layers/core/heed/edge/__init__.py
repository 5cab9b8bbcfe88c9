"""What the Lambda border shares: requests, answers, API keys, logs, problems, pages."""
