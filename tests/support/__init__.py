"""What the tests stand on: a throw-away database, Redis, a browser."""
