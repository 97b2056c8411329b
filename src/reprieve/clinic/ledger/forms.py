"""What people type into the ledger. Times are in the clinic's zone."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from reprieve.clinic.ledger.models import CountAnswer, Loss, LossStep, Lot, Vial

DRUGS = [("ketamine", "ketamine"), ("esketamine", "esketamine"), ("arketamine", "arketamine"),
         ("midazolam", "midazolam")]  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHOOSE = ("", "choose …")
NUMERIC = {"inputmode": "decimal", "autocomplete": "off"}


def amount_field(label: str, **more: Any) -> forms.DecimalField:
    """An amount to 0.001, typed on a keypad."""
    return forms.DecimalField(
        label=label,
        max_digits=9,
        decimal_places=3,
        widget=forms.TextInput(attrs=NUMERIC),
        **more,
    )


class AtField(forms.DateTimeField):
    """A time of the clinic's day; the page says when it was entered beside it."""

    def __init__(self, label: str = "When it happened", **more: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
        super().__init__(label=label, widget=widget, input_formats=formats, **more)

    def to_python(self, value: Any) -> datetime | None:
        """A time of this century, in the clinic's zone."""
        try:
            found = super().to_python(value)
        except OverflowError:
            found = EPOCH
        if found is not None and not 2000 <= found.year <= 2100:
            raise forms.ValidationError("Give a time between the years 2000 and 2100.")
        return found


def vial_choices(vials: Iterable[Vial]) -> list[tuple[str, str]]:
    """Vials for a list to choose from."""
    return [(str(v.pk), f"{v} · {v.lot}") for v in vials]


class SecondPersonForm(forms.Form):
    """The second person gives their own username and password; nothing is kept of it."""

    second_username = forms.CharField(
        label="Second person's username",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    second_password = forms.CharField(
        label="Second person's password",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    @property
    def own(self) -> list[forms.BoundField]:
        """The fields above the second person's."""
        return [f for f in self if not f.name.startswith("second_")]

    @property
    def second(self) -> list[forms.BoundField]:
        """The second person's fields."""
        return [f for f in self if f.name.startswith("second_")]


class DeliveryForm(forms.Form):
    """A delivery, read off its label and invoice."""

    drug = forms.ChoiceField(choices=[CHOOSE, *DRUGS])
    product = forms.CharField(max_length=120, help_text="as the label names it")
    number = forms.CharField(label="Lot number", max_length=60)
    unit = forms.ChoiceField(
        label="Counted in", choices=[CHOOSE, *Lot.Unit.choices], help_text="what the ledger counts"
    )
    mg_per_unit = amount_field("mg in one of these", help_text="50 for 50 mg/mL; 28 for a device")
    units_per_vial = amount_field("Content of one vial, kit or box", help_text="in the unit above")
    expires_on = forms.DateField(
        label="Expires on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    opened_lasts_h = forms.IntegerField(
        label="Once opened, usable for (h)",
        required=False,
        min_value=1,
        max_value=8760,
        help_text="from the label; empty where it says nothing",
    )
    labels = forms.CharField(
        label="Labels of the vials",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="one for each vial, with commas or on lines of their own: K-001, K-002",
    )
    manufacturer = forms.CharField(max_length=120, required=False)
    supplier = forms.CharField(max_length=120, required=False)
    invoice = forms.CharField(label="Invoice or order", max_length=60, required=False)
    at = AtField("Received at")

    def clean_labels(self) -> list[str]:
        """Labels as a list, in the order typed."""
        text = str(self.cleaned_data["labels"]).replace("\n", ",")
        labels = [part.strip() for part in text.split(",") if part.strip()]
        if any(len(label) > 40 for label in labels):
            raise forms.ValidationError("A label is at most 40 characters long.")
        if len(labels) > 200:
            raise forms.ValidationError("At most 200 vials at once.")
        return labels


class TakeOutForm(SecondPersonForm):
    """Drug that leaves a vial outside a session."""

    amount = amount_field("Amount")
    at = AtField()
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    field_order = ("amount", "at", "reason")

    def __init__(self, *args: Any, unit: str, why: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].help_text = f"in {unit}"
        self.fields["reason"].label = why


class ReverseForm(SecondPersonForm):
    """Undoing a row."""

    reason = forms.CharField(
        label="Why the row is wrong", max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ("reason",)


class CountForm(SecondPersonForm):
    """What was found in each vial, typed before the ledger's own number is shown."""

    note = forms.CharField(max_length=500, required=False)

    def __init__(self, *args: Any, vials: Sequence[Vial], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vials = list(vials)
        for vial in self.vials:
            self.fields[str(vial.pk)] = amount_field(f"{vial} ({vial.lot.unit})", min_value=0)

    @property
    def rows(self) -> list[tuple[Vial, forms.BoundField]]:
        """Each vial with its field."""
        return [(vial, self[str(vial.pk)]) for vial in self.vials]

    @property
    def counted(self) -> dict[UUID, Decimal]:
        """What was found, by vial."""
        return {vial.pk: self.cleaned_data[str(vial.pk)] for vial in self.vials}


class ExplainForm(SecondPersonForm):
    """Why a count differs, after counting again."""

    counted_again = amount_field("Counted again", min_value=0)
    cause = forms.ChoiceField(choices=[CHOOSE, *CountAnswer.Cause.choices])
    reason = forms.CharField(
        label="What happened", max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = ("counted_again", "cause", "reason")

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counted_again"].help_text = f"what is in the vial now, in {unit}"


class LossForm(forms.Form):
    """A loss that no count shows."""

    kind = forms.ChoiceField(label="What is it", choices=[CHOOSE, *Loss.Kind.choices])
    drug = forms.ChoiceField(choices=[CHOOSE, *DRUGS])
    lot = forms.ChoiceField(required=False, help_text="if it is known")
    amount = amount_field("Amount")
    unit = forms.ChoiceField(label="Counted in", choices=[CHOOSE, *Lot.Unit.choices])
    discovered_at = AtField("Discovered at")
    description = forms.CharField(
        label="What is known", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, lots: Iterable[Lot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lot"] = forms.ChoiceField(
            required=False,
            help_text="if it is known",
            choices=[("", "not known"), *((str(lot.pk), str(lot)) for lot in lots)],
        )


class LossStepForm(forms.Form):
    """What was done about a loss."""

    kind = forms.ChoiceField(label="Done", choices=[CHOOSE, *LossStep.Kind.choices])
    at = AtField("When")
    reference = forms.CharField(
        max_length=120, required=False, help_text="number, or to whom and how it was sent"
    )
    note = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class PeriodForm(forms.Form):
    """Days from first to last."""

    first = forms.DateField(
        label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label="To", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    drug = forms.ChoiceField(choices=[("", "all"), *DRUGS], required=False)
    names = forms.BooleanField(label="Name patients (the reading is logged)", required=False)


def at_now(now: datetime) -> dict[str, object]:
    """What a form with a time begins with."""
    return {"at": now.replace(second=0, microsecond=0)}
