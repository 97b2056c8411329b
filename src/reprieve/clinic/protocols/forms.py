"""Forms of a site's protocols."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from reprieve.clinic.protocols.actions import LONGEST_TEXT, checked, checked_name
from reprieve.errors import ReprieveError


class TextForm(forms.Form):
    """The text of a protocol and why it is as it is; errors name the field of the file."""

    text = forms.CharField(
        label="Protocol (TOML)",
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false", "class": "code"}),
    )
    note = forms.CharField(
        label="What changed, and why", max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, name: str, saving: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["note"].required = saving

    def clean_text(self) -> str:
        """Refuse what is not a protocol, in the words of the reader."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        try:
            self.found = checked(text, self.name)
        except ReprieveError as error:
            raise forms.ValidationError(str(error)) from None
        return text


class UploadForm(forms.Form):
    """A protocol file, and the name it shall have here."""

    file = forms.FileField(
        label="Protocol file (.toml)", widget=forms.FileInput(attrs={"accept": ".toml,text/plain"})
    )
    name = forms.CharField(
        label="Name at this site",
        required=False,
        max_length=60,
        help_text="Left empty: the file's own name. A name that is here already makes its next "
        "version.",
    )

    def clean_file(self) -> str:
        """The text of the file."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        self.file_name = PurePath(file.name or "").stem.lower().replace("-", "_")
        if (file.size or 0) > LONGEST_TEXT:
            raise forms.ValidationError(
                f"The file has {file.size:,} bytes; at most {LONGEST_TEXT:,} are read."
            )
        try:
            return bytes(file.read()).decode("utf-8")
        except UnicodeDecodeError:
            raise forms.ValidationError(
                "The file is not UTF-8 text; save it as UTF-8 and try again."
            ) from None

    def clean(self) -> dict[str, Any]:
        """A name from the field, or from the file."""
        data = super().clean() or {}
        if "file" in data:
            name = data.get("name") or self.file_name
            try:
                data["name"] = checked_name(name)
            except ReprieveError as error:
                self.add_error("name", str(error))
        return data
