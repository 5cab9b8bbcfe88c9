"""Bounces and complaints that SES reports, and what each of them changes."""
