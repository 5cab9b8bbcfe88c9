"""OpenID Connect: the issuer at which people sign in to the desk."""
