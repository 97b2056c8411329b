"""Forms of the patient's pages: they refuse what cannot be true, in words."""

from reprieve.clinic.patients.forms.assessing import (
    DecisionForm,
    ReasonForm,
    RemsForm,
    ResultForm,
    ScreenForm,
)
from reprieve.clinic.patients.forms.history import (
    AllergyForm,
    ContactForm,
    DiagnosisForm,
    TrialForm,
)
from reprieve.clinic.patients.forms.medicines import DoseForm, MedicineForm, StopForm
from reprieve.clinic.patients.forms.people import PatientForm, WeightForm

__all__ = [
    "AllergyForm",
    "ContactForm",
    "DecisionForm",
    "DiagnosisForm",
    "DoseForm",
    "MedicineForm",
    "PatientForm",
    "ReasonForm",
    "RemsForm",
    "ResultForm",
    "ScreenForm",
    "StopForm",
    "TrialForm",
    "WeightForm",
]
