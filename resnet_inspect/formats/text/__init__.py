"""A table laid out in lines of text: what the plain and the terminal format share."""
