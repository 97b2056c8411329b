"""Pages of the ledger: read a form, call one verb, render."""
