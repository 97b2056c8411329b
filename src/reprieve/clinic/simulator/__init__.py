"""An invented clinic: people, histories computed by the engine, and a day that moves on.

The one room of the clinic that asks the engine. Everything it enters goes through the verbs that
a nurse's tablet uses, so the demo obeys every rule of the product.
"""

PASSWORD = "reprieve demo"  # of everybody in the demo; printed where it starts
