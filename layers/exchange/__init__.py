"""The door between files of the outside and tables."""
