"""Results as pages: what the engine found, with pictures, for reading and printing.

>>> from reprieve.report import Column, DataTable, Section, page
>>> table = DataTable(["Dose", Column("Response", "%", 1)], [["0.5 mg/kg", 45.5]])
>>> html = page("Two arms", [Section("Response", ["One dose, one day.", table])])
"""

from reprieve.report.blocks import (
    Aside,
    Badge,
    Card,
    Cards,
    Column,
    DataTable,
    Items,
    Link,
    Section,
    Shown,
    Stage,
    Stepper,
)
from reprieve.report.page import page

__all__ = [
    "Aside",
    "Badge",
    "Card",
    "Cards",
    "Column",
    "DataTable",
    "Items",
    "Link",
    "Section",
    "Shown",
    "Stage",
    "Stepper",
    "page",
]
