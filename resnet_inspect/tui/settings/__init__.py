"""What a user can set: config.toml, keys, themes; and what is remembered."""
