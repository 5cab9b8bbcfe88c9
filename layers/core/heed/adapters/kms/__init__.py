"""Keys that KMS derives, and addresses that KMS encrypts."""
