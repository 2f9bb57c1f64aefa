"""Values that move on open pages: a hub in each server process, sockets, and what wakes the hub.

`send_hint` says that something changed; every server process reads what did and tells its sockets.
It knows no app: what a kind of stream is made of is a `Feed`. docs/market/live.md.
"""
