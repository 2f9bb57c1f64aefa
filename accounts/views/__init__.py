"""Pages about people; sign-in and its kin are allauth's, in our templates."""
