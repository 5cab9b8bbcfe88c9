"""Bounces and complaints that SES reports, and the changes that they make."""
