"""Psychotherapy notes, apart from the chart and sealed at rest."""
