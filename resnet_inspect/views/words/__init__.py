"""Phrases: numbers, shapes and ops as text, what a stage did, what differs. No cells here."""
