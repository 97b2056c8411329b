"""Pages of patients: each reads a form, calls one verb, and renders."""
