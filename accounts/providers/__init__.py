"""Services elsewhere that say who somebody is: an OpenID Connect provider, and a sibling user service."""
