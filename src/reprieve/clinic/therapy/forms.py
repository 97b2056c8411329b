"""The form of a psychotherapy note."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from reprieve.clinic.therapy.models import PsychotherapyNote
from reprieve.clinic.treatments.models import TreatmentSession


class NoteForm(forms.Form):
    """A note about a patient; of one of the patient's sessions, or replacing an earlier note."""

    text = forms.CharField(
        label="Note", max_length=40_000, widget=forms.Textarea(attrs={"rows": 10})
    )
    session = forms.ModelChoiceField(
        TreatmentSession.objects.none(), required=False, empty_label="no one session"
    )
    replaces = forms.ModelChoiceField(
        PsychotherapyNote.objects.none(), required=False, empty_label="a new note",
        label="Replaces",
        help_text="the earlier note stays readable",
    )  # fmt: skip

    def __init__(
        self,
        data: Any = None,
        *,
        sessions: QuerySet[TreatmentSession],
        notes: QuerySet[PsychotherapyNote],
    ) -> None:
        super().__init__(data)
        self.fields["session"].queryset = sessions  # type: ignore[attr-defined]
        self.fields["replaces"].queryset = notes  # type: ignore[attr-defined]
