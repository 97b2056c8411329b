"""Patients and what makes them eligible."""
