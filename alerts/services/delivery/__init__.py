"""From the outbox to the channels: claim what is due, send it outside of any transaction, record what came.

What is claimed is due again when its lease ends, whatever becomes of who claimed it, and is finished only
with that lease: each message leaves at least once, with the same key each time, and is recorded once.
"""
