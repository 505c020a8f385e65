"""The store: a folder that holds one vector set, mapped and never changed."""
