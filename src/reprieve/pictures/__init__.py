"""Pictures as SVG, one module for terminal, report and documentation."""
