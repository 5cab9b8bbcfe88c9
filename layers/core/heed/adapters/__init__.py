"""What serves the ports. The only place that imports boto3 or botocore."""
