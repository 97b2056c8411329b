"""Courses of treatment and their calendar."""
