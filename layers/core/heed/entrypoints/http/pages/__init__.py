"""The pages that recipients see, and the forms that they send."""
