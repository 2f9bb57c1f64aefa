"""The reading of price files: what the columns mean, which dates and numbers they hold, what is wrong.

Pure: takes text lines, gives batches of columns ready to store and the rows it refuses.
"""
